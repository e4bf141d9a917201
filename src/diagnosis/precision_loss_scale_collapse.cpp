// D-30: the numbers ran out before the ideas did: updates skipped for overflow, or rounded away.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "diagnosis/readings.hpp"
#include "diagnosis/weigh.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kSkipShare = 0.01;   // D-30
constexpr double kSearch = 0.01;      // the search for the first scale takes about 1 % of the run (D-30)
constexpr double kHalvings = 3;       // D-30
constexpr double kLostUpdates = 0.2;  // D-30: share of zeros

/// Share of the steps after the first search that were skipped, from the counter; else gradients that overflowed under
/// a loss scale.
double skipped_share(const Run& run) {
  const Curve count = finite(trajectory(run, Role::skipped_steps));
  if (count.size() >= 5) {
    const Curve after = between(count, kSearch * count.step.back(), count.step.back());
    // A count that falls is one of each record's own steps, as Megatron prints it.
    if (!std::is_sorted(count.value.begin(), count.value.end())) {
      const double before = count.step.front() - (count.step.back() - count.step.front()) / double(count.size() - 1);
      return std::accumulate(after.value.begin(), after.value.end(), 0.0) / (count.step.back() - std::max(0.0, before));
    }
    const double steps = after.step.back() - after.step.front();
    return after.size() < 2 || !(steps > 0) ? kNan : std::max(0.0, after.value.back() - after.value.front()) / steps;
  }
  const Curve norm = trajectory(run, Role::grad_norm);
  if (find(run, Role::loss_scale) == nullptr || norm.size() < 20) return kNan;
  const Curve after = between(norm, kSearch * norm.step.back(), norm.step.back());
  const auto over = std::count_if(after.value.begin(), after.value.end(), [](double v) { return !std::isfinite(v); });
  return static_cast<double>(over) / static_cast<double>(after.size());
}

/// The last record by which a step was skipped; NaN: none, or the log does not tell.
double last_skip(const Run& run) {
  const Curve count = finite(trajectory(run, Role::skipped_steps));
  const bool of_records = !std::is_sorted(count.value.begin(), count.value.end());
  double last = kNan;
  for (std::size_t i = 0; i < count.size(); ++i)
    if (of_records ? count.value[i] > 0 : i > 0 && count.value[i] > count.value[i - 1]) last = count.step[i];
  return last;
}

/// The longest fall of the loss scale after the first search, in halvings without a rise between.
double halvings(const Run& run) {
  const Curve scale = finite(trajectory(run, Role::loss_scale));
  if (scale.size() < 5) return kNan;
  double top = kNan, most = 0;
  for (std::size_t i = 0; i < scale.size(); ++i) {
    if (scale.step[i] < kSearch * scale.step.back() || !(scale.value[i] > 0)) continue;
    if (std::isnan(top) || scale.value[i] > scale.value[i - 1]) top = scale.value[i];
    most = std::max(most, std::log2(top / scale.value[i]));
  }
  return most;
}

double smallest_scale(const Run& run) {
  const Curve scale = finite(trajectory(run, Role::loss_scale));
  return scale.empty() ? kNan : *std::min_element(scale.value.begin(), scale.value.end());
}

/// Share of the logged updates that changed no weight at all, while the learning rate was not zero.
double lost_updates(const Run& run) {
  const Common both = common_steps(finite(trajectory(run, Role::update_ratio)), finite(trajectory(run, Role::lr)));
  double lost = 0, n = 0;
  for (std::size_t i = 0; i < both.step.size(); ++i) {
    if (!(both.b[i] > 0) || both.step[i] < kSearch * both.step.back()) continue;
    ++n;
    if (both.a[i] == 0) ++lost;
  }
  return n < 5 ? kNan : lost / n;
}

/// Precision words of a config ("fp16", "bf16-mixed", "float16") that call for a loss scale or round coarsely; empty:
/// none.
std::string precision_of(const Run& run) {
  for (const auto& [key, value] : run.config) {
    const auto* text = std::get_if<std::string>(&value);
    if (text && (key.find("precision") != std::string::npos || key.find("dtype") != std::string::npos)) return *text;
  }
  return {};
}

bool full(std::string_view precision) { return precision.find("32") != std::string_view::npos; }

void weigh_scale(const Case& c, Scored& out) {
  const double share = mean_over(c.experiment, skipped_share), baseline = mean_over(c.baseline, skipped_share);
  if (std::isnan(share)) {
    out.missing_weight += kStrong;
  } else {
    out.slots["skipped_share"] = share;
    const Place where =
        place_of(*c.experiment.front(),
                 find(*c.experiment.front(), Role::skipped_steps) ? Role::skipped_steps : Role::loss_scale);
    const double until = mean_over(c.experiment, last_skip);
    const std::string text =
        fmt::format("{} of the steps were skipped because their gradients overflowed{}{}", percent(share, 3),
                    until < 0.5 * mean_over(
                                      c.experiment, [](const Run& r) { return last_step(r); })
                        ? fmt::format(", all of them by step {}", number(until))
                        : "",
                    std::isnan(baseline) ? "" : fmt::format(" (baseline: {})", percent(baseline, 3)));
    const bool conspicuous = share > 0.5 * kSkipShare && !(baseline > 0.5 * share);
    out.evidence.push_back({text,
                            over_seeds(c.experiment, skipped_share),
                            conspicuous ? kDecisive : -kStrong,
                            conspicuous ? graded_above(share, kSkipShare) : 1,
                            's',
                            {where}});
  }
  const double fell = mean_over(c.experiment, halvings);
  if (std::isnan(fell))
    out.missing_weight += kDecisive;
  else if (fell >= 2)
    out.evidence.push_back({fmt::format("the loss scale was halved {} times in a row, down to {}",
                                        number(std::round(fell)), number(mean_over(c.experiment, smallest_scale), 3)),
                            over_seeds(c.experiment, halvings),
                            kDecisive,
                            graded_above(fell, kHalvings),
                            's',
                            {place_of(*c.experiment.front(), Role::loss_scale)}});
}

void weigh_updates(const Case& c, Scored& out) {
  const double lost = mean_over(c.experiment, lost_updates), baseline = mean_over(c.baseline, lost_updates);
  if (std::isnan(lost)) {
    out.missing_weight += kStrong;
    return;
  }
  if (lost < 0.05 || baseline > 0.5 * lost) return;
  out.slots["lost_updates"] = lost;
  out.evidence.push_back({fmt::format("{} of the logged updates changed no weight", percent(lost, 3)),
                          over_seeds(c.experiment, lost_updates),
                          kStrong,
                          graded_above(lost, kLostUpdates),
                          0,
                          {place_of(*c.experiment.front(), Role::update_ratio)}});
}

void weigh_config(const Case& c, Scored& out) {
  const std::string e = precision_of(*c.experiment.front());
  if (e.empty() || c.alone()) return;
  const std::string b = precision_of(*c.baseline.front());
  if (full(e) && !c.changed({"precision", "dtype"}))
    out.evidence.push_back(
        {fmt::format("both sides compute in {}", code_span(e)), bare(32, "config"), -kDecisive, 1, 0, {}});
  else if (!full(e) && (b.empty() || full(b)))
    out.evidence.push_back(
        {fmt::format("it computes in {}, the baseline in {}", code_span(e), b.empty() ? "(not set)" : code_span(b)),
         bare(16, "config"),
         kModerate,
         1,
         0,
         {}});
}

Outcome detect(const Case& c) {
  const bool scaled = logs(c.experiment, Role::loss_scale) || logs(c.experiment, Role::skipped_steps);
  const std::string precision = precision_of(*c.experiment.front());
  if (!scaled && (precision.empty() || full(precision)))
    return Untestable{{},
                      "the loss scale or the number of skipped steps",
                      "log the loss scale and the steps it skipped, with every training record"};
  Scored out;
  weigh_scale(c, out);
  weigh_updates(c, out);
  weigh_config(c, out);
  if (c.review.overall == Verdict::failed)
    out.evidence.push_back({"the run failed", bare(1, "verdict"), kModerate, scaled ? 1.0 : 0.5, 0, {}});
  out.effect_share = 1;
  weigh_outcome(c, out);
  const double share = out.slots.contains("skipped_share") ? out.slots["skipped_share"] : kNan;
  out.looked_at = std::isnan(share) ? "updates that changed nothing"
                                    : fmt::format("{} of the steps skipped for overflow", percent(share, 3));
  out.soul = share > 0 ? fmt::format(
                             "The numbers ran out before the ideas did: {} of the steps were thrown away because their "
                             "gradients overflowed.",
                             percent(share, 2))
                       : "The numbers ran out before the ideas did: the precision did not carry the updates.";
  return out;
}

}  // namespace

constinit const Detector precision_loss_scale_collapse{
    .id = "precision_loss_scale_collapse", .prior = kRare, .detect = detect, .alone = true, .doc = R"(
## What it looks for
More than 1 % of the steps skipped for overflow after the first percent of the run, three or more halvings of the loss scale in a row,
updates that change no weight, a lower precision than the baseline's.
## Why it matters
A skipped step costs its compute and teaches nothing; an update below half a unit in the last place is rounded away.
## False alarms and misses
The search for the first scale is no fault. A dynamic scale that tries a doubling every 2000 steps skips 0.05 %. Single updates lost to
rounding are seen only when the whole update is zero.
## Reference
Science handbook D-30; Micikevicius et al. 2018, arXiv:1710.03740.
)"};

}  // namespace expanalyze
