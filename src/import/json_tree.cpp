#include "import/json_tree.hpp"

#include <unordered_map>
#include <utility>

namespace expanalyze {

namespace {

/// Objects of up to so many keys are searched faster than indexed.
constexpr std::size_t kSearched = 16;

/// One object or array that is not closed yet.
struct Open {
  Json value;
  std::string key;                                     ///< of the value that comes next
  std::unordered_map<std::string, std::size_t> index;  ///< of large objects
};

/// What nlohmann's parser calls, token by token.
class Tree final : public nlohmann::json_sax<Json> {
 public:
  explicit Tree(std::vector<std::string>* repeated) : repeated_(repeated) {}
  Json take() { return std::move(root_); }

  bool null() override { return add({}); }
  bool boolean(bool v) override { return add(v); }
  bool number_integer(number_integer_t v) override { return add(v); }
  bool number_unsigned(number_unsigned_t v) override { return add(v); }
  bool number_float(number_float_t v, const string_t& /*text*/) override { return add(v); }
  bool string(string_t& v) override { return add(std::move(v)); }
  bool binary(binary_t& /*v*/) override { return false; }
  bool start_object(std::size_t /*n*/) override { return start(Json::object()); }
  bool start_array(std::size_t /*n*/) override { return start(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t /*at*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*why*/) override {
    return false;
  }
  bool key(string_t& v) override {
    open_.back().key = std::move(v);
    return true;
  }

 private:
  using Members = Json::object_t::Container;  // a vector of pairs; the map's own functions search

  bool start(Json value) {
    open_.push_back({std::move(value), {}, {}});
    return true;
  }

  bool close() {
    Json done = std::move(open_.back().value);
    open_.pop_back();
    return add(std::move(done));
  }

  bool add(Json value) {
    if (open_.empty())
      root_ = std::move(value);
    else if (open_.back().value.is_array())
      open_.back().value.push_back(std::move(value));
    else
      add_member(open_.back(), std::move(value));
    return true;
  }

  void add_member(Open& open, Json value) {
    Members& members = open.value.get_ref<Json::object_t&>();
    const std::size_t at = place_of(open, members);
    if (at == members.size()) {
      members.emplace_back(open.key, std::move(value));
      return;
    }
    members[at].second = std::move(value);
    if (repeated_ != nullptr) repeated_->push_back(open.key);
  }

  /// Where the key stands already, else the number of members.
  static std::size_t place_of(Open& open, const Members& members) {
    if (members.size() < kSearched) {
      std::size_t at = 0;
      while (at < members.size() && members[at].first != open.key) ++at;
      return at;
    }
    if (open.index.empty())
      for (std::size_t i = 0; i < members.size(); ++i) open.index.emplace(members[i].first, i);
    return open.index.emplace(open.key, members.size()).first->second;
  }

  std::vector<std::string>* repeated_;
  Json root_;
  std::vector<Open> open_;
};

}  // namespace

std::optional<Json> json_tree(std::string_view text, std::vector<std::string>* repeated) {
  Tree tree(repeated);
  if (!Json::sax_parse(text.begin(), text.end(), &tree)) return std::nullopt;
  return tree.take();
}

}  // namespace expanalyze
