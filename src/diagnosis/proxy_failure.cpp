// D-27: the quantity that steers moves, the one it stands for does not follow.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include "diagnosis/levels.hpp"
#include "diagnosis/mechanism.hpp"
#include "diagnosis/weigh.hpp"
#include "stats/descriptive.hpp"
#include "stats/rank.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

struct Steering {
  const ConfigDifference* setting = nullptr;
  std::string word;               ///< the statistic that the setting names
  const Series* proxy = nullptr;  ///< logged under this word
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& ch : out) ch = static_cast<char>(std::tolower(static_cast<unsigned char>(ch)));
  return out;
}

/// A text setting of the experiment whose value is a word that names a logged signal: "trace" and `gram_trace`.
Steering steering(const Case& c) {
  const Run& run = *c.experiment.front();
  for (const auto& difference : c.review.config_diff) {
    const auto* text = std::get_if<std::string>(&difference.experiment);
    if (!text || text->size() < 3) continue;
    for (const auto& series : run.series)
      if (series.role == Role::mechanism && series.labels.empty() && has_token(lower(series.logged_as), lower(*text)))
        return {&difference, lower(*text), &series};
  }
  return {};
}

/// What the rule promises, if the log holds it: the residual that its statistic is to bring down.
const Series* residual_of(const Run& run) { return signal_with(run, {"ortho", "orthogonality", "residual"}); }

/// What the statistic estimates: its sibling with the same other words and a name of a spectral norm.
const Series* sibling(const Run& run, const Steering& s) {
  static constexpr std::array<std::string_view, 7> kSpectral{"spec",       "spectral",  "spectral_norm", "opnorm",
                                                             "lambda_max", "sigma_max", "top_eig"};
  const std::string name = lower(s.proxy->logged_as);
  const auto at = name.find(s.word);
  for (const auto word : kSpectral) {
    std::string wanted = name;
    wanted.replace(at, s.word.size(), word);
    for (const auto& series : run.series)
      if (series.labels.empty() && lower(series.logged_as) == wanted) return &series;
  }
  return nullptr;
}

double median_of_named(const Run& run, const std::string& name) {
  for (const auto& series : run.series)
    if (series.labels.empty() && series.logged_as == name) return stats::median(finite(trajectory(run, series)).value);
  return std::numeric_limits<double>::quiet_NaN();
}

/// Spearman's correlation of whitened changes: levels of two training signals always correlate (E1).
double correlation(const Run& run, const Series& a, const Series& b) {
  const Common both = common_steps(finite(trajectory(run, a)), finite(trajectory(run, b)));
  if (both.step.size() < 30) return std::numeric_limits<double>::quiet_NaN();
  return stats::spearman(stats::prewhiten(both.a, 3), stats::prewhiten(both.b, 3));
}

/// Work per step that an adaptive rule saved: a count of iterations below the baseline's.
const Series* effort(const Run& run) {
  return signal_with(run, {"avg_steps", "n_steps_used", "iterations_used", "ns_iters", "inner_steps"});
}

void weigh_rule(const Case& c, const Steering& s, const Series& residual, Scored& out) {
  const std::string& name = residual.logged_as;
  const double e = mean_over(c.experiment, [&](const Run& r) { return median_of_named(r, name); });
  const double b = mean_over(c.baseline, [&](const Run& r) { return median_of_named(r, name); });
  const Place where{c.experiment.front()->label, name, 0};
  out.slots["target"] = e;
  if (!(b > 0) || !std::isfinite(e)) {
    out.missing_weight += kStrong;
    return;
  }
  out.slots["target_baseline"] = b;
  const double ratio = e / b;
  if (ratio < 1.1) {
    out.evidence.push_back(
        {fmt::format("what it is to keep small, {}, is {}x the baseline's", code_span(name), number(ratio, 3)),
         exact(ratio),
         -kStrong,
         1,
         0,
         {where}});
    return;
  }
  out.evidence.push_back(
      {fmt::format("a rule on `{}` steers, but what it is to keep small, {}, stands at {} against {} without the rule",
                   s.word, code_span(name), number(e, 3), number(b, 3)),
       bare(ratio, "medians"),
       kStrong,
       graded_above(ratio, 1.3),
       0,
       {where}});
  const Series* count = effort(*c.experiment.front());
  if (!count) {
    out.missing_weight += kStrong;
    return;
  }
  const double used = mean_over(c.experiment, [&](const Run& r) { return median_of_named(r, count->logged_as); });
  const double usual = mean_over(c.baseline, [&](const Run& r) { return median_of_named(r, count->logged_as); });
  if (usual > 0)
    out.evidence.push_back(
        {fmt::format("the rule was satisfied after {} of {} iterations ({}), so it took the target as reached",
                     number(used, 3), number(usual, 3), code_span(count->logged_as)),
         exact(used / usual),
         kStrong,
         graded_below(used / usual, 0.8),
         0,
         {{c.experiment.front()->label, count->logged_as, 0}}});
}

Outcome detect(const Case& c) {
  const Steering s = steering(c);
  if (!s.setting)
    return Untestable{{},
                      "a setting that names a statistic, with that statistic in the log",
                      "log the statistic that steers the mechanism under the name that the config uses, and beside it "
                      "the quantity it stands for"};
  const Run& run = *c.experiment.front();
  const Series* residual = residual_of(run);
  const Series* target = sibling(run, s);
  if (!residual && !target)
    return Untestable{{},
                      fmt::format("the quantity that {} stands for", code_span(s.proxy->logged_as)),
                      fmt::format("log the target of {} beside it every 50 steps", code_span(s.proxy->logged_as))};
  Scored out;
  out.looked_at = fmt::format("{} steers by {}", say_change(*s.setting), code_span(s.proxy->logged_as));
  out.evidence.push_back(
      {fmt::format("{}: {} steers the mechanism", say_change(*s.setting), code_span(s.proxy->logged_as)),
       exact(1),
       kModerate,
       1,
       0,
       {{run.label, s.proxy->logged_as, 0}}});
  if (residual) weigh_rule(c, s, *residual, out);
  if (target) {
    const double rho = mean_over(c.experiment, [&](const Run& r) {
      const Series* again = sibling(r, s);
      const Steering own = steering(c);
      return again && own.proxy && &r == &run ? correlation(r, *own.proxy, *again)
                                              : std::numeric_limits<double>::quiet_NaN();
    });
    if (std::isnan(rho))
      out.missing_weight += kStrong;
    else if (rho < 0.6) {
      out.slots["correlation"] = rho;
      out.evidence.push_back({fmt::format("the changes of {} and {} correlate {}", code_span(s.proxy->logged_as),
                                          code_span(target->logged_as), number(rho, 2)),
                              bare(rho, "spearman_of_whitened"),
                              kStrong,
                              graded_below(std::max(rho, 0.0), 0.3),
                              0,
                              {}});
    }
  }
  out.effect_share = 1;
  weigh_outcome(c, out);
  out.soul = fmt::format("{} was steering, its target was not on board", code_span(s.proxy->logged_as));
  if (out.slots.contains("target_baseline"))
    out.soul +=
        fmt::format(": {} stood at {} where the baseline, without the rule, kept {}", code_span(residual->logged_as),
                    number(out.slots["target"], 3), number(out.slots["target_baseline"], 3));
  out.soul += ".";
  return out;
}

}  // namespace

constinit const Detector proxy_failure{.id = "proxy_failure", .prior = kOccasional, .detect = detect, .doc = R"(
## What it looks for
A setting of the experiment that names a statistic which the log holds ("trace" and `gram_trace`): the mechanism steers by it. Then either the
quantity it is to keep small is larger than without the rule although the rule was satisfied early, or the changes of the statistic and of what
it estimates do not correlate.
## Why it matters
A stand-in that is satisfied while its target is not stops the work too early; tuning its threshold moves the error, it does not remove it.
## False alarms and misses
Without a config the steering quantity is unknown. Delay between both and a statistic that never moves also destroy the correlation.
## Reference
Science handbook D-27, E3.
)"};

}  // namespace expanalyze
