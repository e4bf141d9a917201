// D-41: another optimizer, or another rule for the update's size, without the learning rate that goes with it.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "diagnosis/levels.hpp"
#include "diagnosis/readings.hpp"
#include "diagnosis/weigh.hpp"
#include "stats/descriptive.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kFactor = 2;  // D-41: outside [1/2, 2]
constexpr std::array kSigns{Role::update_rms, Role::update_norm, Role::update_ratio};

/// One group of parameters, by the series that both sides log for it.
struct Group {
  const Series* series = nullptr;  ///< of the first run of the experiment
  double ratio = 1;                ///< experiment over baseline, median between a tenth and nine tenths of the run
  [[nodiscard]] double size() const { return std::abs(std::log(ratio)); }
};

double length_of(const Run& run, const Series& like) {
  for (const Series* s : find_all(run, like.role))
    if (s->logged_as == like.logged_as && s->labels == like.labels)
      return median_between(finite(trajectory(run, *s)), 0.1, 0.9);
  return std::numeric_limits<double>::quiet_NaN();
}

/// Groups of the sign that is logged for most of them.
std::vector<Group> groups(const Case& c) {
  std::vector<Group> best;
  for (const Role role : kSigns) {
    std::vector<Group> found;
    for (const Series* s : find_all(*c.experiment.front(), role)) {
      const auto of = [&](const Run& run) { return length_of(run, *s); };
      const double ratio = mean_over(c.experiment, of) / mean_over(c.baseline, of);
      if (std::isfinite(ratio) && ratio > 0) found.push_back({s, ratio});
    }
    if (found.size() > best.size()) best = std::move(found);
  }
  return best;
}

/// Settings that decide how long an update is for a given rate.
const ConfigDifference* changed_rule(const Case& c) {
  if (const auto* optimizer = c.changed({"opt", "optimizer", "optim", "optimizer_type", "optimizer_name"}))
    return optimizer;
  if (const auto* scale = c.changed({"update_scale", "scale_rms", "rms_match", "lr_scale", "scale_mode"})) return scale;
  // "muon_scale": a scale that carries an optimizer's name.
  static constexpr std::array<std::string_view, 8> names{"muon", "lion",      "shampoo", "soap",
                                                         "lamb", "adafactor", "sophia",  "adam"};
  for (const auto& d : c.review.config_diff)
    if (has_token(d.key, "scale"))
      for (const auto name : names)
        if (has_token(d.key, name)) return &d;
  return nullptr;
}

double peak_ratio(const Case& c) {
  const auto peak = [](const Run& run) { return peak_of(run, Role::lr); };
  return mean_over(c.experiment, peak) / mean_over(c.baseline, peak);
}

/// A rate that was changed in the same proportion is the whole story, and another card's.
void weigh_rate(const Case& c, const Group& g, bool rule, Scored& out) {
  const double rate = peak_ratio(c);
  if (std::isnan(rate)) {
    out.missing_weight += kModerate;
    return;
  }
  out.slots["lr_ratio"] = rate;
  if (!rule && std::abs(std::log(rate)) > 0.2 && std::abs(std::log(g.ratio / rate)) < std::log(kFactor))
    out.evidence.push_back(
        {fmt::format("the learning rate itself is {}x the baseline's, which explains the length", number(rate, 3)),
         exact(rate),
         -kDecisive,
         1,
         0,
         {place_of(*c.experiment.front(), Role::lr)}});
}

Outcome detect(const Case& c) {
  const std::vector<Group> all = groups(c);
  if (all.empty())
    return Untestable{{},
                      "the length of the updates on both sides, by parameter group",
                      "log the RMS of the update of every parameter group, divided by nothing, every 50 steps"};
  const Group& g =
      *std::max_element(all.begin(), all.end(), [](const Group& a, const Group& b) { return a.size() < b.size(); });
  const Run& run = *c.experiment.front();
  const auto of = [&](const Run& r) { return length_of(r, *g.series); };
  Scored out;
  const double experiment = mean_over(c.experiment, of), baseline = mean_over(c.baseline, of);
  out.slots = {{"update_factor", g.ratio}, {"update_length", experiment}, {"update_length_baseline", baseline}};
  out.looked_at = fmt::format("{}: {} against {}, {}x, the farthest of {} logged", code_span(g.series->logged_as),
                              number(experiment, 3), number(baseline, 3), number(g.ratio, 3), all.size());
  const double off = std::exp(g.size());
  if (off < std::sqrt(kFactor)) {
    out.evidence.push_back(
        {out.looked_at, over_seeds(c.experiment, of), -kStrong, 1, 0, {place_at_end(run, *g.series)}});
    return out;
  }
  // Much else makes updates longer or shorter, so the length weighs in full where its rule was changed.
  const ConfigDifference* rule = changed_rule(c);
  out.evidence.push_back({out.looked_at,
                          over_seeds(c.experiment, of),
                          rule ? kStrong : kModerate,
                          graded_above(off, kFactor),
                          0,
                          {place_at_end(run, *g.series)}});
  if (rule)
    out.evidence.push_back({"what decides the size of an update was changed: " + say_change(*rule),
                            bare(1, "config"),
                            change_weight(c),
                            1,
                            'c',
                            {}});
  else if (c.review.config_known)
    out.evidence.push_back({"neither the optimizer nor a scale of its updates was changed: something else made them so",
                            bare(0, "config"),
                            -kModerate,
                            1,
                            0,
                            {}});
  else
    out.missing_weight += kStrong;
  if (all.size() == 1) out.missing_weight += kWeak;  // one number for all groups
  weigh_rate(c, g, rule != nullptr, out);
  out.effect_share = 1;
  weigh_outcome(c, out);
  out.soul = fmt::format(
      "By {}, the weights moved {}x as far per step as in the baseline: the comparison is of learning rates, not of "
      "ideas.",
      code_span(g.series->logged_as), number(g.ratio, 3));
  return out;
}

}  // namespace

constinit const Detector update_scale_mismatch{
    .id = "update_scale_mismatch", .prior = kOccasional, .detect = detect, .doc = R"(
## What it looks for
An update (RMS, norm, or ratio to the weights) outside half to twice the baseline's in some parameter group, together with a change of the optimizer or
of a scale of its updates in the config, which the learning rates do not undo.
## Why it matters
The number called learning rate means another step in each optimizer. Moved between them unchanged, it is the first thing that the comparison measures.
## Formula
RMS of an update over the rate: Adam about 0.2 to 0.4, sign methods 1; orthogonalised momentum of an n x m matrix 0.91 / sqrt(max(n, m)), which the
factor 0.2 sqrt(max(n, m)) brings to Adam's.
## False alarms and misses
Clipping, epsilon, momentum, noise and vanishing gradients change the length as well: where neither optimizer nor scale was changed, this card stands
back. An update that is longer because the idea is to make it longer is one: compare at the baseline's length. One number over all groups hides one
group.
## Reference
Science handbook D-41, E5; Liu et al. 2025, arXiv:2502.16982 (matching the update RMS of Muon to Adam).
)"};

}  // namespace expanalyze
