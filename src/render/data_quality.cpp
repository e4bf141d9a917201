#include "render/data_quality.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "render/markdown_parts.hpp"
#include "render/prose.hpp"
#include "render/table.hpp"
#include "text/format.hpp"

namespace expanalyze::render {

namespace {

struct Consequence {
  std::string_view code;  ///< of a note, or its first part: "line."
  std::string_view words;
  std::string_view headline = {};  ///< for the top of the report; empty: the verdict does not rest on it
};
constexpr auto kConsequences = std::to_array<Consequence>({
    {"run.split", "runs compared one by one", "a file holds several runs, which were told apart"},
    {"run.repeated", "counted once", "a file holds a run twice, which counts once"},
    {"run.resumed", "the later values count", "values were replaced after a resume"},
    {"run.too_many", "left as one run", "the step counter starts again too often to tell runs apart"},
    {"step.restarted", "left as it is", "a step counter starts again, and nothing says why"},
    {"step.joined", "steps are counted on", "a step counter that starts again was counted on"},
    {"axis.step.mixed", "steps taken from training",
     "evaluations without a step of their own were placed by their lines"},
    {"axis.step.synthetic", "steps are a stand-in"},
    {"axis.step.carried", "steps taken from the row before"},
    {"record.ranks", "their mean counts", "several values a step were averaged"},
    {"record.within_epoch", "laid out in their order", "records of one epoch were laid out within it"},
    {"record.same_step", "the last one counts", "of several values at one step only the last counts"},
    {"record.repeated", "counted once"},
    {"value.frozen", "left as it is", "the metric stands still to the last digit until the end"},
    {"value.forward_filled", "each evaluation counts once", "evaluations that were repeated on every row count once"},
    {"value.slow", "left as it is", "evaluations may be repeated on every row until the next one"},
    {"value.sentinel", "taken out", "values that stand for \"unknown\" were taken out"},
    {"value.suspect", "left as it is", "the metric holds values that may stand for \"not measured\""},
    {"value.blank_is_nan", "read as NaN"},
    {"value.", "not used as a number"},
    {"unit.mended", "read in the other unit", "a clock was read in the unit that the timestamps show"},
    {"unit.contradicted", "left as it is", "a clock and the timestamps beside it count different units"},
    {"unit.guessed", "the unit is a guess", "a unit was guessed"},
    {"unit.converted", "in base units"},
    {"clock.gap", "left in the wall clock"},
    {"clock.restarted", "joined, or start-up left out"},
    {"config.changed", "the first value is kept"},
    {"config.", "settings may be missing"},
    {"metric.last_is_not_final", "the curve is compared"},
    {"metric.", "not compared"},
    {"line.", "left out"},
    {"key.too_many", "left out"},
    {"key.repeated", "the later one counts"},
    {"input.duplicate", "counts as one run", "a log stands among the seeds twice and counts once"},
    {"input.", "not read"},
});

const Consequence* consequence(std::string_view code) {
  const auto found = std::find_if(kConsequences.begin(), kConsequences.end(), [&](const Consequence& c) {
    return c.code.back() == '.' ? code.starts_with(c.code) : code == c.code;
  });
  return found == kConsequences.end() ? nullptr : &*found;
}

/// One kind of trouble about one series, in all runs that have it.
struct Trouble {
  const Note* note = nullptr;  ///< of the first run
  std::vector<std::string> runs;
  std::size_t count = 0;
  std::uint32_t first = 0, last = 0;
  bool same_lines = true, same_text = true, same_count = true;
};

void gather(std::vector<Trouble>& all, const std::vector<Note>& notes, const std::string& run) {
  for (const Note& note : notes) {
    auto at = std::find_if(all.begin(), all.end(), [&](const Trouble& t) {
      return !run.empty() && !t.runs.empty() && t.note->code == note.code && t.note->where.series == note.where.series;
    });
    const std::uint32_t last = std::max(note.last_line, note.where.line);
    if (at == all.end()) at = all.insert(all.end(), {&note, {}, 0, note.where.line, last});
    if (!run.empty()) at->runs.push_back(code_span(run));
    at->count += note.count;
    at->same_lines = at->same_lines && at->first == note.where.line && at->last == last;
    at->same_count = at->same_count && at->note->count == note.count;
    at->same_text = at->same_text && at->note->text == note.text;
  }
}

std::vector<Trouble> troubles(const Report& report) {
  std::vector<Trouble> all;
  gather(all, report.review.notes, {});
  for (const auto* side : {&report.baseline, &report.experiment})
    for (const Run& run : *side) gather(all, run.notes, run.label);
  return all;
}

std::string runs_text(const Trouble& t) {
  if (t.runs.empty()) return t.note->where.run.empty() ? "-" : code_span(t.note->where.run);
  if (t.runs.size() <= 2) return join(t.runs, ", ");
  return t.runs.front() + " and " + std::to_string(t.runs.size() - 1) + " more";
}

std::string lines_text(const Trouble& t) {
  if (!t.same_lines) return "several";
  if (t.first == 0) return "-";
  return std::to_string(t.first) + (t.last > t.first ? " to " + std::to_string(t.last) : "");
}

std::string times_text(const Trouble& t) {
  if (t.runs.size() < 2) return std::to_string(t.count);
  return t.same_count ? std::to_string(t.note->count) + " each" : "sum " + std::to_string(t.count);
}

std::string detail(const Trouble& t) {
  std::string out = "`" + std::string(t.note->code) + "`: " + sentence(t.note->text);
  if (!t.same_text) out += " (" + t.runs.front() + "; the numbers of the other runs differ.)";
  return bullet(out);
}

/// A value taken out of another series than the metric moves no verdict.
bool matters(const Trouble& t, const Metric& metric) {
  const Consequence* c = consequence(t.note->code);
  if (c == nullptr || c->headline.empty()) return false;
  const bool about_values = t.note->code.starts_with("value.") || t.note->code.starts_with("record.");
  return !about_values || t.note->where.series.empty() || t.note->where.series == metric.name;
}

}  // namespace

std::string data_quality_box(const Report& report) {
  const auto all = troubles(report);
  if (all.empty()) return paragraph("Nothing was noted: no line was skipped.");
  Table table({{"Note", Table::Align::left, 26},
               {"Runs", Table::Align::left, 16},
               {"Times", Table::Align::right},
               {"Lines"},
               {"What follows", Table::Align::left, 20}});
  std::string details;
  for (const Trouble& t : all) {
    const Consequence* c = consequence(t.note->code);
    table.add({"`" + std::string(t.note->code) + "`", runs_text(t), times_text(t), lines_text(t),
               c == nullptr ? "-" : std::string(c->words)});
    details += detail(t);
  }
  return "What was noted while the logs were read:\n\n" + table.str() + details + "\n";
}

std::string data_quality_line(const Report& report) {
  std::vector<std::string> said;
  for (const Trouble& t : troubles(report)) {
    if (!matters(t, report.review.metric)) continue;
    std::string text = std::string(consequence(t.note->code)->headline) + " (" + runs_text(t) +
                       (t.same_lines && t.first > 0 ? ", line " + lines_text(t) : "") + ")";
    if (std::find(said.begin(), said.end(), text) == said.end()) said.push_back(std::move(text));
  }
  if (said.empty()) return {};
  return paragraph("**Data:** " + join(said, "; ") +
                   ". More under [Inputs and data quality](#inputs-and-data-quality).");
}

}  // namespace expanalyze::render
