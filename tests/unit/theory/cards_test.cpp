// The table of built-in cards, and what a user's own card is told when it is wrong.
#include "theory/cards.hpp"

#include "expanalyze/error.hpp"
#include "made_up.hpp"
#include "support/catch.hpp"
#include "theory/card_text.hpp"
#include "theory/claims.hpp"
#include "theory/derivations.hpp"
#include "theory/embedded_cards.hpp"
#include "theory/expressions.hpp"
#include "theory/signals.hpp"

using namespace expanalyze;

namespace {

constexpr const char* kGood = R"(id = "mine"
title = "My paper"
source = "me 2026"
applies_if = ["config.opt ~ 'muon' | signal.p"]
[[claim]]
id = "small"
text = "p stays small."
kind = "bound"
proxy = "p"
expect = { hi = "0.5 * config.cap" }
scope = { steps = "10%:90%" }
log_request = "log p"
)";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

/// What and hint.
std::pair<std::string, std::string> refusal(const std::string& toml) {
  try {
    parse_card(toml, "mine.toml");
  } catch (const Error& e) {
    CHECK(e.kind == Error::Kind::input);
    return {e.what(), e.hint};
  }
  return {"no error", {}};
}

bool starts_with(const std::string& text, const std::string& prefix) { return text.rfind(prefix, 0) == 0; }

}  // namespace

TEST_CASE("each built-in card applies to a run with its signals, and all it names exists") {
  const auto cards = theory_cards();
  REQUIRE(cards.size() == embedded_cards().size());
  REQUIRE(cards.size() >= 2);
  for (const TheoryCard& card : cards) {
    INFO(card.id);
    CHECK(card.built_in);
    CHECK_FALSE(card.title.empty());
    CHECK_FALSE(card.source.empty());
    CHECK(derivation(card.derivation) != nullptr);
    REQUIRE_FALSE(card.mechanism_signals.empty());
    made_up::World world;
    for (const auto& signal : card.mechanism_signals)
      made_up::add(world.experiment(), signal, made_up::noise(50, 1, 0.1, 1));
    for (const auto& condition : card.applies_if) {
      // A card on a setting applies where that setting is what differs.
      if (const auto at = condition.find("changed."); at != std::string::npos)
        world.review.config_diff.push_back(
            {condition.substr(at + 8, condition.find(' ', at) - at - 8), 1.0, 2.0, ConfigDifference::Class::declared});
      CHECK(holds(condition, world.input()));
    }
    for (const Claim& claim : card.claims) {
      INFO(claim.id);
      CHECK(claim_kind(claim.kind) != nullptr);
      CHECK(derivation(claim.if_contradicted) != nullptr);
      CHECK_FALSE(claim.text.empty());
      CHECK_FALSE(claim.formula.empty());
      CHECK_FALSE(claim.log_request.empty());
    }
  }
}

TEST_CASE("no built-in card applies to a run without its signals") {
  made_up::World world;
  made_up::add(world.experiment(), "val_loss", made_up::noise(50, 1, 0.1, 1), Role::eval_loss);
  world.experiment().config["optimizer"] = std::string("adamw");
  for (const TheoryCard& card : theory_cards()) {
    bool all = true;
    for (const auto& condition : card.applies_if) all = all && holds(condition, world.input());
    CHECK_FALSE(all);
  }
}

TEST_CASE("a user's card has the same form") {
  const TheoryCard card = parse_card(kGood, "mine.toml");
  CHECK(card.claims.at(0).expect.at("hi") == "0.5 * config.cap");
  CHECK(card.claims.at(0).from_share == Approx(0.1));
  CHECK(card.claims.at(0).to_share == Approx(0.9));
}

TEST_CASE("a wrong card is refused with its place and a hint") {
  struct Case {
    std::string from, to, error, hint;  ///< starts of both
  };
  const std::string second =
      "log_request = \"log p\"\n[[claim]]\nid = \"small\"\ntext = \"t\"\nkind = \"bound\"\nproxy = \"q\"\n"
      "expect = { hi = 1 }\nlog_request = \"log q\"";
  const std::vector<Case> cases{
      {"proxy =", "prxoy =", "9:1: unknown key `prxoy`", "did you mean proxy?"},
      {"source =", "sauce =", "3:1: unknown key `sauce`", "did you mean source?"},
      {"\"bound\"", "\"bond\"", "8:8: `bond` is no kind of claim; known: bound, ratio_range", "did you mean bound?"},
      {"proxy = \"p\"\n", "", "5:1: proxy is missing", "a claim of kind bound needs proxy, expect.lo or expect.hi"},
      {"\"bound\"", "\"correlation\"", "5:1: target is missing", "a claim of kind correlation needs proxy, target"},
      {"\"bound\"", "\"invariant\"", "5:1: expect.value is missing",
       "a claim of kind invariant needs proxy, expect.value"},
      {"hi = \"0.5 * config.cap\"", "", "5:1: expect.lo or expect.hi is missing", "a claim of kind bound needs"},
      {"hi = \"0.5 * config.cap\"", "lo = 2, hi = 1", "10:17: lo = 2 is above hi = 1", "lo is the lower limit"},
      {"config.cap", "conf.cap", "10:17: 'conf.cap' is neither", "a card is described in"},
      {"10%:90%", "10:90", "11:19: steps must read", "a card is described in"},
      {"'muon'", "'mu(on'", "4:14: applies_if: 'mu(on' is not a regular", "a card is described in"},
      {"title =", "title ", "2:", "a card is described in"},
      {"text = \"p stays small.\"\n", "", "5:1: text is missing", "a card is described in"},
      {"text = \"p stays small.\"", "text = 5", "7:8: text must be a string", "write text = "},
      {"proxy =", "tolerance = 1.5\nproxy =", "9:13: tolerance must be a number from 0 to 0.5", "the share of records"},
      {"proxy =", "tolerance = \"a\"\nproxy =", "9:13: tolerance must be a number", "the share of records"},
      {"proxy =", "if_contradicted = \"newton_shulz\"\nproxy =", "9:19: `newton_shulz` is no derivation",
       "did you mean newton_schulz?"},
      {"log_request = \"log p\"", second, "14:6: claim `small` stands twice", "the id of a claim"},
  };
  for (const Case& c : cases) {
    const auto [error, hint] = refusal(replaced(kGood, c.from, c.to));
    INFO(c.from << " -> " << c.to << "\n" << error << "\n" << hint);
    CHECK(starts_with(error, "mine.toml:" + c.error));
    CHECK(starts_with(hint, c.hint));
  }
  CHECK(starts_with(refusal("id = \"x\"\ntitle = \"t\"\nsource = \"s\"\n").first,
                    "mine.toml:1:1: a card needs at least one"));
  CHECK_THROWS_AS(theory_cards({"/does/not/exist.toml"}), Error);
}

TEST_CASE("the card to start from is a valid one, and each built-in card is a page") {
  const TheoryCard card = parse_card(card_skeleton(), "new.toml");
  CHECK(card.claims.size() == 2);
  for (const TheoryCard& built_in : theory_cards()) {
    const std::string page = card_page(built_in, 2);
    INFO(page);
    CHECK(starts_with(page, "## `" + built_in.id + "`: "));
    for (const Claim& claim : built_in.claims) {
      CHECK(page.find("### `" + claim.id + "`") != std::string::npos);
      CHECK(page.find(claim.formula) != std::string::npos);
    }
  }
}

TEST_CASE("conditions and limits") {
  made_up::World world;
  world.experiment().config = {{"optim.name", std::string("Muon")}, {"cap", 4.0}, {"rule", std::string()}};
  const auto input = world.input();
  CHECK(holds("config.name ~ 'muon'", input));
  CHECK_FALSE(holds("config.name ~ 'adam'", input));
  CHECK(holds("config.name ~ 'adam' | config.cap", input));
  CHECK(holds("config.* ~ '=muon'", input));
  CHECK_FALSE(holds("config.rule ~ '.'", input));
  CHECK_FALSE(holds("no config", input));
  CHECK_FALSE(holds("signal.p", input));
  CHECK(evaluate("0.5 * config.absent|config.cap", input).value == 2);
  CHECK(evaluate("config.absent", input).missing == "config.absent");
  CHECK(evaluate("max.p", input).missing == "max.p");
  CHECK(names_match("optim/avg_steps", "avg_steps"));
  CHECK_FALSE(names_match("avg_steps_2", "avg_steps"));
}
