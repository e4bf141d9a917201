#include "diagnosis/final_numbers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/levels.hpp"
#include "diagnosis/weigh.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

// Eight-bit weights cost the public runs that log both 0.3 to 0.6 % of the metric; a tenth of that again is no event.
constexpr double kLost = 0.05;     // of the curve's last value, within a run
constexpr double kRulerMoved = 5;  // noise floors of the difference, between the sides

bool is_final(const Series& series, const std::string& metric) {
  const std::string& name = series.logged_as;
  return series.labels.empty() && series.value.size() == 1 && std::isfinite(series.value.front()) &&
         name.size() > metric.size() + 1 && name.ends_with(metric) &&
         std::string_view("/._").find(name[name.size() - metric.size() - 1]) != std::string_view::npos;
}

Place place_of_only(const Run& run, const Series& series) {
  const Rows& rows = run.rows[series.rows];
  return {run.label, series.logged_as, rows.line.front(), rows.step.front()};
}

/// The final number that is worst for a run; nullptr: none is far worse than the end of its curve.
const Series* lost_behind(const Case& c, const Run& run, double last) {
  const Series* worst = nullptr;
  for (const Series& s : run.series)
    if (is_final(s, c.review.metric.name) && c.sign * (s.value.front() - last) > kLost * std::abs(last) &&
        (!worst || c.sign * (s.value.front() - worst->value.front()) > 0))
      worst = &s;
  return worst;
}

void weigh_within(const Case& c, Scored& out) {
  for (const Run* run : c.experiment) {
    const Curve curve = metric_curve(*run, c.review.metric);
    const Series* worst = curve.size() < 3 ? nullptr : lost_behind(c, *run, curve.value.back());
    if (!worst) continue;
    const double end = curve.value.back(), after = worst->value.front();
    out.evidence.push_back(
        {fmt::format("{} stands at {} behind a curve of {} that ends at {}", code_span(worst->logged_as), number(after),
                     code_span(c.review.metric.name), number(end)),
         bare(after - end, "stands_once"),
         kDecisive + kStrong,
         graded_above(c.sign * (after - end) / std::abs(end), kLost),
         'f',
         {place_of_only(*run, *worst)}});
    out.effect_share = 1;
    out.soul =
        fmt::format("What was done after training lost what it had won: {} is {}, where the curve of {} ends at {}.",
                    code_span(worst->logged_as), number(after), code_span(c.review.metric.name), number(end));
    return;
  }
}

void weigh_between(const Case& c, Scored& out) {
  const Run& base = *c.baseline.front();
  const Run& run = *c.experiment.front();
  const double curves = c.review.final_quality.difference.value;
  for (const Series& s : run.series) {
    if (!is_final(s, c.review.metric.name) || !std::isfinite(curves)) continue;
    const auto other = std::find_if(base.series.begin(), base.series.end(), [&](const Series& b) {
      return b.logged_as == s.logged_as && is_final(b, c.review.metric.name);
    });
    if (other == base.series.end()) continue;
    const double finals = s.value.front() - other->value.front();
    const double floors = std::abs(finals - curves) / std::max(c.gap_scale, 1e-300);
    if (!(floors > kRulerMoved) || std::abs(curves) > 0.5 * std::abs(finals)) continue;
    out.evidence.push_back(
        {fmt::format("{} differs by {} between the sides, the curves of {} by {}: {} noise floors more",
                     code_span(s.logged_as), signed_number(finals, 3), code_span(c.review.metric.name),
                     signed_number(curves, 3), number(floors, 3)),
         bare(finals, "stands_once"),
         2 * kDecisive,
         graded_above(floors, kRulerMoved),
         'f',
         {place_of_only(run, s), place_of_only(base, *other)}});
    out.effect_share = 1;
    out.soul = fmt::format(
        "The ruler moved, not the model: {} is {} against {} while the training runs end {} apart. What is measured "
        "after training was changed, and the curves say nothing of it.",
        code_span(s.logged_as), number(s.value.front()), number(other->value.front()), number(std::abs(curves), 3));
    return;
  }
}

}  // namespace

void weigh_final_numbers(const Case& c, Scored& out) {
  // A training loss that stands once is the mean over the run, as some trainers print it.
  const Role role = c.review.metric.role;
  if (role != Role::eval_loss && role != Role::eval_metric) return;
  weigh_within(c, out);
  if (!c.alone()) weigh_between(c, out);
}

}  // namespace expanalyze
