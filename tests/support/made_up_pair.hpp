// Two runs that never ran, and what one card says about them.
#pragma once

#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <string>

#include "diagnosis/case.hpp"
#include "diagnosis/weigh.hpp"
#include "store/run_builder.hpp"

namespace made_up {

using namespace expanalyze;

using Signal = std::function<double(double step)>;
using Signals = std::map<std::string, Signal>;
inline constexpr int kSteps = 400;

/// One record a step; a NaN is not logged.
inline Run run(const std::string& label, const Signals& signals, const Config& config = {}, int steps = kSteps) {
  RunBuilder builder;
  for (int i = 0; i < steps; ++i) {
    builder.begin_record(static_cast<std::uint32_t>(i + 1));
    builder.value("step", i);
    for (const auto& [key, signal] : signals)
      if (const double v = signal(i); !std::isnan(v)) builder.value(key, v);
  }
  for (const auto& [key, value] : config) builder.config(key, value);
  if (!config.empty()) builder.config_source("made up");
  Run out = builder.finish(static_cast<std::size_t>(steps));
  out.label = out.path = label;
  return out;
}

inline Signal constant(double v) {
  return [v](double) { return v; };
}
/// A line in the logarithm from a to b.
inline Signal growing(double a, double b) {
  return [a, b](double s) { return a * std::pow(b / a, s / kSteps) * (1 + 0.02 * std::sin(1.7 * s)); };
}
/// A loss that falls from `first` to about `last`, with the unrest of batches.
inline Signal falling(double first, double last) {
  return [first, last](double s) { return last + (first - last) / (1 + s / 15) + 0.01 * std::sin(1.7 * s); };
}
/// Warm-up over `warm_up` steps to `peak`, then a cosine to zero at `end`.
inline Signal cosine(double peak, double warm_up = 20, double end = kSteps) {
  return [=](double s) {
    if (s < warm_up) return peak * (s + 1) / (warm_up + 1);
    return s >= end ? 0.0 : 0.5 * peak * (1 + std::cos(3.14159265358979 * (s - warm_up) / (end - warm_up)));
  };
}

/// A healthy run: losses, learning rate, gradient norm.
inline Signals healthy() {
  return {{"train_loss", falling(2.3, 0.3)},
          {"val_loss", falling(2.3, 0.4)},
          {"lr", cosine(0.01)},
          {"grad_norm", [](double s) { return 2 + 0.3 * std::sin(1.3 * s); }}};
}
/// The same, ending clearly worse.
inline Signals worse() {
  Signals out = healthy();
  out["train_loss"] = falling(2.3, 0.9);
  out["val_loss"] = falling(2.3, 1.0);
  return out;
}

struct Answer {
  bool testable = false;
  double probability = std::numeric_limits<double>::quiet_NaN();
  Scored scored;
  [[nodiscard]] bool says(std::string_view words) const {
    for (const auto& e : scored.evidence)
      if (e.strength > 0.02 && e.text.find(words) != std::string::npos) return true;
    return false;
  }
};

/// Asks one card, with the real review of the two runs.
inline Answer ask(const Detector& card, Run baseline, Run experiment) {
  RunStore store;
  store.runs.push_back(std::move(baseline));
  store.runs.push_back(std::move(experiment));
  const Comparison comparison{{0}, {1}};
  const Review review = review_runs(store, comparison);
  const Outcome outcome = card.detect(Case(store, comparison, review));
  Answer answer;
  if (const auto* scored = std::get_if<Scored>(&outcome)) {
    answer.testable = true;
    answer.probability = 1 / (1 + std::exp(-log_odds(card.prior, scored->evidence)));
    answer.scored = *scored;
  }
  return answer;
}

inline Answer ask(const Detector& card, const Signals& baseline, const Signals& experiment) {
  return ask(card, run("baseline", baseline), run("experiment", experiment));
}

}  // namespace made_up
