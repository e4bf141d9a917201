// D-13: attention logits grow until attention is one-hot.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "diagnosis/levels.hpp"
#include "diagnosis/readings.hpp"
#include "diagnosis/weigh.hpp"
#include "stats/trend.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

// Above 50 the spacing of bf16 is .25 to .5: the order of the softmax is quantised (D-13).
constexpr double kLogit = 50, kAgainstBaseline = 2;
// Half the baseline's entropy; where the config has the context's length, a tenth of an even spread over it (D-13) is
// collapse whatever the baseline does.
constexpr double kEntropyLeft = 0.5, kOfEvenSpread = 0.1;

double last_logit(const Run& run) { return last_of(run, Role::attention_logit); }
double last_entropy(const Run& run) { return last_of(run, Role::attention_entropy); }

/// Entropy of attention that spreads evenly over the whole context, in nats; NaN when its length is not in the config.
double even_spread(const Run& run) {
  static constexpr std::array<std::string_view, 9> names{"ctx",         "n_ctx",           "context_length",
                                                         "block_size",  "seq_len",         "seq_length",
                                                         "max_seq_len", "sequence_length", "max_seq_length"};
  const auto length = config_number(run, names);
  return length && *length > 1 ? std::log(*length) : std::numeric_limits<double>::quiet_NaN();
}

/// Lower end of the slope of the logit's logarithm, per run.
double growth(const Run& run) {
  const Curve logit = finite(trajectory(run, Role::attention_logit));
  std::vector<double> step, log_logit;
  for (std::size_t i = 0; i < logit.size(); ++i)
    if (logit.value[i] > 0) {
      step.push_back(logit.step[i]);
      log_logit.push_back(std::log(logit.value[i]));
    }
  return step.size() < 5 ? std::numeric_limits<double>::quiet_NaN()
                         : stats::theil_sen(step, log_logit).low * (step.back() - step.front());
}

/// First step at which the logit was above the threshold.
double onset(const Run& run) {
  const Curve logit = finite(trajectory(run, Role::attention_logit));
  for (std::size_t i = 0; i < logit.size(); ++i)
    if (logit.value[i] > kLogit) return logit.step[i];
  return std::numeric_limits<double>::quiet_NaN();
}

void weigh_logit(const Case& c, Scored& out) {
  const double e = mean_over(c.experiment, last_logit), b = mean_over(c.baseline, last_logit);
  if (std::isnan(e)) {
    out.missing_weight += kStrong;
    return;
  }
  out.slots["max_logit"] = e;
  const Place where = place_of(*c.experiment.front(), Role::attention_logit);
  const double against = std::isnan(b) ? 2 * kAgainstBaseline : e / b;
  const double grown = mean_over(c.experiment, growth);
  const std::string text = fmt::format("the largest attention logit ends at {}{}", number(e, 3),
                                       std::isnan(b) ? "" : fmt::format(" (baseline: {})", number(b, 3)));
  if (e < 0.5 * kLogit || against < 0.75 * kAgainstBaseline) {
    out.evidence.push_back({text, over_seeds(c.experiment, last_logit), -kStrong, 1, 0, {where}});
    return;
  }
  // Heads that are sharp from the start and stay so are no growth: half the strength.
  out.evidence.push_back(
      {text + (grown > 0
                   ? fmt::format(", {}x its first",
                                 number(e / mean_over(c.experiment,
                                                      [](const Run& r) { return first_of(r, Role::attention_logit); }),
                                        3))
                   : ", without growing"),
       over_seeds(c.experiment, last_logit),
       kStrong,
       graded_above(e, kLogit) * graded_above(against, kAgainstBaseline) * (grown > 0 ? 1 : 0.5),
       0,
       {where}});
  if (const double at = mean_over(c.experiment, onset); at < 0.5 * mean_over(c.experiment, last_step)) {
    out.slots["onset"] = at;
    out.evidence.push_back(
        {fmt::format("it passed {} at step {}, with most of the run still to come", number(kLogit), number(at)),
         over_seeds(c.experiment, onset),
         kModerate,
         graded_above(e, kLogit),
         0,
         {{where.run, where.series, 0, at}}});
  }
}

void weigh_entropy(const Case& c, Scored& out) {
  const double e = mean_over(c.experiment, last_entropy), b = mean_over(c.baseline, last_entropy);
  const double even = even_spread(*c.experiment.front());
  if (std::isnan(e) || (std::isnan(b) && std::isnan(even))) {
    out.missing_weight += kStrong;
    return;
  }
  out.slots["entropy"] = e;
  const Place where = place_at_end(*c.experiment.front(), Role::attention_entropy);
  const std::string text =
      fmt::format("the entropy of the attention ends at {} nats{}{}", number(e, 3), against_baseline(b),
                  std::isnan(even) ? "" : fmt::format("; an even spread over the context has {}", number(even, 3)));
  const double against = std::isnan(b) ? 0 : graded_below(e / b, kEntropyLeft);
  const bool fell = e < 0.9 * mean_over(
                                  c.experiment, [](const Run& r) { return first_of(r, Role::attention_entropy); });
  const double collapsed = fell && !(b <= e) && !std::isnan(even) ? graded_below(e / even, kOfEvenSpread) : 0;
  if (e > 0.8 * b || (std::isnan(b) && e > 3 * kOfEvenSpread * even))
    out.evidence.push_back({text, over_seeds(c.experiment, last_entropy), -kModerate, 1, 0, {where}});
  else
    out.evidence.push_back(
        {text, over_seeds(c.experiment, last_entropy), kStrong, std::max(against, collapsed), 0, {where}});
}

Outcome detect(const Case& c) {
  if (!logs(c.experiment, Role::attention_logit) && !logs(c.experiment, Role::attention_entropy))
    return Untestable{{},
                      "the largest attention logit or the entropy of the attention",
                      "log the largest attention logit of two layers every 50 steps"};
  Scored out;
  weigh_logit(c, out);
  weigh_entropy(c, out);
  const auto peak = [](const Run& r) { return peak_of(r, Role::lr); };
  if (const double rate = mean_over(c.experiment, peak) / mean_over(c.baseline, peak); rate > 1.2)
    out.evidence.push_back(
        {fmt::format("the learning rate is {}x the baseline's, and logits grow faster with it", number(rate, 3)),
         exact(rate),
         kWeak,
         graded_above(rate, 1.5),
         0,
         {place_of(*c.experiment.front(), Role::lr)}});
  out.effect_share = 1;
  weigh_outcome(c, out);
  const std::string logit = out.slots.contains("max_logit") ? number(out.slots["max_logit"], 3) : std::string{};
  const std::string entropy = out.slots.contains("entropy") ? number(out.slots["entropy"], 2) : std::string{};
  out.looked_at =
      join(std::vector<std::string>{logit.empty() ? "no logit logged" : "largest attention logit " + logit,
                                    entropy.empty() ? "no entropy logged" : "entropy of the attention " + entropy},
           ", ");
  out.soul =
      fmt::format("Attention became one-hot: {}{}{}, so the layers stopped averaging over what they saw.",
                  logit.empty() ? "" : "its logits reached " + logit, logit.empty() || entropy.empty() ? "" : " and ",
                  entropy.empty() ? "" : "its entropy fell to " + entropy + " nats");
  return out;
}

}  // namespace

constinit const Detector attention_logit_growth{
    .id = "attention_logit_growth", .prior = kRare, .detect = detect, .alone = true, .doc = R"(
## What it looks for
A largest attention logit above 50, twice the baseline's and growing; an entropy of the attention that collapses: below half the baseline's, or
below a tenth of ln(context) where the config has the context's length; both before most of the run is over.
## Why it matters
One-hot attention copies single tokens and has hardly any gradient; it often comes before a divergence.
## False alarms and misses
Some heads are sharp for good reason: they are few, stable, and the same in the baseline. Means over heads hide single ones.
## Reference
Science handbook D-13, E14; Zhai et al. 2023, arXiv:2303.06296; Wortsman et al. 2023, arXiv:2309.14322.
)"};

}  // namespace expanalyze
