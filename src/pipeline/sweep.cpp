// A folder of runs: seeds grouped, each group compared with the baseline.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

#include "expanalyze/error.hpp"
#include "expanalyze/report.hpp"
#include "pipeline/controls.hpp"
#include "pipeline/seed_groups.hpp"
#include "text/format.hpp"
#include "text/nearest.hpp"

namespace expanalyze {

namespace {

/// "a/b/run.jsonl" ends in "run.jsonl", "run", "b/run", "b" and "a/b".
bool path_ends_in(const std::string& path, std::string_view name) {
  const std::filesystem::path file(path);
  const std::string forms[] = {file.generic_string(), (file.parent_path() / file.stem()).generic_string(),
                               file.parent_path().generic_string()};
  for (const std::string& form : forms)
    if (form == name ||
        (form.size() > name.size() && form.ends_with(name) && form[form.size() - name.size() - 1] == '/'))
      return true;
  return false;
}

bool answers_to(const RunStore& runs, const SeedGroup& group, std::string_view name) {
  if (group.label == name) return true;
  for (const RunId id : group.runs)
    if (runs.runs[id].label == name || path_ends_in(runs.runs[id].path, name)) return true;
  return false;
}

std::ptrdiff_t depth(const RunStore& runs, const SeedGroup& group) {
  const std::filesystem::path path(runs.runs[group.runs.front()].path);
  return std::distance(path.begin(), path.end());
}

/// The shallowest group that answers to the name; others that do are named in a note.
std::size_t find_baseline(const RunStore& runs, const std::vector<SeedGroup>& groups, std::string_view name,
                          std::vector<Note>& notes) {
  std::vector<std::size_t> found;
  std::vector<std::string> labels;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    labels.push_back(groups[g].label);
    if (answers_to(runs, groups[g], name)) found.push_back(g);
  }
  if (found.empty())
    throw Error(Error::Kind::input, "no run or group is called " + one_line(name), did_you_mean(name, labels));
  const auto best = std::min_element(found.begin(), found.end(), [&](std::size_t a, std::size_t b) {
    return depth(runs, groups[a]) < depth(runs, groups[b]);
  });
  if (found.size() > 1)
    notes.push_back({"sweep.baseline.ambiguous",
                     std::to_string(found.size()) + " groups answer to " + code_span(name) + "; the baseline is " +
                         code_span(groups[*best].label) + ", the one in the outermost folder.",
                     {},
                     found.size()});
  return *best;
}

double ratio(double experiment, double baseline) { return experiment > 0 && baseline > 0 ? experiment / baseline : 0; }

std::string why_failed(const Report& report) {
  for (const RunEnd& end : report.review.ends)
    if (end.failed && !end.failure.empty()) return end.failure;
  return report.review.headline;
}

void fill(SweepRow& row, const Report& report) {
  const Review& r = report.review;
  row.config = r.config_diff;
  row.verdict = r.overall;
  row.modifiers = r.modifiers;
  row.baseline = r.final_quality.baseline;
  row.final = r.final_quality.experiment;
  row.difference = r.final_quality.difference;
  row.headline = report.diagnosis.headline;
  row.headline_probability = report.diagnosis.headline_probability;
  row.soul = report.diagnosis.soul;
  row.flops_ratio = ratio(r.compute.experiment_flops, r.compute.baseline_flops);
  row.wall_ratio = ratio(r.wall.experiment_seconds, r.wall.baseline_seconds);
  if (r.overall == Verdict::failed) row.failure = why_failed(report);
}

/// The metric that most groups were compared on; the first of several.
Metric common_metric(const std::vector<Metric>& metrics) {
  std::map<std::string, std::size_t> times;
  for (const Metric& m : metrics) ++times[m.name];
  const auto most = std::max_element(metrics.begin(), metrics.end(),
                                     [&](const Metric& a, const Metric& b) { return times[a.name] < times[b.name]; });
  return most == metrics.end() ? Metric{} : *most;
}

/// Best first; rows without a difference after those with one, failed rows last.
void sort_rows(std::vector<SweepRow>& rows, Direction direction) {
  const double sign = direction == Direction::min ? 1 : -1;
  const auto place = [](const SweepRow& row) {
    return !row.failure.empty() ? 2 : std::isnan(row.difference.value) ? 1 : 0;
  };
  std::stable_sort(rows.begin(), rows.end(), [&](const SweepRow& a, const SweepRow& b) {
    if (place(a) != place(b)) return place(a) < place(b);
    if (std::isnan(a.difference.value) || std::isnan(b.difference.value)) return false;
    return sign * a.difference.value < sign * b.difference.value;
  });
}

/// The groups of the sweep itself, without the runs that are only there to tell what a seed does.
std::vector<SeedGroup> groups_without(const RunStore& runs, const std::vector<RunId>& controls) {
  std::vector<SeedGroup> groups = seed_groups(runs);
  for (SeedGroup& group : groups)
    std::erase_if(group.runs,
                  [&](RunId id) { return std::find(controls.begin(), controls.end(), id) != controls.end(); });
  std::erase_if(groups, [](const SeedGroup& group) { return group.runs.empty(); });
  return groups;
}

// A prior is worth 7 degrees of freedom at most (handbook B1.1): what a sweep happens to repeat must be worth as much.
constexpr std::size_t kWorthAPrior = 7;

/// The seed groups of the sweep that are no side of a comparison; none when they are worth less than a prior.
std::vector<std::vector<RunId>> bystanders(const std::vector<std::vector<RunId>>& distinct, std::size_t base,
                                           std::size_t compared) {
  std::vector<std::vector<RunId>> out;
  std::size_t df = 0;
  for (std::size_t g = 0; g < distinct.size(); ++g) {
    if (g == base || g == compared || distinct[g].size() < 2) continue;
    out.push_back(distinct[g]);
    df += distinct[g].size() - 1;
  }
  return df < kWorthAPrior ? std::vector<std::vector<RunId>>{} : out;
}

/// What a comparison's controls are: those that were named, else the sweep's own bystanders.
std::vector<std::vector<RunId>> controls_of(const RunStore& runs, const std::vector<RunId>& named,
                                            const Comparison& sides, std::vector<std::vector<RunId>> own,
                                            std::vector<Note>& notes) {
  if (named.empty()) return own;
  std::vector<Note> found;
  auto groups = control_groups(runs, named, sides, found);
  for (Note& note : found)
    if (std::none_of(notes.begin(), notes.end(), [&](const Note& n) { return n.text == note.text; }))
      notes.push_back(std::move(note));
  return groups;
}

void note_controls(SweepReport& sweep) {
  if (sweep.controls_used == 0) return;
  sweep.notes.push_back({"sweep.controls",
                         "in " + std::to_string(sweep.controls_used) + " of " + std::to_string(sweep.groups.size()) +
                             " comparisons the luck of a seed is measured on repeated runs besides those compared.",
                         {},
                         sweep.controls_used});
}

}  // namespace

SweepReport analyze_sweep(const RunStore& runs, std::string_view baseline, const ReviewOptions& options,
                          const std::vector<TheoryCard>& cards, const std::vector<RunId>& controls) {
  SweepReport sweep;
  const std::vector<SeedGroup> groups = groups_without(runs, controls);
  const std::size_t base = find_baseline(runs, groups, baseline, sweep.notes);
  sweep.baseline = groups[base].label;
  std::vector<std::vector<RunId>> distinct;  // the runs of each group, each log once
  for (const SeedGroup& group : groups) distinct.push_back(without_duplicates(runs, group.runs, sweep.notes));

  std::vector<Metric> metrics;        // of the rows that could be compared
  std::vector<std::string> compared;  // name of the metric, one per row; empty: could not be compared
  for (std::size_t g = 0; g < groups.size(); ++g) {
    if (g == base) continue;
    SweepRow row;
    row.label = groups[g].label;
    Comparison comparison{distinct[base], distinct[g]};
    comparison.controls = controls_of(runs, controls, comparison, bystanders(distinct, base, g), sweep.notes);
    for (const RunId id : distinct[g]) row.runs.push_back(runs.runs[id].path);
    compared.emplace_back();
    try {
      const Report report = analyze(runs, comparison, options, cards);
      fill(row, report);
      sweep.controls_used += report.review.controls_used ? 1 : 0;
      metrics.push_back(report.review.metric);
      compared.back() = report.review.metric.name;
    } catch (const Error& e) {  // one group that shares no metric must not cost the others their rows
      row.failure = one_line(e.what());
    }
    sweep.groups.push_back(std::move(row));
  }

  sweep.metric = common_metric(metrics);
  for (std::size_t i = 0; i < compared.size(); ++i)
    if (!compared[i].empty() && compared[i] != sweep.metric.name && sweep.groups[i].failure.empty())
      sweep.groups[i].failure =
          "compared on " + code_span(compared[i]) + ", which the other groups do not share: not ranked";
  sort_rows(sweep.groups, sweep.metric.direction);
  note_controls(sweep);
  return sweep;
}

}  // namespace expanalyze
