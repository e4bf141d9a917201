#include "stats/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace expanalyze::stats {

namespace {

// A rate that changes by more than this share from one record to the next and then holds has jumped (A5): it was
// measured on step schedules, where the record with the new rate is the first step at it.
constexpr double kJump = 0.1;
constexpr double kHeld = 1e-6;  // of the peak
constexpr double kConstant = 0.99;
// Points whose rate stays within this share of the peak of the one before are one: a schedule keeps about a thousand.
constexpr double kSame = 1e-3;

}  // namespace

Schedule::Schedule(std::span<const double> step, std::span<const double> rate) {
  if (step.empty() || step.size() != rate.size()) return;
  const double peak = *std::max_element(rate.begin(), rate.end());
  if (!(peak > 0)) return;
  std::size_t first = 0;
  while (rate[first] < (1 - kHeld) * peak) ++first;
  warm_up_area_ = first == 0 ? 0.5 * step[0] : 0.5 * step[0] * rate[0] / peak;
  for (std::size_t i = 1; i <= first; ++i)
    warm_up_area_ += (step[i] - step[i - 1]) * (rate[i] + rate[i - 1]) / (2 * peak);
  const auto keep = [&](std::size_t i) {
    step_.push_back(step[i]);
    rate_.push_back(rate[i] / peak);
  };
  std::size_t kept = first;
  keep(first);
  for (std::size_t i = first + 1; i < step.size(); ++i) {
    const bool moved = std::abs(rate[i] - rate[kept]) >= kSame * peak;
    if (!moved && i + 1 < step.size()) continue;
    if (moved && i - 1 > kept && std::abs(rate[i] - rate[i - 1]) >= kSame * peak) keep(i - 1);  // the end of a hold
    keep(i);
    kept = i;
  }
  find_falls();
}

void Schedule::find_falls() {
  const std::size_t n = step_.size();
  area_.assign(n, 0);
  jump_.assign(n, false);
  falls_.clear();
  double total = 0;
  for (std::size_t i = 1; i < n; ++i) {
    const double change = rate_[i - 1] - rate_[i];
    const bool holds = i + 1 >= n || std::abs(rate_[i + 1] - rate_[i]) < kHeld;
    jump_[i] = std::abs(change) > kJump * std::max(rate_[i - 1], rate_[i]) && holds;
    const double mean = jump_[i] ? rate_[i - 1] : 0.5 * (rate_[i - 1] + rate_[i]);
    area_[i] = area_[i - 1] + (step_[i] - step_[i - 1]) * mean;
    total += std::abs(change);
  }
  const double enough = total / static_cast<double>(kMostFalls);
  for (std::size_t i = 1; i < n;) {
    if (rate_[i] == rate_[i - 1]) {
      ++i;
      continue;
    }
    if (jump_[i]) {
      falls_.push_back({step_[i], step_[i], area_[i], area_[i], rate_[i], rate_[i - 1] - rate_[i]});
      ++i;
      continue;
    }
    const std::size_t begin = i - 1;
    const bool falling = rate_[i] < rate_[i - 1];
    while (i < n && !jump_[i] && rate_[i] != rate_[i - 1] && (rate_[i] < rate_[i - 1]) == falling) {
      ++i;
      if (std::abs(rate_[i - 1] - rate_[begin]) >= enough) break;
    }
    const std::size_t last = i - 1;
    falls_.push_back({step_[begin], step_[last], area_[begin], area_[last], 0.5 * (rate_[begin] + rate_[last]),
                      rate_[begin] - rate_[last]});
  }
}

std::size_t Schedule::interval_of(double step) const {
  const auto at = std::upper_bound(step_.begin(), step_.end(), step);
  return at == step_.begin() ? 0 : static_cast<std::size_t>(at - step_.begin()) - 1;
}

double Schedule::rate(double step) const {
  if (step_.empty()) return 1;
  const std::size_t i = interval_of(step);
  if (i + 1 >= step_.size() || jump_[i + 1] || step <= step_[i]) return rate_[i];
  return rate_[i] + (rate_[i + 1] - rate_[i]) * (step - step_[i]) / (step_[i + 1] - step_[i]);
}

double Schedule::area(double step) const {
  if (step_.empty()) return step;
  const std::size_t i = interval_of(step);
  const bool behind = i + 1 >= step_.size();
  return area_[i] + (step - step_[i]) * (behind ? rate_[i] : 0.5 * (rate_[i] + rate(step)));
}

bool Schedule::constant() const {
  return std::all_of(rate_.begin(), rate_.end(), [](double r) { return r >= kConstant; });
}

Schedule Schedule::planned_to_end_at(double end) const {
  Schedule out = *this;
  const double start = warm_up_end();
  if (step_.size() < 2 || !(end > start)) return out;
  const double factor = (end - start) / (this->end() - start);
  for (double& s : out.step_) s = start + (s - start) * factor;
  out.find_falls();
  return out;
}

Schedule Schedule::continued_by(const Schedule& other) const {
  Schedule out = *this;
  for (std::size_t i = 0; i < other.step_.size(); ++i) {
    if (other.step_[i] <= end()) continue;
    out.step_.push_back(other.step_[i]);
    out.rate_.push_back(other.rate_[i]);
  }
  out.find_falls();
  return out;
}

double Schedule::largest_difference(const Schedule& other) const {
  const double from = std::max(warm_up_end(), other.warm_up_end());
  const double to = std::min(end(), other.end());
  double largest = step_.empty() || other.step_.empty() || from >= to ? std::numeric_limits<double>::infinity() : 0;
  for (const double s : {from, to}) largest = std::max(largest, std::abs(rate(s) - other.rate(s)));
  for (const double s : step_)
    if (s >= from && s <= to) largest = std::max(largest, std::abs(rate(s) - other.rate(s)));
  return largest;
}

}  // namespace expanalyze::stats
