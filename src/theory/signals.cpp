#include "theory/signals.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "store/trajectory.hpp"

namespace expanalyze {

namespace {

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::vector<const Series*> series_of(const Run& run, std::string_view name) {
  std::vector<const Series*> found;
  for (const Series& series : run.series) {
    const bool finite_value =
        std::any_of(series.value.begin(), series.value.end(), [](double v) { return std::isfinite(v); });
    if (finite_value && (names_match(series.logged_as, name) || names_match(series.name, name)))
      found.push_back(&series);
  }
  return found;
}

Signal read(const Run& run, RunId id, const Series& series, double from_share, double to_share) {
  const Curve curve = trajectory(run, series);
  Signal signal{id, series.logged_as, series.labels, {}, {}, 0};
  if (curve.empty()) return signal;
  const double first = curve.step.front();
  const double span = curve.step.back() - first;
  for (std::size_t i = 0; i < curve.size(); ++i) {
    if (curve.step[i] < first + from_share * span || curve.step[i] > first + to_share * span) continue;
    if (!std::isfinite(curve.value[i])) {
      ++signal.non_finite;
      continue;
    }
    signal.step.push_back(curve.step[i]);
    signal.value.push_back(curve.value[i]);
  }
  return signal;
}

SignalPair join_steps(const Signal& a, const Signal& b) {
  SignalPair pair{a.run, a.name, b.name, {}, {}, {}};
  std::size_t j = 0;
  for (std::size_t i = 0; i < a.step.size(); ++i) {
    while (j < b.step.size() && b.step[j] < a.step[i]) ++j;
    if (j == b.step.size()) break;
    if (b.step[j] != a.step[i]) continue;
    pair.step.push_back(a.step[i]);
    pair.p.push_back(a.value[i]);
    pair.q.push_back(b.value[j]);
  }
  return pair;
}

}  // namespace

std::vector<std::string_view> alternatives(std::string_view names) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto bar = names.find('|');
    std::string_view part = names.substr(0, bar);
    while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
    while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
    if (!part.empty()) parts.push_back(part);
    if (bar == std::string_view::npos) return parts;
    names.remove_prefix(bar + 1);
  }
}

bool names_match(std::string_view logged, std::string_view wanted) {
  if (same_word(logged, wanted)) return true;
  const auto cut = logged.find_last_of("/.");
  return cut != std::string_view::npos && same_word(logged.substr(cut + 1), wanted);
}

std::vector<Signal> signals(const RunStore& runs, const std::vector<RunId>& ids, std::string_view names,
                            double from_share, double to_share) {
  std::vector<Signal> found;
  for (const RunId id : ids) {
    const Run& run = runs.runs[id];
    for (const std::string_view name : alternatives(names)) {
      const auto all = series_of(run, name);
      for (const Series* series : all) {
        Signal signal = read(run, id, *series, from_share, to_share);
        if (!signal.value.empty()) found.push_back(std::move(signal));
      }
      if (!all.empty()) break;
    }
  }
  return found;
}

std::vector<SignalPair> signal_pairs(const RunStore& runs, const std::vector<RunId>& ids, std::string_view proxy,
                                     std::string_view target, double from_share, double to_share) {
  std::vector<SignalPair> pairs;
  const auto targets = signals(runs, ids, target, from_share, to_share);
  for (const Signal& a : signals(runs, ids, proxy, from_share, to_share))
    for (const Signal& b : targets) {
      if (b.run != a.run || b.labels != a.labels) continue;
      SignalPair pair = join_steps(a, b);
      if (!pair.step.empty()) pairs.push_back(std::move(pair));
    }
  return pairs;
}

std::vector<double> pooled(const std::vector<Signal>& all) {
  std::vector<double> values;
  for (const Signal& signal : all) values.insert(values.end(), signal.value.begin(), signal.value.end());
  return values;
}

std::size_t run_count(const std::vector<Signal>& all) {
  std::vector<RunId> ids;
  for (const Signal& signal : all) ids.push_back(signal.run);
  std::sort(ids.begin(), ids.end());
  return static_cast<std::size_t>(std::unique(ids.begin(), ids.end()) - ids.begin());
}

}  // namespace expanalyze
