#include "diagnosis/mechanism.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "stats/descriptive.hpp"
#include "store/roles.hpp"

namespace expanalyze {

namespace {

bool is_mechanism(const Series& series) {
  switch (series.role) {
    case Role::mechanism:
    case Role::clip_coefficient:
    case Role::clip_fraction:
    case Role::loss_scale:
      return series.labels.empty() && series.value.size() >= 10 && !is_bookkeeping(series.logged_as);
    default:
      return false;
  }
}

const Series* named(const Run& run, const std::string& logged_as) {
  for (const auto& series : run.series)
    if (series.labels.empty() && series.logged_as == logged_as) return &series;
  return nullptr;
}

/// The most frequent value of a stretch, with its share.
std::pair<double, double> mode(std::span<const double> values) {
  std::map<double, std::size_t> counts;
  for (const double v : values) ++counts[v];
  std::pair<double, std::size_t> best{0, 0};
  for (const auto& [v, n] : counts)
    if (n > best.second) best = {v, n};
  return {best.first, values.empty() ? 0 : static_cast<double>(best.second) / static_cast<double>(values.size())};
}

double share_at(std::span<const double> values, double v) {
  return values.empty()
             ? 0
             : static_cast<double>(std::count(values.begin(), values.end(), v)) / static_cast<double>(values.size());
}

/// First step from which 95 % of the records equal `v`.
double pinned_since(const Curve& curve, double v) {
  std::size_t equal = 0;
  double since = curve.step.back();
  for (std::size_t i = curve.size(); i-- > 0;) {
    if (curve.value[i] == v) {
      ++equal;
      if (static_cast<double>(equal) >= 0.95 * static_cast<double>(curve.size() - i)) since = curve.step[i];
    }
  }
  return since;
}

SignalBehaviour behaviour(const Case& c, const Run& run, const Series& series) {
  SignalBehaviour out;
  const Curve curve = finite(trajectory(run, series));
  out.name = series.logged_as;
  out.where = {run.label, series.logged_as, curve.line.front(), curve.step.front()};
  const auto [low, high] = std::minmax_element(curve.value.begin(), curve.value.end());
  out.low = *low;
  out.high = *high;
  out.at_low = share_at(curve.value, out.low);
  out.at_high = share_at(curve.value, out.high);
  const std::size_t third = curve.size() / 3;
  const std::span<const double> all(curve.value);
  out.pinned_value = mode(all.last(third)).first;
  out.pinned_last = share_at(all.last(third), out.pinned_value);
  out.pinned_first = share_at(all.first(third), out.pinned_value);
  out.since_step = pinned_since(curve, out.pinned_value);
  out.cap = std::numeric_limits<double>::quiet_NaN();
  for (const auto& [key, value] : run.config)
    if (const auto* number = std::get_if<double>(&value);
        number && *number == out.high && out.high != 0 && out.high != 1 && *number < 1e6) {
      out.cap = *number;
      out.cap_key = key;
      // A cap that shares a word with the signal (ns_steps, avg_steps) beats one of the same value by chance.
      if (out.name.find(key.substr(key.find_last_of('_') + 1)) != std::string::npos) break;
    }
  if (const Series* other = named(*c.baseline.front(), series.logged_as)) {
    out.in_baseline = true;
    const Curve base = finite(trajectory(*c.baseline.front(), *other));
    const double b = stats::median(base.value);
    const double e = stats::median(curve.value);
    out.as_baseline = std::abs(b - e) <= 1e-3 * std::max(std::abs(b), std::abs(e));
  }
  return out;
}

}  // namespace

std::vector<SignalBehaviour> mechanism_signals(const Case& c) {
  std::vector<SignalBehaviour> out;
  const Run& run = *c.experiment.front();
  for (const auto& series : run.series)
    if (is_mechanism(series) && finite(trajectory(run, series)).size() >= 9) out.push_back(behaviour(c, run, series));
  return out;
}

const Series* signal_with(const Run& run, std::initializer_list<std::string_view> words) {
  for (const auto& series : run.series) {
    if (!series.labels.empty()) continue;
    for (const auto word : words) {
      const auto at = series.logged_as.find(word);
      if (at == std::string::npos) continue;
      const bool starts = at == 0 || std::string_view("_/. -").find(series.logged_as[at - 1]) != std::string_view::npos;
      if (starts) return &series;
    }
  }
  return nullptr;
}

}  // namespace expanalyze
