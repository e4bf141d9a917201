// Step 4 of the Markdown report.
#include <cmath>

#include "render/markdown_parts.hpp"
#include "render/prose.hpp"
#include "text/format.hpp"

namespace expanalyze::render {

namespace {

/// The value that a change replaces: settings are taken from the first run of the experiment.
ConfigValue old_value(const Report& report, const std::string& key) {
  if (report.experiment.empty()) return {};
  const auto found = report.experiment.front().config.find(key);
  return found == report.experiment.front().config.end() ? ConfigValue{} : found->second;
}

/// "lr: 0.03 → 0.011", on three lines when it is wider than the page.
std::string change_line(const std::string& key, const std::string& from, const std::string& to) {
  const std::string line = key + ": " + from + " → " + to;
  if (display_width(line) <= kPageWidth) return line + "\n";
  return key + ":\n  " + from + "\n  → " + to + "\n";
}

std::string changes(const Path& p, const Report& report) {
  if (p.changes.empty()) return {};
  std::string out = "```text\n";
  for (const auto& [key, value] : p.changes)
    out += change_line(in_block(key), in_block(to_text(old_value(report, key))), in_block(to_text(value)));
  return out + "```\n\n";
}

std::string expectation(const Path& p, const Review& review) {
  const bool ranged = std::isfinite(p.difference.low) && p.difference.low != p.difference.high;
  return bullet("**Expect**: " + code_span(review.metric.name) + " " + estimate_text(p.difference, true) +
                (ranged ? " (" + percent(p.difference.confidence, 3) + ")." : "."));
}

std::string cost(const Path& p) {
  return bullet("**Cost**: " + number(p.flops_ratio, 3) + "× FLOPs, " + number(p.wall_ratio, 3) + "× time.");
}

std::string kill(const KillCriterion& k) {
  if (k.signal.empty()) return {};
  // A comparison with a signal holds the log's own word; any other condition is a sentence of ours.
  const std::string condition =
      k.condition.starts_with(k.signal) ? code_span(k.condition, 80) : safe_prose(k.condition);
  return bullet("**Kill**" + (k.step > 0 ? " at step " + number(k.step) : std::string{}) + ": " + condition + ".");
}

std::string because(const Path& p) {
  std::vector<std::string> ids;
  for (const std::string& id : p.because) ids.push_back(code_span(id));
  return ids.empty() ? std::string{} : bullet("**Rests on** " + join(ids, ", ") + ".");
}

std::string plan(const Path& p) {
  std::string out;
  for (std::size_t i = 0; i < p.steps.size(); ++i) out += wrapped(p.steps[i], std::to_string(i + 1) + ". ", "   ");
  return out.empty() ? out : out + "\n";
}

std::string path_text(const Path& p, std::size_t number_of_path, const Report& report) {
  // A heading is one line, however long.
  std::string out = "### Path " + std::to_string(number_of_path) + ", " + std::string(to_string(p.kind)) + ": " +
                    safe_prose(p.title) + "\n\n";
  out += paragraph(sentence(p.why)) + changes(p, report) + expectation(p, report.review) + cost(p) + kill(p.kill) +
         because(p);
  if (p.is_revert) out += bullet("This only restores the baseline's setting.");
  if (!p.risk.empty()) out += bullet("**Risk**: " + sentence(p.risk));
  return out + "\n" + plan(p);
}

std::string crucial(const CrucialExperiment& c) {
  std::string out = "### The experiment that tells the two leading diagnoses apart\n\n";
  out += paragraph("Between " + code_span(c.between[0]) + " and " + code_span(c.between[1]) + ": " + c.change);
  for (const auto& [id, sees] : c.predicts) out += bullet(code_span(id) + " expects: " + sees);
  return out + "\n";
}

}  // namespace

std::string recipe_section(const Report& report) {
  const Recipe& recipe = report.recipe;
  std::string out = "## 4. V-Next Recipe\n\n";
  if (recipe.paths.empty())
    out += paragraph("No path: no diagnosis is likely enough and has a number that these logs allow to compute.");
  for (std::size_t i = 0; i < recipe.paths.size(); ++i) out += path_text(recipe.paths[i], i + 1, report);
  return out + (recipe.crucial ? crucial(*recipe.crucial) : "");
}

}  // namespace expanalyze::render
