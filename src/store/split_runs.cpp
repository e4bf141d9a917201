#include "store/split_runs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <map>
#include <utility>

#include "store/recipe.hpp"
#include "store/run_builder.hpp"
#include "store/same_content.hpp"
#include "store/surgery/columns.hpp"
#include "store/surgery/restarts.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

// The longest sweep that anyone logs to one file; beyond it the counter counts something else.
constexpr std::size_t kMostRuns = 1000;

/// A counter that fell back counts on: from each joint the steps stand behind those before it.
void join_steps(Run& run, const std::vector<Restart>& all) {
  std::vector<Restart> joints;
  for (const Restart& r : all)
    if (r.after == After::goes_on) joints.push_back(r);
  if (joints.empty()) return;
  for (Rows& rows : run.rows) {
    double offset = 0;
    std::size_t next = 0;
    for (std::size_t i = 0; i < rows.step.size(); ++i) {
      for (; next < joints.size() && rows.line[i] >= joints[next].line; ++next) offset += joints[next].offset;
      rows.step[i] += offset;
    }
  }
  for (const Restart& joint : joints)
    add_note(run.notes, "step.joined",
             fmt::format("the step counter falls back to its start while {}: its steps are counted on from there, "
                         "shifted by {} the first time",
                         joint.why, number(joints.front().offset)),
             joint.line);
}

void say_unknown(Run& run, const std::vector<Restart>& all) {
  for (const Restart& r : all)
    if (r.after == After::unknown)
      add_note(run.notes, "step.restarted",
               "the step counter falls back to its start, and nothing says whether another run, an epoch or a resume "
               "begins there: it is left as it is",
               r.line);
}

/// Hands out settings, which are in the order of their lines, to runs that follow each other.
class Settings {
 public:
  explicit Settings(std::vector<Setting> all) : all_(std::move(all)) {
    std::stable_sort(all_.begin(), all_.end(), [](const Setting& a, const Setting& b) { return a.line < b.line; });
  }

  /// What was stated within the run's own lines, its first value of each key; else the last one stated before them.
  void give(Run& run, std::uint32_t from, std::uint32_t to) {
    for (; next_ < all_.size() && all_[next_].line < from; ++next_)
      before_.insert_or_assign(all_[next_].key, all_[next_].value);
    Config own;
    for (std::size_t i = next_; i < all_.size() && all_[i].line < to; ++i) {
      const Setting& s = all_[i];
      const auto [at, fresh] = own.emplace(s.key, s.value);
      if (!fresh && at->second != s.value)
        add_note(run.notes, "config.changed",
                 fmt::format("{} changes within the log; its first value is kept", code_span(s.key)), s.line);
    }
    for (const auto& [key, value] : before_) run.config.insert_or_assign(key, value);
    for (auto& [key, value] : own) run.config.insert_or_assign(key, std::move(value));
  }

 private:
  std::vector<Setting> all_;
  std::size_t next_ = 0;
  Config before_;
};

/// Between two runs stand the settings of the later one: its lines begin behind the last record of the one before it.
std::uint32_t end_of(const Run& run) {
  std::uint32_t last = 0;
  for (const Rows& rows : run.rows)
    if (!rows.line.empty()) last = std::max(last, rows.line.back());
  return last + 1;
}

std::uint32_t begin_of(const Run& run) {
  std::uint32_t first = std::numeric_limits<std::uint32_t>::max();
  for (const Rows& rows : run.rows)
    if (!rows.line.empty()) first = std::min(first, rows.line.front());
  return first;
}

std::vector<Restart> within(const std::vector<Restart>& all, std::uint32_t from, std::uint32_t to) {
  std::vector<Restart> out;
  for (const Restart& r : all)
    if (r.after != After::new_run && r.line > from && r.line < to) out.push_back(r);
  return out;
}

void take_note(Run& run, const Note& note) {
  add_note(run.notes, note.code, note.text, note.where.line, note.where.series, note.count);
  for (Note& own : run.notes)
    if (own.code == note.code && own.where.series == note.where.series) {
      own.where.line = std::min(own.where.line, note.where.line);
      own.last_line = std::max(own.last_line, note.last_line);
    }
}

/// How often something happened in each of the runs was not counted: it is told once, with the first of them.
void tell_once(std::vector<Run>& runs, const std::vector<Note>& of_file) {
  for (const Note& note : of_file) {
    const bool told = std::any_of(runs.begin(), runs.end(), [&](const Run& run) {
      return std::any_of(run.notes.begin(), run.notes.end(), [&](const Note& own) {
        return own.code == note.code && own.where.series == note.where.series;
      });
    });
    if (!told) runs.front().notes.push_back(note);
  }
}

/// `run` stays, `other` goes: what is known of its lines is known of the run's file.
void take_over(Run& run, const Run& other) {
  for (const Note& note : other.notes)
    if (note.where.line != 0) take_note(run, note);
  Note repeated{"run.repeated",
                "its file holds the same records once more, all or the first of them: they count once",
                {{}, {}, begin_of(other)},
                1};
  repeated.last_line = end_of(other) - 1;
  take_note(run, repeated);
}

// Fewer are no run that was printed twice: sweeps from one checkpoint share the first evaluation.
constexpr std::size_t kSameRecords = 4;

/// The first values of the measure that a run and its longer twin both have; empty: too few to be told apart.
std::vector<std::uint64_t> beginning(const Run& run) {
  const Series* series = main_series(run);
  if (series == nullptr || series->value.size() < kSameRecords) return {};
  std::vector<std::uint64_t> out;
  for (std::size_t i = 0; i < kSameRecords; ++i) out.push_back(std::bit_cast<std::uint64_t>(series->value[i]));
  return out;
}

/// The output of a batch can hold a run twice, or first as far as it had come: that is no second seed. Another recipe
/// with the same numbers is another run all the same.
void drop_repeated(std::vector<Run>& runs) {
  std::vector<Run> kept;
  std::map<std::vector<std::uint64_t>, std::vector<std::size_t>> by_beginning;
  for (Run& run : runs) {
    const auto begins = beginning(run);
    auto& alike = by_beginning[begins];
    const Config recipe = recipe_of(run.config);
    const auto twin = std::find_if(alike.begin(), alike.end(), [&](std::size_t k) {
      return (begins_with(kept[k], run) || begins_with(run, kept[k])) && recipe_of(kept[k].config) == recipe;
    });
    if (begins.empty() || twin == alike.end()) {
      if (!begins.empty()) alike.push_back(kept.size());
      kept.push_back(std::move(run));
      continue;
    }
    const bool longer = !begins_with(kept[*twin], run);
    if (longer) std::swap(kept[*twin], run);
    take_over(kept[*twin], run);
  }
  runs = std::move(kept);
}

std::vector<Run> cut(Run run, const std::vector<Restart>& all, const std::vector<Setting>& settings) {
  std::vector<std::uint32_t> from{0};
  for (const Restart& r : all)
    if (r.after == After::new_run) from.push_back(r.line);
  from.push_back(std::numeric_limits<std::uint32_t>::max());
  if (!settings.empty()) run.config.clear();
  std::vector<Run> runs;
  Settings stated(settings);
  std::uint32_t before = 0;  // end of the records of the run before
  for (std::size_t i = 0; i + 1 < from.size(); ++i) {
    Run part = slice(run, from[i], from[i + 1]);
    const std::uint32_t end = end_of(part);
    const bool last = i + 2 == from.size();
    stated.give(part, before, last ? std::numeric_limits<std::uint32_t>::max() : end);
    join_steps(part, within(all, from[i], from[i + 1]));
    say_unknown(part, within(all, from[i], from[i + 1]));
    before = end;
    runs.push_back(std::move(part));
  }
  return runs;
}

void say_split(std::vector<Run>& runs, const char* why) {
  for (Run& run : runs) {
    Note note{
        "run.split",
        fmt::format(
            "its file holds {} runs, told apart where the step counter falls back to its start: {}; what happened in "
            "several of them is noted with the first",
            runs.size(), why),
        {{}, {}, begin_of(run)},
        1};
    note.last_line = end_of(run) - 1;
    run.notes.push_back(std::move(note));
  }
}

}  // namespace

std::vector<Run> split_runs(Run run, const std::vector<Setting>& settings) {
  const auto all = restarts(run, settings);
  const auto is_new = [](const Restart& r) { return r.after == After::new_run; };
  const auto first = std::find_if(all.begin(), all.end(), is_new);
  const auto fresh = static_cast<std::size_t>(std::count_if(all.begin(), all.end(), is_new));
  std::vector<Run> runs;
  if (fresh == 0 || fresh >= kMostRuns) {
    if (fresh > 0)
      add_note(run.notes, "run.too_many",
               fmt::format("the step counter starts again {} times: too often for runs", fresh), first->line);
    join_steps(run, all);
    say_unknown(run, all);
    runs.push_back(std::move(run));
    return runs;
  }
  std::erase_if(run.notes, [](const Note& n) { return n.code == "config.changed"; });
  const std::vector<Note> notes = run.notes;
  runs = cut(std::move(run), all, settings);
  tell_once(runs, notes);
  drop_repeated(runs);
  if (runs.size() > 1) say_split(runs, first->why);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    runs[i].part = i + 1;
    runs[i].parts = runs.size();
  }
  return runs;
}

}  // namespace expanalyze
