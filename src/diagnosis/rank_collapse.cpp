// D-29: weights, updates or representations that use few of their directions.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/levels.hpp"
#include "diagnosis/readings.hpp"
#include "diagnosis/weigh.hpp"
#include "stats/descriptive.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kOfBaseline = 0.5, kLeft = 0.7;  // D-29

/// The rank of one matrix, or the mean of several, under one name on both sides.
struct Rank {
  const Series* series = nullptr;  ///< of the first run of the experiment
  double end = kNan, middle = kNan, baseline = kNan, baseline_middle = kNan;
  [[nodiscard]] double of_baseline() const { return end / baseline; }
  [[nodiscard]] double left() const { return end / middle; }
};

double rank_between(const Run& run, const Series& like, double from, double to) {
  for (const Series* s : find_all(run, Role::effective_rank))
    if (s->logged_as == like.logged_as && s->labels == like.labels)
      return median_between(finite(trajectory(run, *s)), from, to);
  return kNan;
}

std::vector<Rank> ranks(const Case& c) {
  std::vector<Rank> out;
  for (const Series* s : find_all(*c.experiment.front(), Role::effective_rank)) {
    const auto at = [&](const Runs& runs, double from, double to) {
      return mean_over(runs, [&](const Run& run) { return rank_between(run, *s, from, to); });
    };
    const Rank rank{s, at(c.experiment, 0.9, 1), at(c.experiment, 0.4, 0.5), at(c.baseline, 0.9, 1),
                    at(c.baseline, 0.4, 0.5)};
    if (rank.end > 0) out.push_back(rank);
  }
  return out;
}

/// The series that lost most: against the baseline where it logs the same, else over its own second half.
const Rank& worst(const std::vector<Rank>& all) {
  return *std::min_element(all.begin(), all.end(), [](const Rank& a, const Rank& b) {
    const auto key = [](const Rank& r) { return std::isfinite(r.of_baseline()) ? r.of_baseline() : r.left(); };
    return key(a) < key(b);
  });
}

void weigh_against_baseline(const Case& c, const Rank& rank, Scored& out) {
  if (std::isnan(rank.baseline)) {
    out.missing_weight += kStrong;
    return;
  }
  const auto end = [&](const Run& run) { return rank_between(run, *rank.series, 0.9, 1); };
  const bool low = rank.of_baseline() < 0.75;
  out.evidence.push_back({fmt::format("{} ends at {}, {} of the baseline's {}", code_span(rank.series->logged_as),
                                      number(rank.end, 3), percent(rank.of_baseline(), 2), number(rank.baseline, 3)),
                          over_seeds(c.experiment, end),
                          low ? kStrong + kModerate : -kStrong,
                          low ? graded_below(rank.of_baseline(), kOfBaseline) : 1,
                          0,
                          {place_at_end(*c.experiment.front(), *rank.series)}});
}

/// A slow fall that the baseline has as well is training (spectra of weights sharpen), no fault.
void weigh_fall(const Case& c, const Rank& rank, Scored& out) {
  if (!(rank.left() < 0.85)) return;
  const double baseline = rank.baseline / rank.baseline_middle;
  const auto left = [&](const Run& run) {
    return rank_between(run, *rank.series, 0.9, 1) / rank_between(run, *rank.series, 0.4, 0.5);
  };
  out.evidence.push_back(
      {fmt::format(
           "it lost {} of it over the second half{}", percent(1 - rank.left(), 2),
           std::isfinite(baseline) ? fmt::format(" (baseline: {})", percent(std::max(0.0, 1 - baseline), 2)) : ""),
       over_seeds(c.experiment, left),
       std::isfinite(baseline) && baseline < 1.1 * rank.left() ? -kModerate : kModerate,
       graded_below(rank.left(), kLeft),
       0,
       {place_at_end(*c.experiment.front(), *rank.series)}});
}

void weigh_plateau(const Case& c, Scored& out) {
  if (std::isnan(c.lr.r_kappa)) {
    out.missing_weight += kModerate;
  } else if (c.lr.r_kappa < 0.9 && c.worse) {
    out.evidence.push_back(
        {fmt::format("the loss came to rest above the baseline's: before annealing it fell {} per e-fold of "
                     "steps, {}x the baseline's rate",
                     number(c.lr.slope_e, 3), number(c.lr.r_kappa, 3)),
         bare(c.lr.r_kappa, "between_seeds_1.07_to_1.63"),
         kModerate,
         graded_below(c.lr.r_kappa, 0.7),
         0,
         {place_of(*c.experiment.front(), Role::train_loss)}});
  }
}

Outcome detect(const Case& c) {
  const std::vector<Rank> all = ranks(c);
  if (all.empty())
    return Untestable{
        {},
        "a stable or effective rank of weights, updates or representations",
        "log the stable rank |W|_F^2 / |W|_2^2 of two hidden matrices and of their updates, every 100 steps"};
  const Rank& rank = worst(all);
  Scored out;
  out.slots = {{"rank", rank.end}, {"rank_baseline", rank.baseline}};
  out.looked_at = fmt::format("{} of {} logged ranks ends lowest, at {}{}", code_span(rank.series->logged_as),
                              all.size(), number(rank.end, 3), against_baseline(rank.baseline));
  weigh_against_baseline(c, rank, out);
  weigh_fall(c, rank, out);
  weigh_plateau(c, out);
  if (out.evidence.empty()) out.evidence.push_back({out.looked_at, bare(rank.end, "median_of_tail"), -kWeak, 1, 0, {}});
  out.effect_share = std::isfinite(rank.of_baseline()) ? std::clamp(1.5 * (1 - rank.of_baseline()), 0.0, 1.0) : 0.5;
  weigh_outcome(c, out);
  out.soul = fmt::format("{} fell to {}{}: the layer spoke through that many directions and no more.",
                         code_span(rank.series->logged_as), number(rank.end, 3), against_baseline(rank.baseline));
  return out;
}

}  // namespace

constinit const Detector rank_collapse{.id = "rank_collapse", .prior = kRare, .detect = detect, .doc = R"(
## What it looks for
A stable or effective rank of weights, updates or representations that ends below half of the baseline's under the same name; a loss of more than
30 % of it over the second half which the baseline does not show; a loss curve that flattens above the baseline's.
## Why it matters
What is multiplied by a matrix of low rank keeps only that many directions: the layers behind it cannot recover the others, whatever their width.
## Formula
stable rank = |W|_F^2 / |W|_2^2; effective rank = exp(-sum p_i ln p_i) with p_i = s_i / sum s.
## False alarms and misses
Spectra of weights sharpen as they learn, so a fall that both sides share is training. A rank that is meant to be low (adapters, bottlenecks) is low in the
baseline too. A mean over layers hides the one that collapsed. Tokens that become alike (cosine near 1) are the same fault in another signal, which is
not read yet.
## Reference
Science handbook D-29; Roy and Vetterli 2007, EUSIPCO (effective rank); Dong et al. 2021, arXiv:2103.03404.
)"};

}  // namespace expanalyze
