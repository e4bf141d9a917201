// Training runs that never ran: curves chosen by the test, written through RunBuilder as an importer would.
#pragma once

#include <cmath>
#include <functional>
#include <map>
#include <string>

#include "expanalyze/report.hpp"
#include "stats/random.hpp"
#include "store/run_builder.hpp"

namespace made {

using Of = std::function<double(double)>;  ///< of the step

struct Plan {
  std::string label = "run";
  expanalyze::Config config;
  double steps = 400, eval_every = 20;
  Of train = [](double t) { return 0.3 + 2.0 / std::sqrt(1 + t / 10); };
  Of eval = [](double t) { return 0.35 + 2.0 / std::sqrt(1 + t / 10); };
  Of lr = [](double t) { return 0.01 * (1 - t / 400); };
  std::map<std::string, Of> also;  ///< further keys of every training record
  double noise = 0.01;             ///< s.d. of the batch noise of the training loss
  std::uint64_t order = 1;         ///< of the batches: the same number, the same noise
};

inline expanalyze::Run run(const Plan& plan) {
  expanalyze::RunBuilder builder;
  const expanalyze::stats::CounterRng rng(plan.order);
  std::uint32_t line = 0;
  for (double t = 0; t < plan.steps; ++t) {
    builder.begin_record(++line);
    builder.value("step", t);
    builder.value("train_loss", plan.train(t) + plan.noise * rng.normal(static_cast<std::uint64_t>(t)));
    if (plan.lr) builder.value("lr", plan.lr(t));
    for (const auto& [key, of] : plan.also) builder.value(key, of(t));
    if (static_cast<int>(t) % static_cast<int>(plan.eval_every) == 0 || t + 1 == plan.steps) {
      builder.begin_record(++line);
      builder.value("step", t);
      builder.value("val_loss", plan.eval(t));
    }
  }
  for (const auto& [key, value] : plan.config) builder.config(key, value);
  expanalyze::Run out = builder.finish(line);
  out.label = out.path = plan.label;
  out.format = "made";
  return out;
}

/// Baselines first.
inline expanalyze::RunStore store(const std::vector<Plan>& baseline, const std::vector<Plan>& experiment,
                                  expanalyze::Comparison& comparison) {
  expanalyze::RunStore out;
  comparison = {};
  for (const auto& plan : baseline) {
    comparison.baseline.push_back(out.runs.size());
    out.runs.push_back(run(plan));
  }
  for (const auto& plan : experiment) {
    comparison.experiment.push_back(out.runs.size());
    out.runs.push_back(run(plan));
  }
  return out;
}

inline expanalyze::Report report(const std::vector<Plan>& baseline, const std::vector<Plan>& experiment) {
  expanalyze::Comparison comparison;
  const auto runs = store(baseline, experiment, comparison);
  return expanalyze::analyze(runs, comparison, {}, expanalyze::theory_cards());
}

/// A plan whose evaluation ends `shift` higher and whose batches come in another order.
inline Plan seed(Plan plan, std::uint64_t order, double shift) {
  plan.order = order;
  plan.label += "_s" + std::to_string(order);
  const Of eval = plan.eval;
  plan.eval = [eval, shift](double t) { return eval(t) + shift; };
  return plan;
}

}  // namespace made
