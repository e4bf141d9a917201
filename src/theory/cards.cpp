#include "theory/cards.hpp"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>

#include "expanalyze/error.hpp"
#include "text/format.hpp"
#include "theory/claims.hpp"
#include "theory/derivations.hpp"
#include "theory/embedded_cards.hpp"
#include "theory/expressions.hpp"

namespace expanalyze {

namespace {

constexpr std::string_view kHint =
    "a card is described in docs/reference/theory-cards.md; the built-in ones are in src/theory/cards";

class Reader {
 public:
  Reader(const toml::table& table, const std::string& file) : table_(table), file_(file) {}

  [[noreturn]] void fail(const toml::node& node, const std::string& what) const {
    throw Error(Error::Kind::input, fmt::format("{}:{}: {}", file_, node.source().begin.line, what),
                std::string(kHint));
  }

  void only(std::initializer_list<std::string_view> known) const {
    for (const auto& [key, node] : table_)
      if (std::find(known.begin(), known.end(), key.str()) == known.end())
        fail(node, fmt::format("unknown key {}; known here: {}", code_span(key.str()), fmt::join(known, ", ")));
  }

  std::string text(std::string_view key, bool required = false) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr && required) fail(table_, fmt::format("{} is missing", key));
    if (node == nullptr) return {};
    if (!node->is_string()) fail(*node, fmt::format("{} must be a string", key));
    std::string value = node->as_string()->get();
    if (required && value.empty()) fail(*node, fmt::format("{} is empty", key));
    return value;
  }

  double number(std::string_view key, double otherwise, double least, double most) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr) return otherwise;
    const auto value = node->value<double>();
    if (!value || !(*value >= least && *value <= most))
      fail(*node,
           fmt::format("{} must be a number from {} to {}", key, expanalyze::number(least), expanalyze::number(most)));
    return *value;
  }

  std::vector<std::string> texts(std::string_view key) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr) return {};
    if (!node->is_array()) fail(*node, fmt::format("{} must be a list of strings", key));
    std::vector<std::string> values;
    for (const toml::node& item : *node->as_array()) {
      if (!item.is_string()) fail(item, fmt::format("{} must be a list of strings", key));
      values.push_back(item.as_string()->get());
    }
    return values;
  }

  std::vector<std::string> conditions(std::string_view key) const {
    auto values = texts(key);
    for (const std::string& condition : values)
      if (const std::string broken = broken_condition(condition); !broken.empty())
        fail(*table_.get(key), fmt::format("{}: {}", key, broken));
    return values;
  }

  const toml::table* table(std::string_view key) const {
    const toml::node* node = table_.get(key);
    if (node != nullptr && !node->is_table()) fail(*node, fmt::format("{} must be a table", key));
    return node == nullptr ? nullptr : node->as_table();
  }

  const toml::node* node(std::string_view key) const { return table_.get(key); }
  const toml::table& self() const { return table_; }

 private:
  const toml::table& table_;
  const std::string& file_;
};

void read_limits(const Reader& reader, Claim& claim, const std::string& file) {
  const toml::table* expect = reader.table("expect");
  if (expect == nullptr) return;
  const Reader limits(*expect, file);
  limits.only({"lo", "hi", "rho", "exponent", "value", "tol"});
  for (const auto& [key, node] : *expect) {
    std::string text = node.is_string() ? node.as_string()->get() : std::string{};
    if (const auto value = node.value<double>(); value && !node.is_string()) text = fmt::format("{}", *value);
    if (text.empty()) limits.fail(node, fmt::format("{} must be a number or an expression", key.str()));
    if (const std::string broken = broken_limit(text); !broken.empty()) limits.fail(node, broken);
    claim.expect.emplace(key.str(), text);
  }
}

/// "5%:100%" → 0.05, 1.
void read_scope(const Reader& reader, Claim& claim, const std::string& file) {
  const toml::table* scope = reader.table("scope");
  if (scope == nullptr) return;
  const Reader inner(*scope, file);
  inner.only({"steps"});
  const std::string steps = inner.text("steps", true);
  double from = 0;
  double to = 0;
  const char* end = steps.data() + steps.size();
  const auto first = std::from_chars(steps.data(), end, from);
  const bool middle = first.ec == std::errc{} && end - first.ptr >= 2 && std::string_view(first.ptr, 2) == "%:";
  const auto second = middle ? std::from_chars(first.ptr + 2, end, to) : first;
  if (!middle || second.ec != std::errc{} ||
      std::string_view(second.ptr, static_cast<std::size_t>(end - second.ptr)) != "%" ||
      !(from >= 0 && from < to && to <= 100))
    inner.fail(*inner.node("steps"), "steps must read \"5%:100%\"");
  claim.from_share = from / 100;
  claim.to_share = to / 100;
}

Claim read_claim(const toml::table& table, const std::string& file) {
  const Reader reader(table, file);
  reader.only({"id", "text", "formula", "kind", "proxy", "target", "expect", "tolerance", "scope", "log_request",
               "if_contradicted", "weight", "decisive_if"});
  Claim claim;
  claim.id = reader.text("id", true);
  claim.text = reader.text("text", true);
  claim.formula = reader.text("formula");
  claim.kind = reader.text("kind", true);
  const ClaimKind* kind = claim_kind(claim.kind);
  if (kind == nullptr)
    reader.fail(*reader.node("kind"),
                fmt::format("{} is no kind of claim; known: {}", code_span(claim.kind), claim_kind_names()));
  claim.proxy = reader.text("proxy", kind->needs_proxy);
  claim.target = reader.text("target", kind->needs_target);
  read_limits(reader, claim, file);
  for (const std::string_view limit : kind->needs_limits)
    if (claim.expect.find(std::string(limit)) == claim.expect.end())
      reader.fail(table, fmt::format("a claim of kind {} needs expect.{}", claim.kind, limit));
  if (kind->needs_range && claim.expect.count("lo") + claim.expect.count("hi") == 0)
    reader.fail(table, fmt::format("a claim of kind {} needs expect.lo or expect.hi", claim.kind));
  claim.tolerance = reader.number("tolerance", claim.tolerance, 0, 0.5);
  read_scope(reader, claim, file);
  claim.log_request = reader.text("log_request", true);
  claim.if_contradicted = reader.text("if_contradicted");
  if (!claim.if_contradicted.empty() && derivation(claim.if_contradicted) == nullptr)
    reader.fail(*reader.node("if_contradicted"),
                fmt::format("{} is no derivation; known: {}", code_span(claim.if_contradicted), derivation_names()));
  claim.weight = reader.number("weight", claim.weight, 0, 100);
  claim.decisive_if = reader.conditions("decisive_if");
  return claim;
}

TheoryCard read_card(const toml::table& table, const std::string& file) {
  const Reader reader(table, file);
  reader.only({"id", "title", "source", "applies_if", "mechanism_signals", "claim", "derivation", "inputs"});
  TheoryCard card;
  card.id = reader.text("id", true);
  card.title = reader.text("title", true);
  card.source = reader.text("source", true);
  card.applies_if = reader.conditions("applies_if");
  card.mechanism_signals = reader.texts("mechanism_signals");
  card.derivation = reader.text("derivation");
  if (!card.derivation.empty() && derivation(card.derivation) == nullptr)
    reader.fail(*reader.node("derivation"),
                fmt::format("{} is no derivation; known: {}", code_span(card.derivation), derivation_names()));
  if (const toml::table* inputs = reader.table("inputs")) {
    const Reader inner(*inputs, file);
    for (const auto& [key, node] : *inputs) card.inputs.emplace(key.str(), inner.text(key.str(), true));
  }
  const toml::node* claims = reader.node("claim");
  if (claims == nullptr || !claims->is_array_of_tables()) reader.fail(table, "a card needs at least one [[claim]]");
  for (const toml::node& claim : *claims->as_array()) {
    card.claims.push_back(read_claim(*claim.as_table(), file));
    for (std::size_t i = 0; i + 1 < card.claims.size(); ++i)
      if (card.claims[i].id == card.claims.back().id)
        reader.fail(claim, fmt::format("claim {} stands twice", code_span(card.claims[i].id)));
  }
  return card;
}

}  // namespace

TheoryCard parse_card(std::string_view text, const std::string& file) {
  try {
    return read_card(toml::parse(text, file), file);
  } catch (const toml::parse_error& e) {
    throw Error(Error::Kind::input,
                fmt::format("{}:{}: not TOML: {}", file, e.source().begin.line, one_line(e.description())),
                std::string(kHint));
  }
}

std::vector<TheoryCard> theory_cards(const std::vector<std::filesystem::path>& extra) {
  std::vector<TheoryCard> cards;
  for (const EmbeddedCard& embedded : embedded_cards())
    cards.push_back(parse_card(embedded.toml, std::string(embedded.name)));
  for (const auto& path : extra) {
    std::ifstream in(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    if (!in)
      throw Error(Error::Kind::input, fmt::format("{}: cannot be read", path.string()), "--theory takes a TOML file");
    cards.push_back(parse_card(text, path.string()));
    cards.back().built_in = false;
  }
  return cards;
}

}  // namespace expanalyze
