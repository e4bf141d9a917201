// Scores one path of an earlier report on the runs that followed it.
#include "expanalyze/verify.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "expanalyze/error.hpp"
#include "review/compared.hpp"
#include "stats/descriptive.hpp"
#include "stats/distributions.hpp"
#include "text/format.hpp"
#include "verify/belief.hpp"
#include "verify/kill_outcome.hpp"
#include "verify/tried_path.hpp"

namespace expanalyze {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// The metric of every run at the report's step; runs that have none there are named.
std::vector<double> values(const EarlierReport& earlier, const RunStore& runs, std::vector<std::string>& notes) {
  std::vector<double> out;
  for (RunId id = 0; id < runs.runs.size(); ++id) {
    const Run& run = runs.runs[id];
    if (metric_series(run, earlier.metric) == nullptr)
      throw Error(Error::Kind::input,
                  fmt::format("{}: does not log {}, by which the report judged", one_line(run.path),
                              one_line(earlier.metric.name)),
                  "log it, or say which key it is: --map ROLE=KEY");
    const RunView view = view_run(runs, id, earlier.metric);
    const double value = view.known().empty() ? kNan : run_value_at(view, Axis::step, earlier.at_step);
    if (std::isfinite(value)) {
      out.push_back(value);
      continue;
    }
    std::string why = fmt::format("{} stopped at step {} of {} and has no final value", code_span(run.label),
                                  number(view.end.last_step), number(earlier.at_step));
    if (view.end.failed) why += ": " + view.end.failure;
    notes.push_back(std::move(why));
  }
  return out;
}

/// The luck of the seeds of both sides, by the s.d. that the report used.
double standard_error(const EarlierReport& earlier, std::size_t n) {
  const auto runs = static_cast<double>(std::max<std::size_t>(1, earlier.experiment.n));
  return earlier.seed_sd > 0 ? earlier.seed_sd * std::sqrt(1 / static_cast<double>(n) + 1 / runs) : kNan;
}

Estimate difference_of(const EarlierReport& earlier, double observed, std::size_t n) {
  const double value = observed - earlier.experiment.value;
  const double se = standard_error(earlier, n);
  if (!(se > 0)) return bare(value, "no_seed_sd", n);
  const double df = earlier.seed_sd_df > 0 ? earlier.seed_sd_df : std::numeric_limits<double>::infinity();
  const double half = stats::student_t_quantile(0.975, df) * se;
  return {value, value - half, value + half, 0.95, n, {"report_seed_sd"}};
}

SignOutcome sign_of(const Estimate& predicted, const Estimate& difference) {
  if (!(predicted.value != 0) || !std::isfinite(predicted.value) || !std::isfinite(difference.value))
    return SignOutcome::not_assessable;
  if (std::isfinite(difference.low) && difference.low <= 0 && difference.high >= 0) return SignOutcome::within_noise;
  return (predicted.value < 0) == (difference.value < 0) ? SignOutcome::right : SignOutcome::wrong;
}

void score(const EarlierReport& earlier, const std::vector<double>& at_end, Verification& out) {
  if (at_end.empty()) return;
  const double mean = stats::mean(at_end);
  out.observed = bare(mean, at_end.size() > 1 ? "mean_of_seeds" : "one_seed", at_end.size());
  out.difference = difference_of(earlier, mean, at_end.size());
  out.sign = sign_of(out.tried.predicted, out.difference);
  const Estimate& p = out.tried.predicted;
  if (std::isfinite(p.low) && std::isfinite(p.high) && std::isfinite(out.difference.value))
    out.inside = p.low <= out.difference.value && out.difference.value <= p.high;
  const double gap = earlier.baseline.value - earlier.experiment.value;
  if (std::isfinite(gap) && gap != 0) out.gap_closed = out.difference.value / gap;
}

}  // namespace

std::string_view to_string(SignOutcome sign) {
  static constexpr std::array<std::string_view, 4> names{"right", "wrong", "within_noise", "not_assessable"};
  return names[static_cast<std::size_t>(sign)];
}

Verification verify(const EarlierReport& earlier, const RunStore& runs, std::optional<std::size_t> path) {
  const TriedPath tried = tried_path(earlier, runs, path);
  Verification out;
  out.path = tried.path;
  out.tried = earlier.paths[tried.path - 1];
  out.matched = tried.why;
  out.metric = earlier.metric;
  out.at_step = earlier.at_step;
  out.baseline = earlier.baseline;
  out.experiment = earlier.experiment;
  out.gap_closed = kNan;
  for (const Run& run : runs.runs) {
    out.runs.push_back(run.label);
    out.kill.push_back(kill_outcome(run, out.tried.kill));
  }
  const std::vector<double> at_end = values(earlier, runs, out.notes);
  score(earlier, at_end, out);
  if (!tried.made)
    out.notes.emplace_back("the change was not made, so the outcome says nothing of the diagnosis; --path insists");
  else if (!at_end.empty())
    out.beliefs = updated_beliefs(earlier, out.tried, out.difference.value, standard_error(earlier, at_end.size()));
  return out;
}

}  // namespace expanalyze
