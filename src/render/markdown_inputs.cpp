// What the report rests on: files, roles, notes, settings.
#include <algorithm>

#include "render/data_quality.hpp"
#include "render/markdown_parts.hpp"
#include "render/prose.hpp"
#include "render/table.hpp"
#include "text/format.hpp"

namespace expanalyze::render {

namespace {

using Steps = std::vector<std::array<double, 2>>;

/// The end of a path tells files apart, its beginning does not.
std::string file_cell(const std::string& path) {
  return code_span(last_columns(one_line(path, std::string::npos), 26), 200);
}

void add_runs(Table& table, const char* side, const std::vector<Run>& runs, const Steps& steps) {
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const Run& r = runs[i];
    const std::string range = i < steps.size() ? number(steps[i][0]) + " to " + number(steps[i][1]) : "-";
    table.add({side, code_span(r.label), file_cell(r.path), code_span(r.format),
               std::to_string(r.lines_understood) + " of " + std::to_string(r.lines), range});
  }
}

std::string files(const Report& report) {
  constexpr auto right = Table::Align::right;
  Table table({{"Side"}, {"Run"}, {"File"}, {"Format"}, {"Lines read", right}, {"Steps"}});
  add_runs(table, "baseline", report.baseline, report.baseline_steps);
  add_runs(table, "experiment", report.experiment, report.experiment_steps);
  return table.str();
}

/// Seeds of one recipe log the same keys: each choice is said once, with the sides that made it.
std::string roles(const Report& report) {
  std::vector<std::pair<std::string, std::string>> said;  // choice, sides
  const auto gather = [&said](const std::vector<Run>& runs, const std::string& side) {
    for (const Run& run : runs)
      for (const RoleChoice& choice : run.roles) {
        const std::string text = role_text(choice);
        const auto old = std::find_if(said.begin(), said.end(), [&](const auto& s) { return s.first == text; });
        if (old == said.end())
          said.emplace_back(text, side);
        else if (old->second != side && old->second != "both")
          old->second = "both";
      }
  };
  gather(report.baseline, "baseline");
  gather(report.experiment, "experiment");
  if (said.empty()) return paragraph("No key of the logs was given a role.");
  std::string out = "Keys and the roles they were given:\n\n";
  const bool alone = report.alone();
  for (const auto& [text, side] : said)
    out += bullet(text + (alone || side == "both" ? "" : ", in the " + side + " only"));
  return out + "\n";
}

std::string settings(const Report& report) {
  const Review& r = report.review;
  if (report.alone())
    return r.config_known ? std::string{}
                          : paragraph("The settings of the run are unknown: --config experiment=FILE names them.");
  if (!r.config_known)
    return paragraph(
        "The settings of one side or both are unknown: --config baseline=FILE and experiment=FILE name them.");
  if (r.config_diff.empty()) return paragraph("The settings of both sides are the same.");
  return "Settings that differ:\n\n" + config_diff_table(r.config_diff);
}

}  // namespace

std::string role_text(const RoleChoice& c) {
  std::string out = std::string(to_string(c.role)) + " ← " + code_span(c.logged_as) + " (" + one_line(c.why);
  std::vector<std::string> others;
  for (const std::string& other : c.others) others.push_back(code_span(other));
  if (!others.empty()) out += "; not " + join(others, ", ");
  return out + ")";
}

std::string inputs_section(const Report& report) {
  const Pairing& p = report.review.pairing;
  const std::string pairing = p.why.empty() ? "" : (p.paired ? "Paired: " : "Not paired: ") + sentence(p.why);
  return "## Inputs and data quality\n\n" + files(report) + settings(report) + paragraph(pairing) + roles(report) +
         data_quality_box(report);
}

}  // namespace expanalyze::render
