// Step 1 of the Markdown report.
#include <algorithm>
#include <array>
#include <cmath>

#include "render/markdown_parts.hpp"
#include "render/prose.hpp"
#include "render/sparkline.hpp"
#include "render/table.hpp"
#include "text/format.hpp"

namespace expanalyze::render {

namespace {

constexpr std::size_t kCurveWidth = 60;
constexpr auto kRight = Table::Align::right;

/// A place on an axis in its own unit.
std::string axis_amount(Axis axis, double at) {
  if (at == 0 || std::isnan(at)) return "unknown";
  switch (axis) {
    case Axis::step:
      return number(at) + " steps";
    case Axis::tokens:
      return count(at);
    case Axis::wall:
      return duration(at);
    case Axis::flops:
      return flop_count(at);
  }
  return {};
}

/// Three digits: a bound must not be cut off by the width of the table.
std::string difference_text(const Estimate& d) {
  if (!std::isfinite(d.low) || !std::isfinite(d.high) || d.low == d.high) return estimate_text(d, true);
  return signed_number(d.value, 3) + " " + interval(d.low, d.high, 3);
}

std::string axis_table(const Review& review) {
  Table table({{"At equal"}, {"Verdict"}, {"Compared at", kRight}, {"Baseline"}, {"Experiment"}, {"Difference"}});
  for (const AxisVerdict& a : review.axes) {
    if (std::isnan(a.difference.value)) {  // not assessable, or one side has no number there
      table.add({std::string(to_string(a.axis)), spaced(to_string(a.verdict)), "-", "-", "-", "-"});
      continue;
    }
    table.add({std::string(to_string(a.axis)), spaced(to_string(a.verdict)), axis_amount(a.axis, a.at),
               number(a.baseline.value), number(a.experiment.value), difference_text(a.difference)});
  }
  return table.str();
}

std::string axis_reasons(const Review& review) {
  std::string out;
  for (const AxisVerdict& a : review.axes)
    if (!a.why.empty())
      out += bullet("**" + std::string(to_string(a.axis)) +
                    "**: " + sentence(a.planned_how.empty() ? a.why : a.why + "; " + a.planned_how));
  return out.empty() ? out : out + "\n";
}

std::string modifiers(const Review& review) {
  std::vector<std::string> words;
  for (const std::string& m : review.modifiers) words.push_back(spaced(m));
  return words.empty() ? std::string{} : paragraph("Qualified: " + join(words, ", ") + ".");
}

std::string curve(const Sketch& s) {
  const Scale scale = common_scale(s.baseline, s.experiment);
  if (!scale.valid || s.step.empty()) return {};
  std::string out = "curve of " + in_block(s.name, 28) + ": " + number(scale.min) + " (lowest bar) to " +
                    number(scale.max) + (scale.cut ? " (highest; values above it are cut)" : " (highest)") +
                    (scale.log ? ", log scale" : "") + "; steps " + number(s.step.front()) + " to " +
                    number(s.step.back()) + "\n";
  if (s.baseline.empty()) return out + "  run         " + sparkline(s.experiment, scale, kCurveWidth) + "\n";
  return out + "  baseline    " + sparkline(s.baseline, scale, kCurveWidth) + "\n  experiment  " +
         sparkline(s.experiment, scale, kCurveWidth) + "\n";
}

/// Is there a sketch with a place that its sparkline marks with an x?
bool any_gap(const Review& review) {
  for (const Sketch& s : review.sketches) {
    const Scale scale = common_scale(s.baseline, s.experiment);
    if (!scale.valid) continue;
    for (const auto* side : {&s.baseline, &s.experiment})
      if (sparkline(*side, scale, kCurveWidth).find('x') != std::string::npos) return true;
  }
  return false;
}

}  // namespace

std::string curves(const Review& review) {
  std::string out;
  for (const Sketch& s : review.sketches) out += curve(s);
  if (out.empty()) return paragraph("No curve is drawn: the sides have no common steps with finite values.");
  const std::string legend = any_gap(review) ? "x: no finite value here\n" : "";
  return "```text\n" + out + legend + "```\n\n";
}

/// "0.0013 [0.00086, 0.00265] (prior for …)".
std::string seed_sd_text(const FinalQuality& f) {
  Estimate e = bare(f.seed_sd, f.seed_sd_why, f.seed_sd_runs);
  if (f.seed_sd_df > 0) {
    e.low = f.seed_sd_low;
    e.high = f.seed_sd_high;
  }
  return estimate_text(e) + " (" + spaced(to_string(f.seed_sd_source)) + ")";
}

namespace {

std::string sesoi_words(const FinalQuality& f) {
  if (f.sesoi <= 0 || f.sesoi_source.empty()) return {};
  return paragraph("The smallest difference of interest is " + sentence(f.sesoi_source));
}

/// Unless the sentences above say it already, in whatever case they begin it.
std::string plateau(const FinalQuality& f) {
  if (f.plateau.empty() || join(f.sentences, " ").find(f.plateau.substr(1)) != std::string::npos) return {};
  return paragraph(sentence(f.plateau));
}

/// Which of the three stands for the end of a run (B3.1).
std::string window_text(const FinalWindow& w) {
  if (w.kind == FinalWindow::Kind::last) return "the last evaluation";
  const char* what = w.kind == FinalWindow::Kind::mean    ? "mean of "
                     : w.kind == FinalWindow::Kind::slope ? "end of a line through "
                                                          : "paired difference over ";
  return what + std::to_string(w.records) + " records, steps " + number(w.from_step) + " to " + number(w.to_step);
}

std::string p_text(double p) { return std::isnan(p) ? "-" : p < 1e-4 ? "< 0.0001" : number(p, 2); }

std::string other_tests(const FinalQuality& f) {
  Table table({{"What other tests say"}, {"Difference"}, {"n", kRight}, {"p", kRight}, {"Least p", kRight}});
  for (const OtherTest& t : f.other_tests)
    table.add(
        {t.name, estimate_text(t.difference, true), std::to_string(t.difference.n), p_text(t.p), p_text(t.least_p)});
  return table.empty() ? std::string{} : table.str();
}

std::string final_quality(const FinalQuality& f) {
  std::string out = "### Final quality\n\n";
  Table table({{"Quantity"}, {"Value"}});
  const auto of = [](const char* side, const Estimate& e) {
    return e.n == 0 ? std::string(side) : side + std::string(", n = ") + std::to_string(e.n);
  };
  table.add({of("baseline", f.baseline), estimate_text(f.baseline)});
  table.add({of("experiment", f.experiment), estimate_text(f.experiment)});
  table.add({"difference (experiment - baseline)", estimate_text(f.difference, true)});
  table.add({"relative difference", relative_text(f.relative)});
  // Where one side went on, both are read at the other's end, and not where this window lies.
  if (!std::isnan(f.difference.value) && f.at_ends.value == f.difference.value)
    table.add({"taken as the end of a run", window_text(f.window)});
  if (f.window.se > 0) table.add({"s.e. of the difference within the runs", number(f.window.se, 3)});
  if (f.equivalence_low != f.equivalence_high)
    table.add({"90 % interval for equivalence",
               "[" + signed_number(f.equivalence_low) + ", " + signed_number(f.equivalence_high) + "]"});
  if (f.sesoi > 0) table.add({"smallest difference of interest", number(f.sesoi)});
  if (f.seed_sd > 0) table.add({"s.d. between seeds", seed_sd_text(f)});
  return out + table.str() + paragraph(f.sentences) + other_tests(f) + plateau(f) + sesoi_words(f);
}

std::string crossing(double step) { return std::isinf(step) ? "not reached" : number(step); }

/// Axes that show the same speed-ups to the digits printed share a column: tokens and FLOPs of equal batches are steps.
struct SpeedColumn {
  std::string title;
  std::vector<std::string> cells;
};
std::vector<SpeedColumn> speed_columns(const Convergence& c, const std::vector<std::size_t>& rows) {
  std::vector<SpeedColumn> out;
  const int digits = c.speedup.size() > 2 ? 2 : 3;  // or the columns are cut
  for (const SpeedupCurve& curve : c.speedup) {
    SpeedColumn next{std::string(to_string(curve.axis)), {}};
    for (const std::size_t i : rows) {
      const Estimate& s = curve.levels[i].speedup;
      next.cells.push_back(number(s.value, 3) + (s.low < s.high ? " " + interval(s.low, s.high, digits) : ""));
    }
    const auto same = std::find_if(out.begin(), out.end(), [&](const SpeedColumn& o) { return o.cells == next.cells; });
    if (same == out.end())
      out.push_back(std::move(next));
    else
      same->title += ", " + next.title;
  }
  return out;
}

/// Early, mid and final level against the axes (B2.3); where no level is common, the baseline's own levels.
std::string speed_table(const Review& r) {
  const Convergence& c = r.convergence;
  if (c.speedup.empty()) return {};
  const std::size_t n = c.speedup.front().levels.size();
  const std::vector<std::size_t> rows{n / 6, n / 2, n - 1};
  const auto columns = speed_columns(c, rows);
  std::vector<Table::Column> heads{{"Level of " + code_span(r.metric.name)}, {"Steps to it", kRight}};
  for (const SpeedColumn& column : columns) heads.push_back({"Speed-up on " + column.title});
  Table table(heads);
  static constexpr std::array<std::string_view, 3> kWhen{"early", "mid", "final"};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const SpeedupCurve::At& at = c.speedup.front().levels[rows[i]];
    std::vector<std::string> cells{std::string(kWhen[i]) + ", " + number(at.level),
                                   number(at.baseline) + " → " + number(at.experiment)};
    for (const SpeedColumn& column : columns) cells.push_back(column.cells[i]);
    table.add(std::move(cells));
  }
  return table.str();
}

std::string level_table(const Review& r) {
  Table table({{"Level of " + code_span(r.metric.name), kRight},
               {"Baseline step", kRight},
               {"Experiment step", kRight},
               {"Speed-up", kRight}});
  for (const SpeedupLevel& l : r.convergence.levels)
    table.add({number(l.level), crossing(l.baseline_step), crossing(l.experiment_step),
               !std::isfinite(l.speedup) || std::isinf(l.baseline_step) || std::isinf(l.experiment_step)
                   ? "-"
                   : number(l.speedup, 3)});
  return table.str();
}

std::string convergence(const Review& r) {
  const Convergence& c = r.convergence;
  std::string out = "### Convergence\n\n" + paragraph(c.sentences);
  out += c.speedup.empty() ? level_table(r) : speed_table(r);
  if (c.early == Convergence::Early::not_assessable && c.sentences.empty())
    out += paragraph("Early progress is not assessable: " + estimate_text(c.early_gap) + ".");
  return out;
}

std::string compute(const Compute& c) {
  std::string out = "### Compute\n\n" + paragraph(c.sentences);
  if (c.sentences.empty() && c.baseline_flops > 0 && c.experiment_flops > 0)
    out += paragraph("FLOPs: baseline " + flop_count(c.baseline_flops) + ", experiment " +
                     flop_count(c.experiment_flops) + " (" + c.source + ").");
  if (c.sentences.empty() && (c.baseline_flops <= 0 || c.experiment_flops <= 0))
    out += paragraph("FLOPs are unknown: log a running total, or a parameter count and tokens.");
  Table table({{"Quantity"}, {"Baseline"}, {"Experiment"}});
  const auto row = [&](const char* name, const Estimate& b, const Estimate& e) {
    if (!std::isnan(b.value) || !std::isnan(e.value)) table.add({name, estimate_text(b), estimate_text(e)});
  };
  row("marginal gain, -dL/dlnC over the last quarter", c.marginal_baseline, c.marginal_experiment);
  row("average gain per e-fold of compute", c.average_baseline, c.average_experiment);
  return out + table.str();
}

std::string wall(const WallClock& w) {
  std::string out = "### Wall clock\n\n";
  if (w.sentences.empty() && std::isnan(w.ratio.value))
    return out + paragraph("Not assessable: the logs hold no step time and no clock that both sides share.");
  out += paragraph(w.sentences);
  Table table({{"Quantity"}, {"Value"}});
  const auto row = [&](const char* name, const Estimate& e) {
    if (!std::isnan(e.value)) table.add({name, estimate_text(e)});
  };
  row("seconds per step, baseline", w.baseline_step_seconds);
  row("seconds per step, experiment", w.experiment_step_seconds);
  row("ratio of step times", w.ratio);
  row("seconds per sample or token, baseline", w.baseline_sample_seconds);
  row("seconds per sample or token, experiment", w.experiment_sample_seconds);
  row("ratio per sample or token", w.sample_ratio);
  if (w.break_even > 0) table.add({"break-even ratio", number(w.break_even)});
  return out + table.str();
}

/// With three digits, as a table of seven columns has room for.
std::string short_text(const Estimate& e) {
  const std::string range = interval(e.low, e.high, 3);
  if (std::isnan(e.value) || e.low == e.high || range.empty()) return estimate_text(e, true);
  return signed_number(e.value, 3) + " " + range;
}

std::string secondary(const Review& r) {
  Table table({{"Other metric"},
               {"Baseline", kRight},
               {"Experiment", kRight},
               {"Difference"},
               {"n", kRight},
               {"p", kRight},
               {"p (Holm)", kRight}});
  for (const SecondaryMetric& s : r.secondary)
    table.add({code_span(s.metric.name) + (s.metric.direction == Direction::min ? ", lower" : ", higher"),
               number(s.baseline.value), number(s.experiment.value), short_text(s.difference),
               std::to_string(s.difference.n), p_text(s.p), p_text(s.p_adjusted)});
  return table.empty() ? std::string{} : "### Other metrics\n\n" + table.str();
}

}  // namespace

std::string forecasts(const Review& r) {
  std::string out;
  for (const Forecast& f : r.forecasts)
    out += bullet("the " + std::string(f.of_baseline ? "baseline" : "experiment") + " at step " + number(f.at_step) +
                  ": " + (std::isfinite(f.value.value) ? estimate_text(f.value) : std::string("refused")) + ", " +
                  sentence(f.how));
  if (!r.crossing.why.empty()) out += (out.empty() ? "" : "\n") + paragraph(r.crossing.why);
  return out.empty() ? out : "### Forecast\n\n" + out + "\n";
}

std::string failures(const Report& report) {
  std::string out;
  for (std::size_t i = 0; i < report.review.ends.size(); ++i) {
    const RunEnd& end = report.review.ends[i];
    if (!end.failed) continue;
    const bool first_side = i < report.baseline.size();
    const std::size_t k = first_side ? i : i - report.baseline.size();
    const auto& side = first_side ? report.baseline : report.experiment;
    const std::string label = k < side.size() ? code_span(side[k].label) + " " : "";
    const std::string where = end.first_non_finite ? " " + place_text(*end.first_non_finite) : "";
    out += bullet(label + "failed: " + sentence(end.failure + where));
  }
  return out.empty() ? out : out + "\n";
}

std::string review_section(const Report& report) {
  const Review& r = report.review;
  const std::string why = r.metric.why.empty() ? "" : " (" + r.metric.why + ")";
  return "## 1. Metric Review\n\n" + paragraph("Metric: " + metric_words(r.metric) + why + ".") + axis_table(r) +
         axis_reasons(r) + modifiers(r) + failures(report) + curves(r) + final_quality(r.final_quality) +
         convergence(r) + compute(r.compute) + wall(r.wall) + forecasts(r) + secondary(r);
}

}  // namespace expanalyze::render
