#include "import/console_notes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "store/run_builder.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

void note_unnamed(const ConsoleGrammar& grammar, const ConsoleAxis& axis, RunBuilder& builder) {
  std::size_t n = 0;
  const ConsoleTemplate* first = nullptr;
  for (std::size_t k = 0; k < grammar.templates().size(); ++k) {
    const auto& t = grammar.templates()[k];
    for (std::size_t s = 0; t.accepted && s < t.slots.size(); ++s) {
      const int slot = static_cast<int>(s);
      if (!t.slots[s].key.empty() || slot == axis.counter(k).slot || slot == axis.counter(k).epoch) continue;
      n += t.n;
      if (first == nullptr) first = &t;
    }
  }
  if (first != nullptr)
    builder.note(
        "console.unnamed",
        fmt::format("{} numbers stand beside no name and are left out, first in {}", n, code_span(first->shown, 150)),
        first->line);
}

void note_axis(const ConsoleGrammar& grammar, const ConsoleAxis& axis, RunBuilder& builder) {
  const std::string made = axis.made_of();
  if (!made.empty()) builder.made(axis.key(), made);
  if (made.empty() && axis.joined())
    builder.made(axis.key(), fmt::format("{} and a number that rises with it", code_span(axis.key())));
  for (std::size_t k = 0; k < grammar.templates().size(); ++k) {
    const auto& c = axis.counter(k);
    const auto& t = grammar.templates()[k];
    if (!t.accepted || c.slot < 0) continue;
    if (c.combined)
      builder.note("axis.step.combined",
                   std::isnan(c.batches)
                       ? "epoch and batch are combined: each earlier epoch counts N of its n/N"
                       : fmt::format("epoch and batch are combined; no line says how many batches an epoch has, so "
                                     "the largest number seen is taken: {}",
                                     number(c.batches)),
                   t.line);
    else if (c.guessed)
      builder.note("axis.step.guessed",
                   fmt::format("{}: a whole number that rises from line to line is read as {} in {}",
                               made.empty() ? "no name counts the steps of some lines" : "no name counts steps",
                               made.empty() ? code_span(axis.key()) : "one", code_span(t.shown)),
                   t.line);
  }
}

}  // namespace

void note_console_grammar(const ConsoleGrammar& grammar, const ConsoleAxis& axis, RunBuilder& builder) {
  constexpr std::size_t kMost = 12;
  std::vector<const ConsoleTemplate*> found;
  for (const auto& t : grammar.templates())
    if (t.accepted) found.push_back(&t);
  std::stable_sort(found.begin(), found.end(), [](const auto* a, const auto* b) { return a->n > b->n; });
  for (std::size_t i = 0; i < found.size() && i < kMost; ++i)
    builder.note(
        "console.grammar",
        fmt::format("{} on {} line{}", code_span(found[i]->shown, 150), found[i]->n, found[i]->n == 1 ? "" : "s"),
        found[i]->line, fmt::format("kind {} of lines", i + 1));
  note_unnamed(grammar, axis, builder);
  note_axis(grammar, axis, builder);
}

}  // namespace expanalyze
