// expanalyze theory list | show [ID] | check CARD [RUNS] | new
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/sides.hpp"
#include "expanalyze/error.hpp"
#include "expanalyze/report.hpp"
#include "text/format.hpp"
#include "text/nearest.hpp"
#include "theory/card_text.hpp"
#include "theory/cards.hpp"
#include "theory/expressions.hpp"

namespace expanalyze::cli {

namespace {

std::string plural(std::size_t n, std::string_view noun) { return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s"); }

std::string list(const std::vector<TheoryCard>& cards) {
  std::size_t width = 0;
  for (const TheoryCard& card : cards) width = std::max(width, card.id.size());
  std::string out;
  for (const TheoryCard& card : cards)
    out += fmt::format("{:<{}}  {} ({})\n", card.id, width, card.title, plural(card.claims.size(), "claim"));
  return out;
}

const TheoryCard& named(const std::vector<TheoryCard>& cards, const std::string& id) {
  std::vector<std::string> ids;
  for (const TheoryCard& card : cards) {
    if (card.id == id) return card;
    ids.push_back(card.id);
  }
  throw Error(Error::Kind::usage, "no theory card is called " + one_line(id), did_you_mean(id, ids));
}

std::string shown(const std::vector<TheoryCard>& cards, const Options& options) {
  if (!options.id.empty()) return card_page(named(cards, options.id), 1);
  std::string out =
      "# Built-in theory cards\n\nWhat step 3 tests without a card of yours. This page is what `expanalyze theory show "
      "--format markdown` prints;\nthe fields are explained in [theory-cards.md](theory-cards.md).\n";
  for (const TheoryCard& card : cards) out += "\n" + card_page(card, 2);
  return out;
}

/// A file, or the id of a built-in card.
TheoryCard card_to_check(const std::string& name) {
  std::ifstream in(name, std::ios::binary);
  if (in) {
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    TheoryCard card = parse_card(text, name);
    card.built_in = false;
    return card;
  }
  for (TheoryCard& card : theory_cards())
    if (card.id == name) return std::move(card);
  throw Error(
      Error::Kind::input, one_line(name) + ": cannot be read",
      "CARD is a TOML file or an id of `expanalyze theory list`; `expanalyze theory new` writes one to start from");
}

std::string tested(const TheoryCard& card, const Options& options) {
  const Sides sides = read_sides(options);
  // Its claims are tested whether or not it applies: that is what was asked.
  TheoryCard always = card;
  always.applies_if.clear();
  const Report report = analyze(sides.store, sides.comparison, options.review, {always});
  std::string out;
  for (const Note& note : sides.notes) out += "note: " + note.text + "\n";
  for (const std::string& condition : card.applies_if)
    if (!holds(condition, {sides.store, sides.comparison, report.review, report.diagnosis}))
      out += fmt::format("a report on these runs would leave the card out: not so that {}\n", one_line(condition));
  for (const ClaimResult& c : report.theory.claims) {
    out += fmt::format("\n{} {}\n  {}\n", to_string(c.status), one_line(c.claim), one_line(c.text));
    if (!c.expected.empty()) out += "  expected: " + c.expected + "\n";
    out += "  " + c.sentence + "\n";
    if (!c.log_request.empty()) out += "  to log: " + one_line(c.log_request, 500) + "\n";
  }
  if (const auto& wrong = report.theory.wrong_assumption)
    out += fmt::format("\nThe assumption that broke: {}\n", one_line(wrong->second));
  return out;
}

std::string checked(const Options& options) {
  const TheoryCard card = card_to_check(options.card);
  const std::string head = fmt::format("{}: {}, no errors\n", one_line(card.id), plural(card.claims.size(), "claim"));
  return options.experiment.empty() ? head : head + tested(card, options);
}

}  // namespace

int theory(const Options& options) {
  switch (options.theory_task) {
    case TheoryTask::list:
      print(list(theory_cards()));
      break;
    case TheoryTask::show:
      print(shown(theory_cards(), options));
      break;
    case TheoryTask::check:
      print(checked(options));
      break;
    case TheoryTask::skeleton:
      print(card_skeleton());
      break;
  }
  return 0;
}

}  // namespace expanalyze::cli
