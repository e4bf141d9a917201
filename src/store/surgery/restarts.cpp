// A counter that falls back to its start can mean three things: another run was appended to the file, the run was
// resumed by a process that counts from zero again, or the key counts within an epoch. Whatever else counts decides:
// epochs and tokens that go on, a clock that goes on or falls back as well, and the loss, which a new run begins anew.
#include "store/surgery/restarts.hpp"

#include <algorithm>
#include <cmath>

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

/// Median of three: the first values of a run are noisy, and one can be NaN.
double middle(const std::vector<double>& value, std::size_t from, std::size_t to) {
  std::vector<double> finite;
  for (std::size_t i = from; i < std::min(to, value.size()); ++i)
    if (std::isfinite(value[i])) finite.push_back(value[i]);
  return stats::median(finite);
}

/// Does the loss go on where it was (records [begin, at) before, from `at` on after), or as the run before it began?
Sign sign_of_loss(const Series& series, std::size_t begin, std::size_t at) {
  const double start = middle(series.value, begin, std::min(begin + 3, at));
  const double end = middle(series.value, at - std::min<std::size_t>(3, at - begin), at);
  const double now = middle(series.value, at, at + 3);
  // A loss that fell by less than a tenth cannot tell its start from its end.
  if (!(std::abs(start - end) > 0.1 * std::max(std::abs(start), std::abs(end))) || !std::isfinite(now))
    return Sign::none;
  return std::abs(now - end) < std::abs(now - start) ? Sign::goes_on : Sign::falls;
}

void decide(Restart& restart, const Run& run, const Series& series, std::size_t begin, std::size_t at,
            std::uint32_t line) {
  for (const Role role : {Role::epoch, Role::tokens, Role::samples, Role::flops}) {
    const Sign sign = sign_of(run, role, line);
    if (sign == Sign::none || find(run, Role::step) == nullptr) continue;
    restart.new_run = sign == Sign::falls;
    restart.why = sign == Sign::falls ? "epochs or tokens start again as well" : "epochs or tokens go on";
    return;
  }
  const Sign clock = sign_of(run, Role::wall, line);
  const Sign loss = is_measure(series.role) ? sign_of_loss(series, begin, at) : Sign::none;
  restart.new_run = clock == Sign::falls || (clock == Sign::none ? loss != Sign::goes_on : loss == Sign::falls);
  if (clock == Sign::falls)
    restart.why = "the clock starts again as well";
  else if (loss == Sign::falls)
    restart.why = "the loss starts again as well";
  else if (loss == Sign::goes_on)
    restart.why = clock == Sign::goes_on ? "the clock and the loss go on" : "the loss goes on";
  else
    restart.why = clock == Sign::goes_on ? "the clock goes on" : "nothing says that it goes on";
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

}  // namespace

std::vector<Restart> restarts(const Run& run) {
  std::vector<Restart> out;
  const Series* series = main_series(run);
  if (series == nullptr || !lines_rise(run)) return out;
  const auto& [step, line] = run.rows[series->rows];
  double highest = step.empty() ? 0 : step.front();
  for (std::size_t begin = 0, i = 1; i < step.size(); ++i) {
    const bool fell = step[i] < step[i - 1] && highest > step[begin] && line[i] > line[i - 1];
    if (!fell || i - begin < kLeastRecords || step[i] > step[begin] + spacing(step, begin, i, 5)) {
      highest = std::max(highest, step[i]);
      continue;
    }
    Restart restart;
    restart.line = first_line(run, line[i - 1], line[i], (highest + step[i]) / 2);
    restart.offset = highest + spacing(step, begin, i, i) - step[i];
    decide(restart, run, *series, begin, i, restart.line);
    out.push_back(restart);
    begin = i;
    highest = step[i];
  }
  return out;
}

}  // namespace expanalyze
