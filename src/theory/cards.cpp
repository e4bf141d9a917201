#include "theory/cards.hpp"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>

#include "expanalyze/error.hpp"
#include "text/format.hpp"
#include "text/nearest.hpp"
#include "theory/claims.hpp"
#include "theory/derivations.hpp"
#include "theory/embedded_cards.hpp"
#include "theory/expressions.hpp"

namespace expanalyze {

namespace {

constexpr std::string_view kHint =
    "a card is described in docs/reference/theory-cards.md; the built-in ones are in src/theory/cards";

/// "file:line:column", as compilers and editors have it.
std::string place(const std::string& file, const toml::source_position& at) {
  return fmt::format("{}:{}:{}", file, at.line, at.column);
}

/// What a claim of this kind must have, as a hint.
std::string needs_of(const ClaimKind& kind) {
  std::string needs = kind.needs_proxy ? "proxy" : "nothing more than an id, a text and a log_request";
  if (kind.needs_target) needs += ", target";
  for (const std::string_view limit : kind.needs_limits) needs += fmt::format(", expect.{}", limit);
  if (kind.needs_range) needs += ", expect.lo or expect.hi";
  return fmt::format("a claim of kind {} needs {}", kind.name, needs);
}

class Reader {
 public:
  Reader(const toml::table& table, const std::string& file) : table_(table), file_(file) {}

  [[noreturn]] void fail(const toml::source_position& at, const std::string& what,
                         const std::string& hint = std::string(kHint)) const {
    throw Error(Error::Kind::input, fmt::format("{}: {}", place(file_, at), what), hint);
  }
  [[noreturn]] void fail(const toml::node& node, const std::string& what,
                         const std::string& hint = std::string(kHint)) const {
    fail(node.source().begin, what, hint);
  }

  void only(std::initializer_list<std::string_view> known) const {
    for (const auto& [key, node] : table_)
      if (std::find(known.begin(), known.end(), key.str()) == known.end())
        fail(key.source().begin, fmt::format("unknown key {}", code_span(key.str())),
             did_you_mean(key.str(), std::vector<std::string>(known.begin(), known.end())));
  }

  /// `why` is the hint when a required one is missing.
  std::string text(std::string_view key, bool required = false, const std::string& why = std::string(kHint)) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr && required) fail(table_, fmt::format("{} is missing", key), why);
    if (node == nullptr) return {};
    if (!node->is_string())
      fail(*node, fmt::format("{} must be a string", key), fmt::format("write {} = \"...\"", key));
    std::string value = node->as_string()->get();
    if (required && value.empty()) fail(*node, fmt::format("{} is empty", key));
    return value;
  }

  double number(std::string_view key, double otherwise, double least, double most, std::string_view meaning) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr) return otherwise;
    const auto value = node->value<double>();
    if (!value || !(*value >= least && *value <= most))
      fail(*node,
           fmt::format("{} must be a number from {} to {}", key, expanalyze::number(least), expanalyze::number(most)),
           std::string(meaning));
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
  // NaN stands for a limit that is absent or an expression: it compares with nothing.
  const auto plain = [&limits](std::string_view key) {
    const toml::node* node = limits.node(key);
    return node == nullptr ? NAN : node->value<double>().value_or(NAN);
  };
  const double lo = plain("lo");
  const double hi = plain("hi");
  if (lo > hi)
    limits.fail(*limits.node("lo"), fmt::format("lo = {} is above hi = {}", number(lo), number(hi)),
                "lo is the lower limit: swap them");
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

template <class Rows, class Name>
std::vector<std::string> names_of(const Rows& rows, Name name) {
  std::vector<std::string> names;
  for (const auto& row : rows) names.emplace_back(name(row));
  return names;
}

[[noreturn]] void refuse_derivation(const Reader& reader, std::string_view key, const std::string& id) {
  reader.fail(*reader.node(key), fmt::format("{} is no derivation", code_span(id)),
              did_you_mean(id, names_of(derivations(), [](const Derivation& d) { return d.id; })));
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
                fmt::format("{} is no kind of claim; known: {}", code_span(claim.kind), claim_kind_names()),
                did_you_mean(claim.kind, names_of(claim_kinds(), [](const ClaimKind& k) { return k.name; })));
  claim.proxy = reader.text("proxy", kind->needs_proxy, needs_of(*kind));
  claim.target = reader.text("target", kind->needs_target, needs_of(*kind));
  read_limits(reader, claim, file);
  for (const std::string_view limit : kind->needs_limits)
    if (claim.expect.find(std::string(limit)) == claim.expect.end())
      reader.fail(table, fmt::format("expect.{} is missing", limit), needs_of(*kind));
  if (kind->needs_range && claim.expect.count("lo") + claim.expect.count("hi") == 0)
    reader.fail(table, "expect.lo or expect.hi is missing", needs_of(*kind));
  claim.tolerance = reader.number("tolerance", claim.tolerance, 0, 0.5,
                                  "the share of records that may violate the claim; above a half it would say nothing");
  read_scope(reader, claim, file);
  claim.log_request = reader.text("log_request", true);
  claim.if_contradicted = reader.text("if_contradicted");
  if (!claim.if_contradicted.empty() && derivation(claim.if_contradicted) == nullptr)
    refuse_derivation(reader, "if_contradicted", claim.if_contradicted);
  claim.weight = reader.number("weight", claim.weight, 0, 100,
                               "how much of the method rests on the claim: 1, or less than 0.5 to show it only");
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
    refuse_derivation(reader, "derivation", card.derivation);
  if (const toml::table* inputs = reader.table("inputs")) {
    const Reader inner(*inputs, file);
    for (const auto& [key, node] : *inputs) card.inputs.emplace(key.str(), inner.text(key.str(), true));
  }
  const toml::node* claims = reader.node("claim");
  if (claims == nullptr || !claims->is_array_of_tables())
    reader.fail(table, "a card needs at least one [[claim]]", "`expanalyze theory new` writes one to start from");
  for (const toml::node& claim : *claims->as_array()) {
    card.claims.push_back(read_claim(*claim.as_table(), file));
    for (std::size_t i = 0; i + 1 < card.claims.size(); ++i)
      if (card.claims[i].id == card.claims.back().id)
        reader.fail(*claim.as_table()->get("id"), fmt::format("claim {} stands twice", code_span(card.claims[i].id)),
                    "the id of a claim names it in reports: each its own");
  }
  return card;
}

}  // namespace

TheoryCard parse_card(std::string_view text, const std::string& file) {
  try {
    return read_card(toml::parse(text, file), file);
  } catch (const toml::parse_error& e) {
    throw Error(Error::Kind::input,
                fmt::format("{}: not TOML: {}", place(file, e.source().begin), one_line(e.description())),
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
