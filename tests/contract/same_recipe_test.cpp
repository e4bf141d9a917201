// A/A: runs of one recipe that differ in their seed alone. Whoever calls one of them better is wrong, so at most one in
// twenty may be called improved or regressed (science handbook B4.5, H1). Real logs stand beside the project and are
// never part of it: each source's own folder or file says which runs are one recipe.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <vector>

#include "expanalyze/import.hpp"
#include "expanalyze/report.hpp"
#include "pipeline/seed_groups.hpp"
#include "stats/random.hpp"
#include "support/catch.hpp"
#include "support/real_logs.hpp"

using namespace expanalyze;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMostPairs = 400;  // of one source; beyond that every so-manieth pair
constexpr std::size_t kHalves = 30;      // random halves of a group of four runs and more

/// Runs of one recipe, each log once.
struct Group {
  RunStore runs;
  std::vector<RunId> ids;
};

struct Source {
  std::string name;
  std::vector<Group> groups;
  Role role = Role::none;  ///< of the metric to judge by; none: the review's own choice
};

struct Tally {
  std::size_t pairs = 0, different = 0, neutral = 0, inconclusive = 0;
  std::size_t other = 0;    ///< nothing to compare: evaluated once, at other steps
  std::size_t on_axes = 0;  ///< pairs called different on any axis
  std::size_t blamed = 0;   ///< pairs of which a fault is said to be likely
};

fs::path shared() { return fs::path(EXPANALYZE_SOURCE_DIR) / ".." / "shared" / "data"; }

std::vector<fs::path> sorted_files(const fs::path& folder, std::string_view begin, std::string_view end) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(begin) && name.ends_with(end)) out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

Group group_of(const std::vector<fs::path>& paths) {
  Group group;
  for (const fs::path& path : paths)
    for (Run& run : read_runs(path, {})) group.runs.runs.push_back(std::move(run));
  make_labels_unique(group.runs.runs);
  std::vector<RunId> all(group.runs.runs.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  std::vector<Note> notes;
  group.ids = without_duplicates(group.runs, all, notes);
  return group;
}

std::vector<fs::path> folders(const fs::path& above) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(above))
    if (entry.is_directory()) out.push_back(entry.path());
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<Source> real_sources() {
  const fs::path real = test::real_logs();
  std::vector<Source> out;
  for (const fs::path& folder : folders(real / "modded-nanogpt" / "track3_sweep"))
    out.push_back({folder.filename().string(), {group_of(sorted_files(folder, "", ".txt"))}});
  for (const fs::path& file : sorted_files(real / "modded-nanogpt", "track3_multirun", ".txt"))
    out.push_back({file.stem().string(), {group_of({file})}});
  Source golf{"parameter-golf", {}};
  for (const fs::path& folder : folders(real / "parameter-golf"))
    golf.groups.push_back(group_of(sorted_files(folder, "train", ".log")));
  out.push_back(std::move(golf));
  Source lab{"muon_vs_adamw", {}};
  for (const char* recipe : {"adamw_seed", "muon_seed"})
    lab.groups.push_back(group_of(sorted_files(real / "origin" / "muon_vs_adamw", recipe, "")));
  out.push_back(std::move(lab));
  return out;
}

Source labelled_baselines() {
  Source out{"labelled baselines", {}};
  for (const fs::path& folder : folders(shared() / "labelled"))
    out.groups.push_back(group_of(sorted_files(folder, "baseline_s", ".jsonl")));
  return out;
}

ReviewOptions judged_by(Role role, const Run& run) {
  ReviewOptions options;
  if (const Series* series = find(run, role)) options.metric = series->logged_as;
  return options;
}

/// A fault that is said to be likely. That nothing happened, or that the runs say too little, is no fault.
bool blames(const Diagnosis& diagnosis) {
  static const std::set<std::string_view> kNone{"undetermined", "genuine_improvement", "seed_noise_only",
                                                "inert_mechanism", "slow_start_pays_off"};
  return diagnosis.headline_probability >= 0.66 && !kNone.contains(diagnosis.headline);
}

void count_blame(Tally& tally, const RunStore& runs, const Comparison& comparison, const Review& review) {
  const Diagnosis diagnosis = diagnose(runs, comparison, review);
  if (!blames(diagnosis)) return;
  ++tally.blamed;
  fmt::print("    blamed: {}{}: {} ({:.2f}) {}\n",
             comparison.baseline.empty() ? "" : runs.runs[comparison.baseline[0]].path + " against ",
             runs.runs[comparison.experiment[0]].path, diagnosis.headline, diagnosis.headline_probability,
             diagnosis.soul);
}

void count(Tally& tally, const RunStore& runs, const Comparison& comparison, bool print, Role role) {
  const Review review = review_runs(runs, comparison, judged_by(role, runs.runs[comparison.baseline[0]]));
  const auto differs = [](Verdict v) {
    return v == Verdict::improved || v == Verdict::regressed || v == Verdict::failed;
  };
  ++tally.pairs;
  count_blame(tally, runs, comparison, review);
  switch (review.overall) {
    case Verdict::improved:
    case Verdict::regressed:
    case Verdict::failed:
      ++tally.different;
      if (print)
        fmt::print("    {} against {}: {}\n", runs.runs[comparison.baseline[0]].path,
                   runs.runs[comparison.experiment[0]].path, review.headline);
      break;
    case Verdict::neutral:
      ++tally.neutral;
      break;
    case Verdict::inconclusive:
      ++tally.inconclusive;
      break;
    case Verdict::not_assessable:
      ++tally.other;
      break;
  }
  tally.on_axes +=
      std::any_of(review.axes.begin(), review.axes.end(), [&](const AxisVerdict& a) { return differs(a.verdict); }) ? 1
                                                                                                                    : 0;
}

/// Every pair of runs of a group, or as many as fit, evenly spread.
Tally one_against_one(const Source& source) {
  std::vector<std::pair<const Group*, std::pair<RunId, RunId>>> pairs;
  for (const Group& group : source.groups)
    for (std::size_t i = 0; i < group.ids.size(); ++i)
      for (std::size_t k = i + 1; k < group.ids.size(); ++k) pairs.push_back({&group, {group.ids[i], group.ids[k]}});
  const std::size_t every = pairs.size() / kMostPairs + 1;
  Tally tally;
  for (std::size_t i = 0; i < pairs.size(); i += every)
    count(tally, pairs[i].first->runs, {{pairs[i].second.first}, {pairs[i].second.second}}, source.groups.size() > 1,
          source.role);
  return tally;
}

/// Random halves of each group of four runs and more.
Tally half_against_half(const Source& source) {
  Tally tally;
  for (const Group& group : source.groups) {
    if (group.ids.size() < 4) continue;
    std::set<std::set<RunId>> known;  // each split once: six runs have ten
    for (std::size_t time = 0; time < kHalves; ++time) {
      std::vector<RunId> order = group.ids;
      const stats::CounterRng rng(time);
      for (std::size_t i = order.size(); i > 1; --i)
        std::swap(order[i - 1], order[static_cast<std::size_t>(rng.uniform(i) * static_cast<double>(i))]);
      const auto middle = order.begin() + static_cast<std::ptrdiff_t>(order.size() / 2);
      const bool first = std::find(order.begin(), middle, group.ids.front()) != middle;
      if (!known.emplace(first ? order.begin() : middle, first ? middle : order.end()).second) continue;
      count(tally, group.runs, {{order.begin(), middle}, {middle, order.end()}}, false, source.role);
    }
  }
  return tally;
}

/// Each run for itself: a health check of what its author took for a sound run.
Tally alone(const Source& source) {
  Tally tally;
  for (const Group& group : source.groups)
    for (const RunId id : group.ids) {
      const Comparison one{{}, {id}};
      ++tally.pairs;
      count_blame(tally, group.runs, one, review_alone(group.runs, one, judged_by(source.role, group.runs.runs[id])));
    }
  return tally;
}

void print(const std::string& name, const char* kind, const Tally& t) {
  if (t.pairs > 0)
    fmt::print("  {:<40} {:<8} {:>5} {:>10} {:>8} {:>13} {:>9} {:>7}\n", name, kind, t.pairs, t.different, t.neutral,
               t.inconclusive, t.on_axes, t.blamed);
}

/// Of pairs and of runs alone, over all sources: how many, and of how many a fault is said to be likely.
struct Blame {
  std::size_t pairs = 0, blamed_pairs = 0, runs = 0, blamed_runs = 0;
};

/// At most one pair in twenty is called different.
void judge(const Source& source, Blame& all) {
  const Tally one = one_against_one(source), half = half_against_half(source), single = alone(source);
  print(source.name, "1 v 1", one);
  print(source.name, "halves", half);
  print(source.name, "alone", single);
  INFO(source.name);
  for (const Tally& t : {one, half}) {
    CHECK(t.different * 20 <= t.pairs - t.other);
    all.pairs += t.pairs;
    all.blamed_pairs += t.blamed;
  }
  all.runs += single.pairs;
  all.blamed_runs += single.blamed;
}

void print_head() {
  fmt::print("  {:<40} {:<8} {:>5} {:>10} {:>8} {:>13} {:>9} {:>7}\n", "runs of one recipe", "sides", "pairs",
             "different", "neutral", "inconclusive", "any axis", "blamed");
}

}  // namespace

TEST_CASE("runs of one recipe are not told apart: other people's logs") {
  if (!fs::is_directory(test::real_logs())) {
    WARN("skipped: no real logs in " << test::real_logs());
    return;
  }
  print_head();
  Blame all;
  for (const Source& source : real_sources()) judge(source, all);
  // One of these runs was hurt by what was done after training, and says so.
  CHECK(all.blamed_pairs * 50 <= all.pairs);
  CHECK(all.blamed_runs * 50 <= all.runs);
}

TEST_CASE("runs of one recipe are not told apart: our own baselines") {
  if (!fs::is_directory(shared() / "labelled")) {
    WARN("skipped: no labelled runs in " << shared() / "labelled");
    return;
  }
  print_head();
  Source source = labelled_baselines();
  Blame all;
  judge(source, all);
  source.name += ", training loss";
  source.role = Role::train_loss;
  judge(source, all);
  CHECK(all.blamed_pairs * 50 <= all.pairs);  // alone, some of our own baselines do overfit
}
