#include "diagnosis/paired_gap.hpp"

#include <algorithm>
#include <cmath>

#include "stats/bootstrap.hpp"
#include "stats/descriptive.hpp"

namespace expanalyze {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kFewest = 20;
constexpr std::size_t kBlocks = 20;

Gap gap_of(const RunPair& pair) {
  Gap out{pair, find(*pair.experiment, Role::train_loss), {}};
  const Series* other = find(*pair.baseline, Role::train_loss);
  if (!out.series || !other) return out;
  const Curve e = finite(trajectory(*pair.experiment, *out.series));
  const Curve b = finite(trajectory(*pair.baseline, *other));
  for (std::size_t i = 0, j = 0; i < e.size() && j < b.size();) {
    if (e.step[i] < b.step[j]) {
      ++i;
    } else if (e.step[i] > b.step[j]) {
      ++j;
    } else {
      out.curve.step.push_back(e.step[i]);
      out.curve.value.push_back(e.value[i] - b.value[j]);
      out.curve.line.push_back(e.line[i]);
      ++i, ++j;
    }
  }
  return out;
}

}  // namespace

std::vector<Gap> paired_gaps(const Case& c) {
  std::vector<Gap> out;
  const Pairing& pairing = c.review.pairing;
  if (!pairing.paired || pairing.identical || pairing.lag != 0) return out;
  bool by_seed = false;
  for (const RunPair& pair : matched_runs(c.baseline, c.experiment, by_seed))
    if (Gap gap = gap_of(pair); gap.curve.size() >= 2 * kFewest) out.push_back(std::move(gap));
  return out;
}

GapLevel gap_level(const Case& c, const std::vector<Gap>& gaps, double from_share, double to_share) {
  GapLevel out;
  std::vector<double> means;
  double variance = 0;
  for (const Gap& gap : gaps) {
    const double end = gap.curve.step.back();
    const Curve part = between(gap.curve, from_share * end, to_share * end);
    if (part.size() < kFewest) continue;
    means.push_back(stats::mean(part.value));
    variance += std::pow(stats::bootstrap_se_of_mean(part.value), 2);
    out.records += part.size();
  }
  out.pairs = means.size();
  if (means.empty()) return out;
  const auto k = static_cast<double>(means.size());
  out.mean = stats::mean(means);
  out.within = std::sqrt(variance) / k;
  if (means.size() > 1) {
    out.total = std::max(out.within, stats::sd(means) / std::sqrt(k));
    out.df = k - 1;
  } else {
    // One pair: what another seed would give is only known as far as the review knows the luck of a seed.
    out.total = std::hypot(out.within, std::sqrt(2.0) * c.review.final_quality.seed_sd);
    out.df = std::max(1.0, c.review.final_quality.seed_sd_df);
  }
  return out;
}

stats::RobustSlope gap_slope(const std::vector<Gap>& gaps, double from, double to) {
  std::vector<double> step, level;
  for (std::size_t b = 0; b < kBlocks; ++b) {
    const double lo = from + (to - from) * static_cast<double>(b) / kBlocks;
    const double hi = from + (to - from) * static_cast<double>(b + 1) / kBlocks;
    std::vector<double> values;
    for (const Gap& gap : gaps)
      for (std::size_t i = 0; i < gap.curve.size(); ++i)
        if (gap.curve.step[i] >= lo && gap.curve.step[i] < hi) values.push_back(gap.curve.value[i]);
    if (values.empty()) continue;
    step.push_back(0.5 * (lo + hi));
    level.push_back(stats::median(values));
  }
  return stats::theil_sen(step, level);
}

double gap_of_interest(const Case& c) {
  const Role role = c.review.metric.role;
  const bool loss = role == Role::train_loss || role == Role::eval_loss;
  if (!loss) return kNan;
  const Series* metric = find(*c.experiment.front(), role);
  const Series* train = find(*c.experiment.front(), Role::train_loss);
  return metric && train && metric->unit == train->unit ? c.review.final_quality.sesoi : kNan;
}

}  // namespace expanalyze
