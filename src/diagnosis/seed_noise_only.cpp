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
  const Verdict steps = on(c.review, Axis::step).verdict;
  if (!std::isfinite(f.difference.value)) {
    out.looked_at = "the experiment has no final value: that is no luck of a seed";
    return out;
  }
  out.looked_at = fmt::format("difference {} against a noise floor of {}", signed_number(f.difference.value, 3),
                              number(c.gap_scale, 2));
  out.slots = {{"difference", f.difference.value},
               {"seed_sd", f.seed_sd},
               {"seeds_needed", static_cast<double>(f.seeds_needed)}};
  if (steps == Verdict::improved || steps == Verdict::regressed || steps == Verdict::failed) {
    out.evidence.push_back(
        {fmt::format("the difference is {} on equal steps, {} {}", to_string(steps),
                     signed_number(f.difference.value, 3), interval(f.difference.low, f.difference.high, 3)),
         f.difference,
         -kDecisive,
         1,
         0,
         {}});
    return out;
  }
  const bool zero_inside = f.difference.low <= 0 && f.difference.high >= 0;
  // How deep inside the noise: a difference of half the floor is ordinary luck, one near the floor is an open question.
  const double depth = c.gap_scale > 0 ? std::abs(f.difference.value) / c.gap_scale : 0;
  out.evidence.push_back(
      {fmt::format("the 95 % interval {} of the difference {} {}", interval(f.difference.low, f.difference.high, 3),
                   signed_number(f.difference.value, 3),
                   zero_inside ? "holds 0: the luck of a seed can make it"
                               : "excludes 0, but it is below what is worth having"),
       f.difference,
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
  const std::string difference = signed_number(f.difference.value, 3), seed_sd = number(f.seed_sd, 2);
  out.soul = c.gap_scale > f.sesoi
                 ? fmt::format(
                       "There is no failure to explain yet: the difference {} is smaller than the {} that the "
                       "luck of seeds (s.d. {}) can make.",
                       difference, number(c.gap_scale, 2), seed_sd)
                 : fmt::format(
                       "There is no failure to explain: the difference {} is smaller than the {} that is worth "
                       "having (s.d. between seeds {}).",
                       difference, number(f.sesoi, 2), seed_sd);
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
