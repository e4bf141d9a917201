#include "diagnosis/proxy_rule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include "diagnosis/levels.hpp"
#include "diagnosis/mechanism.hpp"
#include "diagnosis/proxy_pair.hpp"
#include "diagnosis/weigh.hpp"
#include "stats/descriptive.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kClaimed = 0.7, kLeft = 0.3;  // D-27, E1: what a stand-in promises, and what is a failure

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& ch : out) ch = static_cast<char>(std::tolower(static_cast<unsigned char>(ch)));
  return out;
}

/// What the rule promises, if the log holds it: the residual that its statistic is to bring down.
const Series* residual_of(const Run& run) { return signal_with(run, {"ortho", "orthogonality"}); }

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

/// Work per step that an adaptive rule saved: what the baseline spends a fixed whole number of, and the experiment
/// less.
const Series* effort(const Case& c) {
  for (const SignalBehaviour& s : mechanism_signals(c)) {
    if (!s.baseline_at_rest || !s.series) continue;
    const double usual = mean_over(c.baseline, [&](const Run& r) { return median_of_named(r, s.name); });
    const double used = mean_over(c.experiment, [&](const Run& r) { return median_of_named(r, s.name); });
    if (usual >= 2 && usual == std::floor(usual) && used < usual) return s.series;
  }
  return nullptr;
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
  const Series* count = effort(c);
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

/// E1 on the statistic and what it estimates: changes, ratio, noise.
void weigh_pair(const Case& c, const Series& proxy, const Series& target, Scored& out) {
  const Run& run = *c.experiment.front();
  const ProxyTest test = proxy_test(finite(trajectory(run, proxy)), finite(trajectory(run, target)));
  if (test.changes.n == 0) {
    out.missing_weight += kStrong;
    return;
  }
  const std::string names = fmt::format("{} and {}", code_span(proxy.logged_as), code_span(target.logged_as));
  const Place where{run.label, proxy.logged_as, 0};
  out.slots["correlation"] = test.changes.correlation;
  const Estimate rho{test.changes.correlation, test.low, test.high, 0.95, test.changes.n, {"rank_of_whitened"}};
  // The claim is .7 (E1); the interval must exclude it, and .3 is where nothing is left of it.
  if (test.changes.correlation < 0.6)
    out.evidence.push_back(
        {fmt::format("the changes of {} correlate {} {} at best, {}, over {} whitened records", names,
                     signed_number(test.changes.correlation, 2), interval(test.low, test.high, 2),
                     test.changes.lag == 0 ? "without delay" : fmt::format("{} records apart", test.changes.lag),
                     test.changes.n),
         rho,
         kStrong,
         test.high < kClaimed ? graded_below(std::max(test.changes.correlation, 0.0), kLeft) : 0.0,
         'p',
         {where}});
  const double tolerance = std::log(2);  // half of a claimed range of 0.5 to 2
  const double surely = test.drift.low > 0 ? test.drift.low : test.drift.high < 0 ? -test.drift.high : 0;
  if (surely > tolerance)
    out.evidence.push_back(
        {fmt::format("the ratio of {} changed {}x {} over the run", names, number(std::exp(test.drift.slope), 3),
                     interval(std::exp(test.drift.low), std::exp(test.drift.high), 3)),
         {std::exp(test.drift.slope), std::exp(test.drift.low), std::exp(test.drift.high), 0.95, test.changes.n, {}},
         kStrong,
         graded_above(surely, 2 * tolerance),
         'p',
         {where}});
  if (test.proxy_noise > 0.5 && test.target_noise < 0.3)
    out.evidence.push_back(
        {fmt::format("{} of the variation of {} about its trend is white noise, of {} {}", percent(test.proxy_noise, 2),
                     code_span(proxy.logged_as), code_span(target.logged_as), percent(test.target_noise, 2)),
         bare(test.proxy_noise, "from_two_autocorrelations", test.changes.n),
         kModerate,
         1,
         'p',
         {where}});
}

}  // namespace

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

Outcome proxy_of_rule(const Case& c, const Steering& s) {
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
  if (target) weigh_pair(c, *s.proxy, *target, out);
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

}  // namespace expanalyze
