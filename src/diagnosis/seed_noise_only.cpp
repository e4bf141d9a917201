// D-33: there is no failure to explain yet.
#include <fmt/format.h>

#include <cmath>

#include "diagnosis/case.hpp"
#include "diagnosis/weigh.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

Outcome detect(const Case& c) {
  Scored out;
  const FinalQuality& f = c.review.final_quality;
  const AxisVerdict& on_steps = on(c.review, Axis::step);
  const Verdict steps = on_steps.verdict;
  // Where the schedule stands between the sides the verdict is that of the plan, and so is the difference (B6.1).
  const bool planned = std::isfinite(on_steps.planned_difference.value) && on_steps.planned == steps;
  const Estimate difference_there = planned ? on_steps.planned_difference : f.difference;
  const double half = 0.5 * (difference_there.high - difference_there.low);
  const double floor = planned ? std::max(f.sesoi, std::isfinite(half) ? half : 0) : c.gap_scale;
  if (!std::isfinite(difference_there.value)) {
    out.looked_at = "the experiment has no final value: that is no luck of a seed";
    return out;
  }
  out.looked_at = fmt::format("difference {} against a noise floor of {}", signed_number(difference_there.value, 3),
                              number(floor, 2));
  out.slots = {{"difference", difference_there.value},
               {"seed_sd", f.seed_sd},
               {"seeds_needed", static_cast<double>(f.seeds_needed)}};
  if (steps == Verdict::improved || steps == Verdict::regressed || steps == Verdict::failed) {
    out.evidence.push_back({fmt::format("the difference is {} on equal steps, {} {}", to_string(steps),
                                        signed_number(difference_there.value, 3),
                                        interval(difference_there.low, difference_there.high, 3)),
                            difference_there,
                            -kDecisive,
                            1,
                            0,
                            {}});
    return out;
  }
  const bool zero_inside = difference_there.low <= 0 && difference_there.high >= 0;
  // How deep inside the noise: a difference of half the floor is ordinary luck, one near the floor is an open question.
  const double depth = floor > 0 ? std::abs(difference_there.value) / floor : 0;
  out.evidence.push_back(
      {fmt::format("the 95 % interval {} of the difference {} {}",
                   interval(difference_there.low, difference_there.high, 3), signed_number(difference_there.value, 3),
                   zero_inside ? "holds 0: the luck of a seed can make it"
                               : "excludes 0, but it is below what is worth having"),
       difference_there,
       kStrong,
       c.review.pairing.identical ? 0.5 : std::clamp(1.3 - 0.6 * depth, 0.4, 1.0),
       0,
       {}});
  if (f.seed_sd_source == SeedSdSource::prior)
    out.evidence.push_back(
        {fmt::format("the seed s.d. {} is assumed, not seen: one seed per arm", number(f.seed_sd, 2)),
         bare(f.seed_sd, "prior_seed_sd"),
         // Said, and hardly counted: on trained runs the assumed spread settles 83 % of such cases rightly, 60 of 72.
         -0.1,
         1,
         0,
         {}});
  else if (f.seed_sd_source != SeedSdSource::none)
    out.evidence.push_back(
        {fmt::format("the s.d. between seeds is {}, {}", number(f.seed_sd, 2),
                     f.seed_sd_source == SeedSdSource::controls ? f.seed_sd_why : "seen on these runs"),
         bare(f.seed_sd, std::string(to_string(f.seed_sd_source))),
         kWeak,
         1,
         0,
         {}});
  out.effect_share = 0.5;
  const std::string difference = signed_number(difference_there.value, 3), seed_sd = number(f.seed_sd, 2);
  out.soul =
      std::abs(difference_there.value) < floor && floor > f.sesoi
          ? fmt::format(
                "There is no failure to explain yet: the difference {} is smaller than the {} that the "
                "luck of seeds (s.d. {}) can make.",
                difference, number(floor, 2), seed_sd)
          : fmt::format(
                "There is no failure to explain: the difference {} is {} the {} that is worth having (s.d. between "
                "seeds {}).",
                difference, std::abs(difference_there.value) < f.sesoi ? "smaller than" : "not resolved beside",
                number(f.sesoi, 2), seed_sd);
  return out;
}

}  // namespace

constinit const Detector seed_noise_only{.id = "seed_noise_only", .prior = kCommon, .detect = detect, .doc = R"(
## What it looks for
A final difference inside its own 95 % interval around zero.
## Why it matters
Explaining a difference that is luck costs the next experiment.
## False alarms and misses
Not resolved is not equal: equivalence is claimed only when the 90 % interval lies within the smallest difference of interest. A mechanism that
can be seen to act, or logs that are identical, say more and come first.
## Reference
Science handbook B4, D-33.
)"};

}  // namespace expanalyze
