// The luck of a seed as repeated runs show it: controls of one recipe each (science handbook B1, B4).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "review/compared.hpp"
#include "review/seed_noise.hpp"
#include "stats/descriptive.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

/// The metric where the runs of a group last stand together.
struct Ends {
  std::vector<double> value;
  [[nodiscard]] double squares() const { return stats::variance(value) * static_cast<double>(value.size() - 1); }
};

bool logs_metric(const Run& run, const Metric& metric, Unit unit) {
  const Series* series = metric_series(run, metric);
  return series && !series->value.empty() && series->unit == unit;
}

/// Views of the runs that log the metric and ended with a result; what an end must reach is the group's own matter
/// (A7).
Side usable(const RunStore& runs, const std::vector<RunId>& group, const Sides& sides, std::size_t& without_metric,
            std::size_t& failed) {
  Sides judged{sides.metric, {}, {}};
  const Unit unit = metric_series(*sides.baseline.runs.front().run, sides.metric)->unit;
  for (const RunId id : group) {
    if (logs_metric(runs.runs[id], sides.metric, unit))
      judged.experiment.runs.push_back(view_run(runs, id, sides.metric));
    else
      ++without_metric;
  }
  judged.baseline = judged.experiment;
  judge_failures(judged);
  failed += std::erase_if(judged.experiment.runs, [](const RunView& view) { return view.end.failed; });
  return std::move(judged.experiment);
}

void note(std::vector<Note>& notes, const char* code, std::size_t n, const std::string& rest) {
  if (n > 0) notes.push_back({code, fmt::format("{} control run{} {}", n, n == 1 ? "" : "s", rest), {}, n});
}

/// Levels of one sign allow a relative s.d., which carries over to another level; else it is in units of the metric.
SeedNoise pooled(const std::vector<Ends>& groups, double level) {
  const bool relative =
      level > 0 && std::all_of(groups.begin(), groups.end(), [](const Ends& g) { return stats::mean(g.value) != 0; });
  double squares = 0;
  SeedNoise out;
  for (const Ends& group : groups) {
    const double scale = relative ? level / stats::mean(group.value) : 1;
    squares += group.squares() * scale * scale;
    out.prior.df += static_cast<double>(group.value.size() - 1);
    out.control_runs += group.value.size();
  }
  out.control_groups = groups.size();
  out.prior.scale = std::sqrt(squares / out.prior.df);
  out.source = fmt::format("measured on {} control runs in {} group{}", out.control_runs, groups.size(),
                           groups.size() == 1 ? "" : "s");
  return out;
}

/// Two or three seeds may lie close by luck: the s.d. of two is below a tenth of the true one in 8 % of cases. The
/// prior then keeps its own degrees of freedom, as in the moderated t (Smyth 2004).
SeedNoise with_prior(SeedNoise measured, const SeedNoise& prior) {
  constexpr double kFew = 2;
  const double df = measured.prior.df, believed = prior.prior.df;
  if (df > kFew || !(believed > 0) || !(prior.prior.scale > 0)) return measured;
  measured.prior.scale =
      std::sqrt((df * std::pow(measured.prior.scale, 2) + believed * std::pow(prior.prior.scale, 2)) / (df + believed));
  measured.prior.df = df + believed;
  measured.source +=
      fmt::format(", whose {} degree{} of freedom {} pooled with the {} of a prior of {}", number(df),
                  df == 1 ? "" : "s", df == 1 ? "is" : "are", number(believed), number(prior.prior.scale, 2));
  return measured;
}

}  // namespace

std::optional<SeedNoise> control_noise(const RunStore& runs, const Comparison& comparison, const Sides& sides,
                                       std::vector<Note>& notes) {
  std::vector<Ends> groups;
  std::size_t without_metric = 0, failed = 0, alone = 0, short_of_end = 0;
  for (const auto& group : comparison.controls) {
    const Side side = usable(runs, group, sides, without_metric, failed);
    Ends ends{values_at(side, Axis::step, side.last_metric_step())};
    short_of_end += side.runs.size() - ends.value.size();
    if (ends.value.size() > 1)
      groups.push_back(std::move(ends));
    else
      alone += ends.value.size();
  }
  note(notes, "controls.no_metric", without_metric, "left out: without " + code_span(sides.metric.name));
  note(notes, "controls.failed", failed, "left out: failed");
  note(notes, "controls.short", short_of_end, "left out: ended before the others of the recipe");
  note(notes, "controls.alone", alone, "left out: no other run of the same recipe to differ from");
  if (groups.empty()) return std::nullopt;
  const SeedNoise out = pooled(groups, metric_level(sides));
  if (out.prior.scale > 0) return with_prior(out, prior_noise(sides));
  note(notes, "controls.no_spread", out.control_runs, "left out: not a digit apart");
  return std::nullopt;
}

}  // namespace expanalyze
