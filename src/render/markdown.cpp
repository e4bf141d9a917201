// The report as Markdown: the verdict first, then the four steps, then what they rest on.
#include "expanalyze/render.hpp"
#include "render/data_quality.hpp"
#include "render/markdown_parts.hpp"
#include "render/prose.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

using namespace render;

std::string side_name(const std::vector<Run>& runs) {
  std::vector<std::string> labels;
  for (const Run& run : runs) labels.push_back(code_span(run.label));
  if (labels.empty()) return "(no run)";
  if (labels.size() <= 3) return join(labels, ", ");
  return labels.front() + " and " + std::to_string(labels.size() - 1) + " more";
}

}  // namespace

std::string render_markdown(const Report& report) {
  std::string out = "# " + side_name(report.experiment) +
                    (report.alone() ? ", examined alone" : " against " + side_name(report.baseline)) + "\n\n";
  out += paragraph("**Verdict: " + spaced(to_string(report.review.overall)) + ".** " + report.review.headline);
  out += data_quality_line(report);
  out += (report.alone() ? alone_section(report) : review_section(report)) + diagnosis_section(report.diagnosis) +
         theory_section(report.theory) + recipe_section(report) + inputs_section(report);
  while (out.size() > 1 && out[out.size() - 2] == '\n') out.pop_back();
  return out;
}

}  // namespace expanalyze
