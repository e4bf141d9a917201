// Assumptions on the comparison itself: that the mechanism acted, that the difference is larger than luck, that it
// pays.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "stats/descriptive.hpp"
#include "stats/distributions.hpp"
#include "stats/power.hpp"
#include "store/roles.hpp"
#include "text/format.hpp"
#include "theory/working_assumptions.hpp"

namespace expanalyze {

namespace {

/// "with `a` 1 -> 2 changed" or "".
std::string changed(const Facts& f) { return f.changes().empty() ? std::string{} : "; changed: " + f.changes(); }

/// The mechanism signal whose values stand still for the largest share, over all runs of the experiment.
struct Still {
  std::string name;
  double value = 0, share = 0;
  std::size_t n = 0;
};
Still stillest(const Facts& f) {
  Still best;
  for (const RunId id : f.input().comparison.experiment)
    for (const Series* series : find_all(f.input().runs.runs[id], Role::mechanism)) {
      if (is_bookkeeping(series->logged_as)) continue;
      std::vector<double> values;
      for (const double v : series->value)
        if (std::isfinite(v)) values.push_back(v);
      if (values.size() < 10) continue;
      const double middle = stats::median(values);
      const auto same = std::count(values.begin(), values.end(), middle);
      const double share = static_cast<double>(same) / static_cast<double>(values.size());
      if (share > best.share) best = {series->logged_as, middle, share, values.size()};
    }
  return best;
}

void mechanism(const Facts& f, Draft& d) {
  d.assumption = "the new logic acts on the run";
  const Still still = stillest(f);
  if (still.share > 0.5) {
    d.slots["still_value"] = still.value;
    d.slots["still_share"] = still.share;
    d.paragraphs.push_back(fmt::format("{} stood at {} on {} of {} records; {}{}.", code_span(still.name),
                                       number(still.value), percent(still.share), still.n, f.outcome(), changed(f)));
  } else {
    d.paragraphs.push_back(f.outcome() + changed(f) + ".");
  }
  const Pairing& pairing = f.input().review.pairing;
  if (pairing.identical)
    d.paragraphs.push_back(
        fmt::format("The two sides agree to the last logged digit on {} common steps: the update rule that ran is the "
                    "baseline's, and no property of the new one was tested.",
                    pairing.n));
  d.latex =
      R"(r_k=r_\infty+(r_0-r_\infty)q^k<\varepsilon:\ \text{never iff }\varepsilon\le r_\infty,\ \text{always at once iff }\varepsilon\ge r_1)";
  d.paragraphs.emplace_back(
      "A threshold acts only between the least value that its statistic reaches and the value it starts from; outside "
      "this interval the rule is a constant. Logging the statistic "
      "beside its threshold at each decision shows both ends, and the next threshold is any quantile between them.");
}

void proxy(const Facts& f, Draft& d) {
  d.assumption = "what the mechanism measures moves with what it is meant to control";
  d.paragraphs.push_back(f.outcome() + changed(f) + ".");
  if (const Finding* finding = f.headline())
    for (const Evidence& e : finding->evidence)
      if (e.supports()) {
        d.paragraphs.push_back(e.text);
        break;
      }
  d.latex = R"(\rho(\Delta p,\Delta q)=\rho_0\sqrt{r_p\,r_q})";
  d.paragraphs.emplace_back(
      "A stand-in of reliability r_p can correlate with its target by sqrt(r_p) at most: noise in it is steered into "
      "the run. The remedy is the target itself at a lower cadence.");
}

void seed_noise(const Facts& f, Draft& d) {
  d.assumption = "the difference is larger than what the seed does";
  const FinalQuality& q = f.input().review.final_quality;
  const double difference = q.experiment.value - q.baseline.value;
  if (!(q.seed_sd > 0) || !std::isfinite(difference)) {
    d.paragraphs.push_back(f.outcome() + changed(f) + ".");
    return;
  }
  const std::string source = q.seed_sd_source == SeedSdSource::observed   ? "from these seeds"
                             : q.seed_sd_source == SeedSdSource::controls ? q.seed_sd_why
                                                                          : "prior";
  d.slots = {{"seed_sd", q.seed_sd}, {"difference", difference}};
  d.paragraphs.push_back(fmt::format("{}; one seed's luck has an s.d. of {} ({}){}.", f.outcome(), number(q.seed_sd, 3),
                                     source, changed(f)));
  if (difference == 0) return;
  const double z = stats::normal_quantile(0.975) + stats::normal_quantile(0.8);
  const double n = std::ceil(2 * z * z * q.seed_sd * q.seed_sd / (difference * difference));
  d.latex = fmt::format(
      R"(n=\Big\lceil\frac{{2(z_{{.975}}+z_{{.8}})^2\sigma^2}}{{\Delta^2}}\Big\rceil=\Big\lceil\frac{{2\cdot{}\cdot{}^2}}{{{}^2}}\Big\rceil={})",
      number(z * z, 3), number(q.seed_sd, 3), number(std::abs(difference), 3), number(n));
  d.slots["seeds_needed"] = n;
  d.paragraphs.push_back(
      n >= static_cast<double>(stats::kMostSeeds)
          ? fmt::format(
                "To show a difference of {} at 80 % power takes at least 2 (z_.975 + z_.8)^2 s^2 / D^2 = {} seeds a "
                "side: if there is an effect, it is below what is worth chasing.",
                number(std::abs(difference), 3), number(n))
          : fmt::format("To show a difference of {} at 80 % power takes at least 2 (z_.975 + z_.8)^2 s^2 / D^2 = {} "
                        "seeds a side.",
                        number(std::abs(difference), 3), number(n)));
}

void break_even(const Facts& f, Draft& d) {
  const Review& r = f.input().review;
  // Between the sides' own ends, as step 1 has it: read in mid-schedule a run looks worse than it is (B6.1).
  const double at_ends = -r.final_quality.at_ends.value;
  const double difference =
      std::isfinite(at_ends) ? at_ends : r.final_quality.baseline.value - r.final_quality.experiment.value;
  const double kappa = r.compute.kappa.value;
  const double ratio = r.wall.ratio.value;
  d.paragraphs.push_back(f.outcome() + changed(f) + ".");
  if (std::isfinite(ratio)) d.slots["time_ratio"] = ratio;
  if (!std::isfinite(kappa) || kappa <= 0 || !std::isfinite(difference) || r.metric.direction != Direction::min) {
    if (std::isfinite(ratio))
      d.paragraphs.push_back(
          fmt::format("A step took {} times the baseline's time; what a budget e times larger buys is not known from "
                      "these logs, so no break-even can be named.",
                      number(ratio, 3)));
    return;
  }
  const double even = std::exp(difference / kappa);
  d.slots["break_even"] = even;
  d.slots["kappa"] = kappa;
  d.latex = fmt::format(R"(r^\star=\exp\frac{{L_b-L_e}}{{\kappa}}=\exp\frac{{{}}}{{{}}}={})", number(difference, 3),
                        number(kappa, 3), number(even, 3));
  d.paragraphs.push_back(fmt::format(
      "Spending e times more on the baseline would lower its loss by kappa = {}, so a gain of {} is worth exp({} / {}) "
      "= {} of compute{}.",
      number(kappa, 3), number(difference, 3), number(difference, 3), number(kappa, 3), number(even, 3),
      std::isfinite(ratio) ? fmt::format("; the experiment cost {} times the time per step, {}", number(ratio, 3),
                                         ratio > even ? "more than it is worth" : "less than it is worth")
                           : ""));
  if (std::isfinite(ratio) && ratio > even)
    d.paragraphs.push_back(fmt::format("It pays once a step costs less than {} of the baseline's: {} less than now.",
                                       number(even, 3), percent(1 - even / ratio)));
}

void inefficient(const Facts& f, Draft& d) {
  d.assumption = "the gain is worth what it costs";
  break_even(f, d);
}

void improvement(const Facts& f, Draft& d) {
  d.assumption = "the change helps at the cost it has";
  d.held = true;
  break_even(f, d);
}

void truncated(const Facts& f, Draft& d) {
  d.assumption = "both runs used the whole plan";
  const RunEnd* end = f.end();
  if (end == nullptr || !(end->planned_steps > 0)) {
    double baseline = 0;
    for (const RunEnd& e : f.input().review.ends) baseline = std::max(baseline, e.last_step);
    d.paragraphs.push_back(fmt::format("The experiment stops at step {}, the longest run at {}; {}.", number(f.steps()),
                                       number(baseline), f.outcome()));
    d.slots["last_step"] = f.steps();
    return;
  }
  const double share = end->last_step / end->planned_steps;
  d.slots = {{"last_step", end->last_step}, {"planned_steps", end->planned_steps}, {"share_run", share}};
  const double kappa = f.input().review.compute.kappa.value;
  d.latex = fmt::format(R"(L(C_{{plan}})\approx L(C)-\kappa\ln\frac{{{}}}{{{}}})", number(end->planned_steps),
                        number(end->last_step));
  d.paragraphs.push_back(fmt::format("The run stops at step {} of {} ({}); {}.", number(end->last_step),
                                     number(end->planned_steps), percent(share), f.outcome()));
  if (std::isfinite(kappa) && kappa > 0 && share > 0 && share < 1) {
    d.slots["owed"] = kappa * std::log(1 / share);
    d.paragraphs.push_back(fmt::format(
        "Finishing is worth about kappa ln({} / {}) = {} besides what the descent of the rate still owes; the loss at "
        "step {} is a point of the schedule, not a result.",
        number(end->planned_steps), number(end->last_step), number(d.slots["owed"], 3), number(end->last_step)));
  }
}

void slow_start(const Facts& f, Draft& d) {
  d.assumption = "what is ahead early is ahead at the end";
  const Convergence& c = f.input().review.convergence;
  d.paragraphs.push_back(f.outcome() + changed(f) + ".");
  if (std::isfinite(c.early_gap.value)) {
    d.slots["early_gap"] = c.early_gap.value;
    d.paragraphs.push_back(
        fmt::format("From step {} to {} the experiment's loss was {} of the baseline's apart; the order at the end is "
                    "not the order there.",
                    number(c.from_step), number(c.to_step), percent(c.early_gap.value)));
  }
  d.latex = R"(L(t)=\text{bias}(\eta t)+\text{variance}(\eta):\ \text{a smaller step starts slower and ends lower})";
}

void head_start(const Facts& f, Draft& d) {
  d.assumption = "what is ahead early is ahead at the end";
  const auto early = f.slot({"speedup_early"}), late = f.slot({"speedup_late"});
  d.paragraphs.push_back(f.outcome() + changed(f) + ".");
  d.latex = R"(S(t)=1+t_0/t\ \text{for a head start},\qquad S(t)=S_0\ \text{for a faster rate})";
  if (!early || !late) return;
  d.slots = {{"speedup_early", *early}, {"speedup_late", *late}};
  d.paragraphs.push_back(
      fmt::format("A faster rate keeps its factor, a head start of t0 steps is worth 1 + t0 / t: {} became {}, so the "
                  "change moved the start and not the pace.",
                  number(*early, 3), number(*late, 3)));
}

void throughput(const Facts& f, Draft& d) {
  d.assumption = "the change costs no time";
  break_even(f, d);
}

void drift(const Facts& f, Draft& d) {
  d.assumption = "what has to stay on a manifold stays there";
  proxy(f, d);
  d.assumption = "what has to stay on a manifold stays there";
  d.latex = R"(e_t=\|W^\top W-I\|_F/\sqrt n)";
  d.paragraphs.back() =
      "A product of steps that each leave the manifold by e leaves it by their sum unless a retraction follows: the "
      "error needs its own bound, checked at the steps where it is logged.";
}

void resume(const Facts& f, Draft& d) {
  d.assumption = "a resumed run goes on where it stopped";
  d.paragraphs.push_back(f.outcome() + changed(f) + ".");
  const double beta2 = f.experiment({"beta2", "adam_beta2"}).value_or(0.999);
  d.slots["relearn_steps"] = 2 / (1 - std::min(beta2, 0.999999));
  d.latex = fmt::format(R"(t\approx\frac{{2}}{{1-\beta_2}}={})", number(d.slots["relearn_steps"], 4));
  d.paragraphs.push_back(
      fmt::format("An optimiser that restarts with empty moments needs about 2 / (1 - beta2) = {} steps until its "
                  "scale is known again; with the moments in the checkpoint it needs none.",
                  number(d.slots["relearn_steps"], 4)));
}

void confounded(const Facts& f, Draft& d) {
  d.assumption = "only the declared setting differs";
  std::size_t q = 0;
  for (const ConfigDifference& c : f.input().review.config_diff) q += c.cls != ConfigDifference::Class::benign ? 1 : 0;
  d.slots["differences"] = static_cast<double>(q);
  d.paragraphs.push_back(f.outcome() + changed(f) + ".");
  d.latex = R"(\Delta=\sum_i\Delta_i+\sum_{i<j}\Delta_{ij}+\dots)";
  if (q > 1 && q < 10)
    d.paragraphs.push_back(
        fmt::format("With {} settings changed one difference cannot be split: {} runs with one setting changed each "
                    "give the main effects.",
                    q, q));
  if (q >= 10)
    d.paragraphs.push_back(fmt::format(
        "{} settings changed: one difference is the sum of {} effects and of {} pairs of them. If one setting carries "
        "it, halving the list finds it in {} runs.",
        q, q, q * (q - 1) / 2, std::ceil(std::log2(static_cast<double>(q)))));
}

void undetermined(const Facts& f, Draft& d) {
  d.assumption = "the logs hold the cause";
  d.paragraphs.push_back(f.outcome() + changed(f) + ".");
  std::size_t shown = 0;
  for (const Untestable& u : f.input().diagnosis.untestable) {
    if (u.log_request.empty() || shown == 3) continue;
    d.paragraphs.push_back(fmt::format("{} could not be tested: {}. To test it: {}.", u.id, u.missing, u.log_request));
    ++shown;
  }
}

constexpr WorkingAssumption kRows[] = {
    {"inert_mechanism", mechanism},
    {"mechanism_saturated", mechanism},
    {"proxy_failure", proxy},
    {"manifold_drift", drift},
    {"seed_noise_only", seed_noise},
    {"compute_inefficient_gain", inefficient},
    {"throughput_regression", throughput},
    {"genuine_improvement", improvement},
    {"slow_start_pays_off", slow_start},
    {"early_gain_washes_out", head_start},
    {"truncated_run", truncated},
    {"resume_discontinuity", resume},
    {"confounded_config", confounded},
    {"undetermined", undetermined},
};

}  // namespace

std::span<const WorkingAssumption> outcome_assumptions() { return kRows; }

}  // namespace expanalyze
