#include "diagnosis/mechanism.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "diagnosis/config_bound.hpp"
#include "stats/descriptive.hpp"
#include "store/roles.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

using stats::SignalKind;

bool is_mechanism(const Series& series) {
  switch (series.role) {
    case Role::mechanism:
      // What has another unit than one measures the process: the seconds of a phase, bytes, tokens.
      if (series.unit != Unit::one) return false;
      [[fallthrough]];
    case Role::clip_coefficient:
    case Role::clip_fraction:
    case Role::loss_scale:
    case Role::skipped_steps:
      return series.value.size() >= stats::kFewestForKind && !is_bookkeeping(series.logged_as);
    default:
      return false;
  }
}

const Series* same_series(const Run& run, const Series& wanted) {
  for (const auto& series : run.series)
    if (series.logged_as == wanted.logged_as && series.labels == wanted.labels) return &series;
  return nullptr;
}

/// As constant as D-25(b) asks.
bool close(double a, double b) { return std::abs(a - b) <= 1e-3 * std::max(std::abs(a), std::abs(b)); }

stats::SignalShape shape_of(const Run& run, const Series& series) {
  const Curve curve = trajectory(run, series);
  return stats::signal_shape(curve.step, curve.value, settings_at_ends(run.config, finite(curve).value));
}

bool rests(const stats::SignalShape& shape, double end) {
  if (shape.kind == SignalKind::constant) return true;
  return shape.kind == SignalKind::pinned && shape.since <= 0.05 * end;
}

void against_baseline(const Case& c, SignalBehaviour& s) {
  if (c.baseline.empty()) return;
  const Series* other = same_series(*c.baseline.front(), *s.series);
  if (!other) return;
  s.in_baseline = true;
  const Curve base = finite(trajectory(*c.baseline.front(), *other));
  const Curve own = finite(trajectory(*c.experiment.front(), *s.series));
  s.as_baseline_values = base.step == own.step && base.value == own.value;
  const double b = stats::median(base.value);
  s.as_baseline = close(b, s.shape.median);
  // Only asked of what moves in the experiment: own().
  s.baseline_at_rest = s.moves() && rests(shape_of(*c.baseline.front(), *other), last_step(*c.baseline.front()));
}

/// Of the layers of one signal: how many rest or sit at a bound.
void count_layers(const Run& run, SignalBehaviour& s) {
  for (const auto& series : run.series) {
    if (series.name != s.series->name || series.labels.empty() || !is_mechanism(series)) continue;
    ++s.layers;
    const auto kind = shape_of(run, series).kind;
    if (kind == SignalKind::constant || kind == SignalKind::pinned || kind == SignalKind::saturated) ++s.layers_pinned;
  }
}

SignalBehaviour behaviour(const Case& c, const Series& series) {
  const Run& run = *c.experiment.front();
  SignalBehaviour s;
  s.series = &series;
  s.name = series.labels.empty() ? series.logged_as : series.name;
  s.shape = shape_of(run, series);
  s.runs = 0;
  for (const Run* one : c.experiment) {
    const Series* again = one == &run ? &series : same_series(*one, series);
    if (!again) continue;
    const auto shape = one == &run ? s.shape : shape_of(*one, *again);
    if (shape.kind == SignalKind::unknown) continue;
    ++s.runs;
    if (rests(shape, last_step(*one)) && close(shape.median, s.shape.median)) ++s.runs_at_rest;
  }
  s.cap_key = setting_of_bound(run.config, s.shape.bound, s.name);
  if (!s.cap_key.empty()) s.cap = std::get<double>(run.config.at(s.cap_key));
  against_baseline(c, s);
  const Curve curve = finite(trajectory(run, series));
  if (!curve.empty()) s.where = place_at_step(run, series, curve.step.front());
  s.since = place_at_step(run, series, s.shape.since);
  return s;
}

/// One series stands for all layers: the one that moves, if any does, so that nothing at rest is said of the others.
SignalBehaviour layered(const Case& c, const Series& first) {
  SignalBehaviour s = behaviour(c, first);
  const Run& run = *c.experiment.front();
  count_layers(run, s);
  for (const auto& series : run.series) {
    if (!s.at_rest() || s.layers_pinned == s.layers) break;
    if (series.name != first.name || series.labels.empty() || !is_mechanism(series)) continue;
    SignalBehaviour other = behaviour(c, series);
    if (other.at_rest()) continue;
    other.layers = s.layers;
    other.layers_pinned = s.layers_pinned;
    s = std::move(other);
  }
  return s;
}

}  // namespace

bool SignalBehaviour::moves() const {
  switch (shape.kind) {
    case SignalKind::quantised:
    case SignalKind::drifting:
    case SignalKind::alive:
    case SignalKind::saturated:
    case SignalKind::event_count:
      return true;
    default:
      return false;
  }
}

const std::vector<SignalBehaviour>& mechanism_signals(const Case& c) {
  if (c.mechanism) return *c.mechanism;
  std::vector<SignalBehaviour> out;
  std::set<std::string> layered_already;
  for (const auto& series : c.experiment.front()->series) {
    if (!is_mechanism(series)) continue;
    if (!series.labels.empty() && !layered_already.insert(series.name).second) continue;
    SignalBehaviour s = series.labels.empty() ? behaviour(c, series) : layered(c, series);
    if (s.shape.kind != SignalKind::clock && s.shape.kind != SignalKind::unknown) out.push_back(std::move(s));
  }
  c.mechanism = std::make_shared<const std::vector<SignalBehaviour>>(std::move(out));
  return *c.mechanism;
}

/// What was changed has to do with this signal, by its name or that of its bound.
bool concerned(const Case& c, const SignalBehaviour& s) {
  const auto& all = c.review.config_diff;
  return std::any_of(all.begin(), all.end(), [&](const ConfigDifference& d) {
    return d.cls != ConfigDifference::Class::benign &&
           (share_a_word(d.key, s.name) || (!s.cap_key.empty() && share_a_word(d.key, s.cap_key)));
  });
}

Place place_at_step(const Run& run, const Series& series, double step) {
  if (!std::isfinite(step)) return {run.label, series.logged_as, 0};
  Place out{run.label, series.logged_as, 0, step};
  const Curve curve = finite(trajectory(run, series));
  const auto it = std::lower_bound(curve.step.begin(), curve.step.end(), step);
  if (it != curve.step.end()) {
    out.line = curve.line[static_cast<std::size_t>(it - curve.step.begin())];
    out.step = *it;
  }
  return out;
}

std::string say_rest(const SignalBehaviour& s) {
  const bool always = s.constant();
  std::string out = fmt::format("{} stood at {} in {} of its {} records", code_span(s.name), number(s.shape.bound),
                                always ? "each" : percent(s.shape.at_bound, 3), s.shape.n);
  if (!always && s.shape.kind == SignalKind::constant && s.shape.at_bound < 0.95)
    out = fmt::format("{} kept between {} and {}, within {} of its median, in its {} records", code_span(s.name),
                      number(s.shape.low, 6), number(s.shape.high, 6), percent(s.shape.relative_range, 2), s.shape.n);
  if (s.layers > 1) out += fmt::format(" ({} of {} layers are at rest)", s.layers_pinned, s.layers);
  if (s.runs > 1) out += fmt::format(", in {} of {} runs", s.runs_at_rest, s.runs);
  if (!std::isnan(s.cap)) out += fmt::format("; {} is set to that", code_span(s.cap_key));
  if (s.in_baseline) out += "; the baseline's stands there too";
  return out;
}

bool of_a_mechanism(std::string_view diagnosis) {
  return diagnosis == "inert_mechanism" || diagnosis == "mechanism_saturated" || diagnosis == "manifold_drift" ||
         diagnosis == "proxy_failure";
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
