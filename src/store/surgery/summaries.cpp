#include <fmt/format.h>

#include <algorithm>

#include "store/key.hpp"
#include "store/roles.hpp"
#include "store/surgery/columns.hpp"
#include "store/surgery/surgeons.hpp"
#include "text/format.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

/// What the key would mean without the word that makes it a summary: "final_val_loss" is a loss said once more.
Meaning meaning_of_summary(std::string_view logged) {
  std::string key = lower(logged);
  for (const std::string_view word : {"final", "best"})
    if (const auto at = key.find(word); at != std::string::npos) key.erase(at, word.size());
  return meaning(key);
}

/// Words that two keys share, less those that only the curve's has.
int likeness(const Key& single, const Key& curve) {
  int out = 0;
  for (const std::string& word : curve.words)
    out += std::find(single.words.begin(), single.words.end(), word) != single.words.end() ? 2 : -1;
  return out;
}

/// The curve whose name is closest to that of the single number, in the same unit; nullptr: none, or it ends at that
/// very number.
const Series* curve_beside(const Run& run, const Series& single) {
  if (single.value.size() != 1 || is_measure(single.role) || !single.labels.empty()) return nullptr;
  const Meaning said = meaning_of_summary(single.logged_as);
  if (!is_measure(said.role) || said.component) return nullptr;
  const Key key = take_apart(single.logged_as);
  const Series* best = nullptr;
  int most = 0;
  for (const Series& s : run.series) {
    if (s.role != said.role || !s.labels.empty() || s.value.size() < 3 || s.unit != said.unit) continue;
    if (const int alike = likeness(key, take_apart(s.logged_as)); alike > most) {
      most = alike;
      best = &s;
    }
  }
  return best != nullptr && best->value.back() != single.value.front() ? best : nullptr;
}

}  // namespace

void note_summaries(Run& run) {
  Note note{"metric.last_is_not_final", {}, {}, 0};
  for (const Series& s : run.series) {
    const Series* curve = curve_beside(run, s);
    if (curve == nullptr) continue;
    const auto line = run.rows[s.rows].line.front();
    note.last_line = std::max(note.last_line, line);
    if (note.count++ > 0 && note.where.line <= line) continue;
    note.where.line = line;
    note.where.series = s.logged_as;
    note.text = fmt::format(
        "{} = {} stands once, beside the curve of {} that ends at {}: it is a summary, and the curve is "
        "what is compared",
        code_span(s.logged_as), number(s.value.front(), 6), code_span(curve->logged_as),
        number(curve->value.back(), 6));
  }
  if (note.count > 1) note.text = fmt::format("{} final numbers stand once; first {}", note.count, note.text);
  if (note.count > 0) run.notes.push_back(std::move(note));
}

}  // namespace expanalyze
