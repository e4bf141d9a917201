// What was understood of logs, for people: one run in full, several a line each.
#include <fmt/format.h>

#include <algorithm>

#include "expanalyze/render.hpp"
#include "render/inspect_parts.hpp"
#include "render/prose.hpp"
#include "render/table.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace render {

namespace {

std::string evaluation_cell(const RunFacts& run) {
  return run.last_evaluation ? number(run.last_evaluation->last.value, 6) : "-";
}

/// One column has room for the numbers alone: the series they are of are named once.
std::string evaluated(const InspectedPath& path) {
  std::vector<std::string> names;
  for (const RunFacts& run : path.runs) {
    if (!run.last_evaluation) continue;
    const std::string name = code_span(run.last_evaluation->logged_as);
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names.empty() ? "" : "Evaluation is the last value of " + join(names, ", ") + ".";
}

std::size_t count_of(const std::vector<Note>& notes) {
  std::size_t n = 0;
  for (const Note& note : notes) n += note.count;
  return n;
}

/// Below the path that was given: what they have in common tells no runs apart.
std::string below(const InspectedPath& path, std::string file) {
  if (file.size() > path.path.size() && file.starts_with(path.path)) file.erase(0, path.path.size());
  while (file.starts_with('/')) file.erase(0, 1);
  return one_line(file, std::string::npos);
}

std::string left_out(const Note& note) {
  return bullet(fmt::format("`{}`: {}{}", note.code, sentence(note.text),
                            note.count > 1 ? fmt::format(" ({} times)", note.count) : ""));
}

}  // namespace

std::string address(const RunFacts& run) { return run.parts > 1 ? fmt::format("{}#{}", run.path, run.part) : run.path; }

std::string runs_in_short(const InspectedPath& path) {
  constexpr auto right = Table::Align::right;
  Table table({{"Run", Table::Align::left, 28},
               {"Format", Table::Align::left, 16},
               {"Series", right},
               {"Records", right},
               {"Last step", right, 9},
               {"Evaluation", right, 10},
               {"Notes", right}});
  for (const RunFacts& run : path.runs)
    table.add({code_span(last_columns(below(path, address(run)), 31), 200), run.format,
               std::to_string(run.series.size()), std::to_string(run.rows), number(run.last_step), evaluation_cell(run),
               std::to_string(count_of(run.notes))});
  const std::string one =
      "One run in full: " + code_span("expanalyze inspect " + address(path.runs.front()), 300) + ".";
  return fmt::format("# {}: {} runs\n\n", code_span(path.path, 80), path.runs.size()) + table.str() +
         paragraph({evaluated(path), one});
}

std::string not_read(const Inspection& inspection) {
  std::string out;
  for (const InspectedPath& path : inspection.paths) {
    for (const Unread& file : path.unread)
      out += bullet(file.reason + (file.hint.empty() ? "" : fmt::format(" ({})", file.hint)));
    for (const Note& note : path.notes) out += left_out(note);
    if (path.runs.size() < 2) continue;  // one run shows its notes itself
    for (const RunFacts& run : path.runs)
      for (const Note& note : run.notes)
        if (note.code == "input.not_a_log" || note.code.starts_with("archive.")) out += left_out(note);
  }
  return out.empty() ? out : "# Not read\n\n" + out + "\n";
}

}  // namespace render

std::string render_markdown(const Inspection& inspection) {
  using namespace render;
  std::string out;
  for (const InspectedPath& path : inspection.paths) {
    if (path.runs.size() == 1) out += run_in_full(path.runs.front());
    if (path.runs.size() > 1) out += runs_in_short(path);
  }
  out += not_read(inspection);
  while (out.ends_with("\n\n")) out.pop_back();
  return out;
}

}  // namespace expanalyze
