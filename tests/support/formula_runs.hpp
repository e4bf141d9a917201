// Two sides of runs from formulas, for tests of single cards: what a card must see is stated, everything else is
// healthy.
#pragma once

#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "diagnosis/case.hpp"
#include "expanalyze/diagnosis.hpp"
#include "expanalyze/review.hpp"
#include "stats/random.hpp"
#include "store/run_builder.hpp"
#include "support/evidence.hpp"

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
  return by_evidence(found);
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
