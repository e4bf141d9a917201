#include "stats/spikes.hpp"

#include <algorithm>
#include <cmath>
#include <deque>

namespace expanalyze::stats {
namespace {

constexpr double kLeastSpread = 1e-4;  // of the log loss: below this a log has run out of digits
constexpr std::size_t kLongest = 200;  // records; a level that has not returned by then is the new level
constexpr std::size_t kWindow = 128;

// How many of how many neighbouring records must stand how far above the level.
struct Rule {
  std::size_t window, need, of;
  double z;
};
constexpr Rule kDense{kWindow, 4, 5, 2.5};
// Sparse records leave a spike two or three points. Two of three at z > 2.5 fire by chance 18 times in 1e4 records
// under t4 noise, at z > 5 0.3 times (2e6 simulated records; the dense rule: 0.03 times).
constexpr Rule kSparse{64, 2, 3, 5.0};
// Without batch noise the tails are thinner: single records at z > 6 are 4 in 1e4, neighbouring ones none (D0.1).
constexpr Rule kPaired{kWindow, 2, 3, 6.0};

struct Level {
  double centre, spread;
  [[nodiscard]] double z(double v) const { return (v - centre) / spread; }
};

// The last `window` values, sorted, with their median and MAD.
class Trailing {
 public:
  explicit Trailing(std::size_t window) : window_(window) { sorted_.reserve(window + 1); }
  void push(double v) {
    order_.push_back(v);
    sorted_.insert(std::upper_bound(sorted_.begin(), sorted_.end(), v), v);
    if (order_.size() <= window_) return;
    sorted_.erase(std::lower_bound(sorted_.begin(), sorted_.end(), order_.front()));
    order_.pop_front();
  }
  void clear() { order_.clear(), sorted_.clear(); }
  // A quarter of a window is the least from which a spread can be told.
  [[nodiscard]] bool ready() const { return order_.size() * 4 >= window_; }
  // Most records end at the first comparison; the spread costs a walk through the window.
  [[nodiscard]] bool exceeded_by(double v, double z) const {
    return ready() && v - sorted_[sorted_.size() / 2] > z * kLeastSpread && level().z(v) > z;
  }
  [[nodiscard]] Level level() const {
    const double centre = sorted_[sorted_.size() / 2];
    return {centre, std::max(kLeastSpread, 1.482602218505602 * median_distance())};
  }

 private:
  // Walks outwards from the median until half of the values are behind: they lie sorted on both sides of it.
  [[nodiscard]] double median_distance() const {
    const std::size_t middle = sorted_.size() / 2;
    const double centre = sorted_[middle];
    std::size_t left = middle, right = middle;
    for (std::size_t seen = 1; seen < sorted_.size() / 2 + 1; ++seen) {
      const bool take_left =
          right + 1 >= sorted_.size() || (left > 0 && centre - sorted_[left - 1] <= sorted_[right + 1] - centre);
      if (take_left && left == 0) break;
      take_left ? --left : ++right;
    }
    return std::max(centre - sorted_[left], sorted_[right] - centre);
  }

  std::size_t window_;
  std::deque<double> order_;
  std::vector<double> sorted_;
};

// The finite records, in log units when that is possible, with their places in the series.
struct Records {
  std::vector<double> value;
  std::vector<std::size_t> index;
};
Records finite_records(std::span<const double> loss, bool take_logs = true) {
  Records records;
  bool positive = take_logs;
  for (std::size_t i = 0; i < loss.size(); ++i) {
    if (!std::isfinite(loss[i])) continue;
    records.value.push_back(loss[i]);
    records.index.push_back(i);
    positive = positive && loss[i] > 0;
  }
  if (!positive) return records;
  for (double& v : records.value) v = std::log(v);
  return records;
}

std::size_t count_above(std::span<const double> values, std::size_t from, const Rule& rule, const Level& level) {
  std::size_t above = 0;
  const std::size_t to = std::min(values.size(), from + rule.of);
  for (std::size_t i = from; i < to; ++i) above += level.z(values[i]) > rule.z ? 1 : 0;
  return above;
}

// First record from which the next `of` stand no higher than chance lets them; or where the search gives up.
std::size_t return_to_level(std::span<const double> values, std::size_t onset, const Rule& rule, const Level& level) {
  const std::size_t last = std::min(values.size(), onset + kLongest);
  for (std::size_t i = onset + 1; i < last; ++i) {
    const bool back = level.z(values[i]) <= rule.z && count_above(values, i, rule, level) + rule.need <= rule.of;
    if (back) return i;
  }
  return last;
}

Spike measure(std::span<const double> values, std::size_t onset, std::size_t end, const Level& level, double cadence) {
  Spike spike{onset, end, onset, 0, 0, end < values.size() && end < onset + kLongest};
  for (std::size_t i = onset; i < end; ++i) {
    if (values[i] > values[spike.peak]) spike.peak = i;
    spike.area += (values[i] - level.centre) * cadence;
  }
  spike.height = values[spike.peak] - level.centre;
  return spike;
}

// Records of a spike never enter the level it is judged by; after one that did not recover, the level is learnt anew.
std::vector<Spike> scan(std::span<const double> values, const Rule& rule, double cadence) {
  std::vector<Spike> spikes;
  Trailing trailing(rule.window);
  for (std::size_t i = 0; i < values.size();) {
    const bool high = trailing.exceeded_by(values[i], rule.z);
    if (!high || count_above(values, i, rule, trailing.level()) < rule.need) {
      trailing.push(values[i++]);
      continue;
    }
    const Level level = trailing.level();
    const std::size_t end = return_to_level(values, i, rule, level);
    spikes.push_back(measure(values, i, end, level, cadence));
    if (!spikes.back().recovered) trailing.clear();
    i = end;
  }
  return spikes;
}

// Indices of the finite records back to those of the series, which has `size` records.
std::vector<Spike> in_series(std::vector<Spike> spikes, const Records& records, std::size_t size) {
  for (Spike& spike : spikes) {
    spike.onset = records.index[spike.onset];
    spike.peak = records.index[spike.peak];
    spike.end = spike.end < records.index.size() ? records.index[spike.end] : size;
  }
  return spikes;
}

double as_steps(std::size_t cadence) { return static_cast<double>(std::max<std::size_t>(1, cadence)); }

}  // namespace

std::vector<Spike> persistent_spikes(std::span<const double> loss, std::size_t cadence_steps) {
  const Records records = finite_records(loss);
  const Rule& rule = cadence_steps >= 10 ? kSparse : kDense;
  return in_series(scan(records.value, rule, as_steps(cadence_steps)), records, loss.size());
}

std::vector<Spike> paired_spikes(std::span<const double> difference, std::size_t cadence_steps) {
  const Records records = finite_records(difference, false);
  return in_series(scan(records.value, kPaired, as_steps(cadence_steps)), records, difference.size());
}

std::vector<std::size_t> outlier_batches(std::span<const double> loss) {
  const Records records = finite_records(loss);
  const std::vector<Spike> spikes = scan(records.value, kDense, 1);
  Trailing values(kWindow), increments(kWindow);
  auto spike = spikes.begin();
  std::vector<std::size_t> outliers;
  for (std::size_t i = 1; i < records.value.size(); ++i) {
    const double value = records.value[i], increment = value - records.value[i - 1];
    while (spike != spikes.end() && spike->end <= i) ++spike;
    const bool in_spike = spike != spikes.end() && spike->onset <= i;
    if (!in_spike && (values.exceeded_by(value, 8) || increments.exceeded_by(increment, 6)))
      outliers.push_back(records.index[i]);
    values.push(value);
    increments.push(increment);
  }
  return outliers;
}

}  // namespace expanalyze::stats
