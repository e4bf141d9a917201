// Would the kill criterion have ended the new run, where, and on what value?
#include "verify/kill_outcome.hpp"

#include <array>
#include <cmath>

#include "store/trajectory.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

struct Threshold {
  char sign;  ///< '>' or '<'
  double value;
};

/// "val_loss > 0.62"; nothing for a condition in words.
std::optional<Threshold> threshold(const std::string& condition) {
  for (const std::string_view mark : {" > ", " < "}) {
    const auto at = condition.rfind(mark);
    if (at == std::string::npos) continue;
    if (const auto value = number_from(condition.substr(at + mark.size()))) return Threshold{mark[1], *value};
  }
  return std::nullopt;
}

const Series* signal_of(const Run& run, const std::string& signal) {
  for (const Series& series : run.series)
    if (series.labels.empty() && (series.logged_as == signal || series.name == signal)) return &series;
  return nullptr;
}

}  // namespace

std::string_view to_string(KillOutcome::State state) {
  static constexpr std::array<std::string_view, 5> names{"fired", "passed", "not_reached", "signal_missing",
                                                         "not_a_number"};
  return names[static_cast<std::size_t>(state)];
}

KillOutcome kill_outcome(const Run& run, const KillCriterion& kill) {
  using State = KillOutcome::State;
  KillOutcome out{run.label, State::not_a_number, std::nan(""), std::nan("")};
  const auto limit = threshold(kill.condition);
  if (!limit || !std::isfinite(kill.step)) return out;
  const Series* series = signal_of(run, kill.signal);
  out.state = series ? State::not_reached : State::signal_missing;
  if (!series) return out;
  const Curve curve = trajectory(run, *series);
  for (std::size_t i = 0; i < curve.size(); ++i) {
    if (curve.step[i] < kill.step) continue;
    out.step = curve.step[i];
    out.value = curve.value[i];
    // A value that is no number any more is worse than any threshold.
    const bool worse = limit->sign == '>' ? !(out.value <= limit->value) : !(out.value >= limit->value);
    out.state = worse ? State::fired : State::passed;
    break;
  }
  return out;
}

}  // namespace expanalyze
