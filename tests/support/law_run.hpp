// Runs whose loss follows a known law under a known learning-rate schedule, plus the luck of a seed.
#pragma once

#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "expanalyze/review.hpp"
#include "stats/loss_law.hpp"
#include "stats/random.hpp"
#include "store/run_builder.hpp"

namespace law_run {

struct Plan {
  double steps = 4000;  ///< of the schedule
  double stop = 0;      ///< the log ends here; 0: with the schedule
  bool decays = true;   ///< cosine to a tenth of the peak, else constant
  bool logs_lr = true;
  double warm_up = 200;
  double every = 50;        ///< steps between evaluations
  double offset = 0;        ///< of the loss: what the recipe changes
  double late = 0;          ///< of the loss at step 1000, falling as 1 / step: a slow start
  double seed_sd = 0.002;   ///< common to a whole run
  double scatter = 0.0005;  ///< of one evaluation
  double seconds_per_step = 0.1;
  unsigned seed = 1;
};

inline double rate(const Plan& p, double step) {
  if (step < p.warm_up) return 1e-3 * step / p.warm_up;
  if (!p.decays) return 1e-3;
  const double u = std::min(1.0, (step - p.warm_up) / (p.steps - p.warm_up));
  return 1e-3 * (0.1 + 0.45 * (1 + std::cos(std::numbers::pi * u)));
}

inline expanalyze::stats::Schedule schedule(const Plan& p) {
  std::vector<double> step, lr;
  for (double s = 0; s <= p.steps; s += 10) {
    step.push_back(s);
    lr.push_back(rate(p, s));
  }
  return {step, lr};
}

inline expanalyze::stats::FittedLaw law() {
  return expanalyze::stats::known_law(expanalyze::stats::LossLaw::multi_power, {2.6, 0.2, 0.48, 0.12}, {}, 1000);
}

/// The expected loss of the recipe at a step.
inline double truth(const Plan& p, double step) { return law().at(schedule(p), step) + p.offset; }

inline expanalyze::Run run(const Plan& p, const std::string& label) {
  expanalyze::RunBuilder builder;
  const expanalyze::stats::CounterRng noise(p.seed);
  const double luck = p.seed_sd * noise.normal(0);
  const auto sched = schedule(p);
  const auto model = law();
  const double stop = p.stop > 0 ? p.stop : p.steps;
  std::uint32_t line = 0;
  builder.config("max_steps", p.steps);
  builder.config_source("made up");
  for (double s = p.every; s <= stop; s += p.every) {
    builder.begin_record(++line);
    builder.value("step", s);
    if (p.logs_lr) builder.value("lr", rate(p, s));
    builder.value("wall_time", p.seconds_per_step * s);
    builder.value("tokens", 1e5 * s);
    builder.value("val_loss",
                  model.at(sched, s) + p.offset + p.late * 1000 / s + luck + p.scatter * noise.normal(line));
  }
  auto out = builder.finish(line);
  out.label = label;
  return out;
}

inline expanalyze::Review review(const std::vector<Plan>& baseline, const std::vector<Plan>& experiment,
                                 const expanalyze::ReviewOptions& options = {}) {
  expanalyze::RunStore runs;
  expanalyze::Comparison comparison;
  for (const auto* side : {&baseline, &experiment})
    for (const Plan& plan : *side) {
      (side == &baseline ? comparison.baseline : comparison.experiment).push_back(runs.runs.size());
      runs.runs.push_back(run(plan, "run" + std::to_string(runs.runs.size())));
    }
  return expanalyze::review_runs(runs, comparison, options);
}

}  // namespace law_run
