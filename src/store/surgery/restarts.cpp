// A counter that falls back to its start can mean three things: another run was appended to the file, the run was
// resumed by a process that counts from zero again, or the key counts within an epoch. Whatever else counts decides:
// epochs and tokens that go on, a clock that goes on or falls back as well, the loss, which a new run begins anew, and
// settings that change between the two. Where nothing speaks, nothing is cut.
#include "store/surgery/restarts.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <string_view>

#include "stats/descriptive.hpp"
#include "store/surgery/columns.hpp"

namespace expanalyze {

namespace {

// One record says nothing of a run; two have a step between them.
constexpr std::size_t kLeastRecords = 2;

enum class Sign { none, goes_on, falls };

Sign sign_of(const Run& run, Role role, std::uint32_t line) {
  const Series* series = find(run, role);
  if (series == nullptr) return Sign::none;
  const double before = last_before(run, *series, line), after = first_from(run, *series, line);
  if (after > before) return Sign::goes_on;
  return after < before ? Sign::falls : Sign::none;
}

/// Records of the main series from one restart to the next.
struct Stretch {
  std::size_t begin = 0, end = 0;
  [[nodiscard]] std::size_t size() const { return end - begin; }
};

/// Where the loss of a stretch began and ended: medians of three, as single values are noisy and can be NaN.
struct Ends {
  double start = 0, end = 0;
};

Ends ends_of(const std::vector<double>& value, Stretch s) {
  std::vector<double> finite;
  for (std::size_t i = s.begin; i < s.end; ++i)
    if (std::isfinite(value[i])) finite.push_back(value[i]);
  const auto some = static_cast<std::ptrdiff_t>(std::clamp<std::size_t>(finite.size() / 2, 1, 3));
  if (finite.empty()) return {stats::median(finite), stats::median(finite)};
  return {stats::median({finite.begin(), finite.begin() + some}), stats::median({finite.end() - some, finite.end()})};
}

// A loss that moves by less than a tenth cannot tell its start from its end.
constexpr double kMoved = 0.1;

/// Does the loss go on where it was, or as the stretch before began?
Sign sign_of_loss(Ends before, Ends after) {
  const bool moved =
      std::abs(before.start - before.end) > kMoved * std::max(std::abs(before.start), std::abs(before.end));
  if (!moved || !std::isfinite(after.start)) return Sign::none;
  return std::abs(after.start - before.end) < std::abs(after.start - before.start) ? Sign::goes_on : Sign::falls;
}

/// The same over all restarts, where a single stretch moves too little: does each begin where the last one ended, or
/// where the first one began? Chance adds up as the root of their number, and twice as near is no tie.
Sign sign_over_all(const std::vector<Ends>& ends) {
  double moved = 0, to_last = 0, to_first = 0, n = 0;
  for (std::size_t k = 1; k < ends.size(); ++k) {
    const double on = std::abs(ends[k].start - ends[k - 1].end), anew = std::abs(ends[k].start - ends[0].start);
    if (!std::isfinite(on) || !std::isfinite(anew)) continue;
    moved += ends[k - 1].end - ends[k - 1].start;
    to_last += on;
    to_first += anew;
    ++n;
  }
  const double scale = kMoved * std::abs(ends.front().start);
  const double whole = std::abs(ends.back().start - ends.front().start);
  if (!(std::abs(moved) > scale * std::sqrt(n) || whole > scale)) return Sign::none;
  if (2 * to_last < to_first) return Sign::goes_on;
  return 2 * to_first < to_last ? Sign::falls : Sign::none;
}

/// The stretch begins with the values of the one before it, to the last digit: what was printed stands once more.
bool repeats(const std::vector<double>& value, Stretch before, Stretch after) {
  const auto at = [&](std::size_t i) { return value.begin() + static_cast<std::ptrdiff_t>(i); };
  const std::size_t n = std::min(before.size(), after.size());
  const bool moves =
      std::adjacent_find(at(after.begin), at(after.begin + n), std::not_equal_to<>()) != at(after.begin + n);
  return n >= 3 && moves && std::equal(at(before.begin), at(before.begin + n), at(after.begin));
}

/// The lines that state a setting at another value than the line before that stated it.
std::vector<std::uint32_t> changed_settings(const std::vector<Setting>& settings) {
  std::map<std::string_view, const ConfigValue*> known;
  std::vector<std::uint32_t> lines;
  for (const Setting& s : settings) {
    const auto [at, fresh] = known.emplace(s.key, &s.value);
    if (!fresh && *at->second != s.value) lines.push_back(s.line);
    at->second = &s.value;
  }
  return lines;
}

/// Is one of the rising lines behind the last record of one stretch, and not behind the first of the next?
bool any_between(const std::vector<std::uint32_t>& lines, std::uint32_t last, std::uint32_t first) {
  const auto at = std::upper_bound(lines.begin(), lines.end(), last);
  return at != lines.end() && *at <= first;
}

/// Epochs and clocks of their own decide alone; Sign::none: none of them is logged.
Sign sign_of_counters(const Run& run, std::uint32_t line) {
  for (const Role role : {Role::epoch, Role::tokens, Role::samples, Role::flops})
    if (const Sign sign = sign_of(run, role, line); sign != Sign::none && find(run, Role::step) != nullptr) return sign;
  return Sign::none;
}

void decide(Restart& restart, Sign counters, Sign clock, Sign loss) {
  const auto is = [&](After after, const char* why) {
    restart.after = after;
    restart.why = why;
  };
  if (counters == Sign::falls) return is(After::new_run, "epochs or tokens start again as well");
  if (counters == Sign::goes_on) return is(After::goes_on, "epochs or tokens go on");
  if (clock == Sign::falls) return is(After::new_run, "the clock starts again as well");
  if (loss == Sign::falls) return is(After::new_run, "the loss starts again as well");
  if (loss == Sign::goes_on)
    return is(After::goes_on, clock == Sign::goes_on ? "the clock and the loss go on" : "the loss goes on");
  if (clock == Sign::goes_on) is(After::goes_on, "the clock goes on");
}

/// Median of the first rises of the steps: runs log densely at first, and a new run begins as the one before it.
double spacing(const std::vector<double>& step, std::size_t begin, std::size_t end, std::size_t most) {
  std::vector<double> rise;
  for (std::size_t i = begin + 1; i < end && rise.size() < most; ++i)
    if (step[i] > step[i - 1]) rise.push_back(step[i] - step[i - 1]);
  return rise.empty() ? 0 : stats::median(rise);
}

/// Validation at step 0 comes before the first training record: the run begins where any row's step has fallen.
std::uint32_t first_line(const Run& run, std::uint32_t last_of_old, std::uint32_t first_of_new, double between) {
  std::uint32_t line = first_of_new;
  for (const Rows& rows : run.rows)
    for (std::size_t i = from_line(rows, last_of_old + 1); i < rows.line.size() && rows.line[i] < line; ++i)
      if (rows.step[i] < between) line = rows.line[i];
  return line;
}

/// The stretches between the restarts.
std::vector<Stretch> stretches(const std::vector<double>& step, const std::vector<std::uint32_t>& line) {
  std::vector<Stretch> out;
  double highest = step.empty() ? 0 : step.front();
  std::size_t begin = 0;
  for (std::size_t i = 1; i < step.size(); ++i) {
    const bool fell = step[i] < step[i - 1] && highest > step[begin] && line[i] > line[i - 1];
    if (!fell || i - begin < kLeastRecords || step[i] > step[begin] + spacing(step, begin, i, 5)) {
      highest = std::max(highest, step[i]);
      continue;
    }
    out.push_back({begin, i});
    begin = i;
    highest = step[i];
  }
  out.push_back({begin, step.size()});
  return out;
}

/// Epochs are of one length; the last may be cut, and a record more or less is a matter of rounding.
bool equally_long(const std::vector<Stretch>& all) {
  const std::size_t usual = all.front().size();
  return all.back().size() <= usual + 1 && std::all_of(all.begin(), all.end() - 1, [&](Stretch s) {
           return s.size() <= usual + 1 && s.size() + 1 >= usual;
         });
}

}  // namespace

std::vector<Restart> restarts(const Run& run, const std::vector<Setting>& settings) {
  std::vector<Restart> out;
  const Series* series = main_series(run);
  if (series == nullptr || !lines_rise(run)) return out;
  const auto& [step, line] = run.rows[series->rows];
  const auto all = stretches(step, line);
  if (all.size() < 2) return out;
  std::vector<Ends> ends;
  for (const Stretch& s : all) ends.push_back(ends_of(series->value, s));
  const bool measured = is_measure(series->role);
  const auto changes = changed_settings(settings);
  const Sign over_all = measured ? sign_over_all(ends) : Sign::none;
  for (std::size_t k = 1; k < all.size(); ++k) {
    const auto [begin, at] = all[k - 1];
    const double highest = *std::max_element(step.begin() + static_cast<std::ptrdiff_t>(begin),
                                             step.begin() + static_cast<std::ptrdiff_t>(at));
    Restart& restart = out.emplace_back();
    restart.line = first_line(run, line[at - 1], line[at], (highest + step[at]) / 2);
    restart.offset = highest + spacing(step, begin, at, at) - step[at];
    Sign loss = measured ? sign_of_loss(ends[k - 1], ends[k]) : Sign::none;
    if (loss == Sign::none) loss = over_all;
    if (repeats(series->value, all[k - 1], all[k])) loss = Sign::falls;
    decide(restart, sign_of_counters(run, restart.line), sign_of(run, Role::wall, restart.line), loss);
    if (restart.after == After::unknown && any_between(changes, line[at - 1], line[at])) {
      restart.after = After::new_run;
      restart.why = "other settings are stated";
    }
  }
  const bool silent = std::none_of(out.begin(), out.end(), [](const Restart& r) { return r.after == After::new_run; });
  if (silent && equally_long(all))
    for (Restart& restart : out)
      if (restart.after == After::unknown) {
        restart.after = After::goes_on;
        restart.why = "nothing starts again with it, in stretches of one length, as epochs have";
      }
  return out;
}

}  // namespace expanalyze
