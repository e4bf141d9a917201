<<<<<<< HEAD
// Two runs that never ran, and what one card says about them.
=======
// Two sides of runs from formulas, for tests of single cards: what a card must see is stated, everything else is
// healthy.
>>>>>>> cards2
#pragma once

#include <cmath>
#include <functional>
<<<<<<< HEAD
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
=======
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "diagnosis/case.hpp"
#include "expanalyze/diagnosis.hpp"
#include "expanalyze/review.hpp"
#include "stats/random.hpp"
#include "store/run_builder.hpp"

namespace test {

using Formula = std::function<double(double)>;  ///< of the optimizer step

inline double usual_loss(double step) { return 0.4 + 2 * std::exp(-step / 50); }

/// How one side trained. An empty formula is not logged.
struct Side {
  Formula train = usual_loss;
  Formula eval = [](double step) { return usual_loss(step) + 0.1 * step / 400; };
  Formula lr = [](double step) { return 0.001 * (1 - step / 401); };
  double batch = 64;      ///< samples a step; 0: not logged
  double flops = 1e6;     ///< per sample; 0: not logged
  double seconds = 0.01;  ///< per step; 0: not logged
  double noise = 0.02;    ///< s.d. of a logged training loss
  int steps = 400;
  double resume_from = 0, resume_to = 0;  ///< after the first step the log goes back to the second
  std::map<std::string, Formula> signals;
  expanalyze::Config config;
};

inline expanalyze::Run run(const Side& side, const std::string& label, unsigned seed) {
  expanalyze::RunBuilder builder;
  for (const auto& [key, value] : side.config) builder.config(key, value);
  if (!side.config.empty()) builder.config_source("made up");
  const expanalyze::stats::CounterRng noise(seed);
  std::uint32_t line = 0;
  double samples = 0, clock = 0;
  bool resumed = side.resume_from <= 0;
  for (int step = 0; step <= side.steps; ++step) {
    const double t = step;
    builder.begin_record(++line);
    builder.value("step", t);
    samples += side.batch;
    clock += side.seconds;
    if (side.train) builder.value("train_loss", side.train(t) + side.noise * noise.normal(line));
    if (side.lr) builder.value("lr", side.lr(t));
    if (side.batch > 0) builder.value("samples", samples);
    if (side.batch > 0 && side.flops > 0) builder.value("flops", samples * side.flops);
    if (side.seconds > 0) builder.value("wall_time", clock);
    for (const auto& [key, formula] : side.signals) builder.value(key, formula(t));
    if (side.eval && step % 20 == 0) builder.value("val_loss", side.eval(t) + 0.002 * noise.normal(100000 + line));
    if (!resumed && t >= side.resume_from) {
      step = static_cast<int>(side.resume_to) - 1;
      resumed = true;
    }
  }
  expanalyze::Run out = builder.finish(line);
  out.label = label;
  return out;
}

struct Pair {
  expanalyze::RunStore store;
  expanalyze::Comparison comparison;
  expanalyze::Review review;
  expanalyze::Diagnosis diagnosis;
};

inline Pair compare(const Side& baseline, const Side& experiment, unsigned seeds = 2) {
  Pair out;
  for (unsigned i = 0; i < seeds; ++i) {
    out.comparison.baseline.push_back(out.store.runs.size());
    out.store.runs.push_back(run(baseline, "baseline" + std::to_string(i), 1 + i));
  }
  for (unsigned i = 0; i < seeds; ++i) {
    out.comparison.experiment.push_back(out.store.runs.size());
    out.store.runs.push_back(run(experiment, "experiment" + std::to_string(i), 11 + i));
  }
  out.review = expanalyze::review_runs(out.store, out.comparison);
  out.diagnosis = expanalyze::diagnose(out.store, out.comparison, out.review);
  return out;
}

/// Probability of a card; 0 when it is clear or could not be tested.
inline double probability(const Pair& pair, std::string_view id) {
  const auto* found = expanalyze::finding(pair.diagnosis, id);
  return found ? found->probability : 0;
}

inline double probability(const Side& baseline, const Side& experiment, std::string_view id) {
  return probability(compare(baseline, experiment), id);
}

inline bool untestable(const Pair& pair, std::string_view id) {
  for (const auto& card : pair.diagnosis.untestable)
    if (card.id == id) return !card.missing.empty() && !card.log_request.empty();
  return false;
}

}  // namespace test
>>>>>>> cards2
