#include "diagnosis/sameness.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace expanalyze {

namespace {

// A setting that changes every update shows in five digits of the loss within a few steps, in a warm-up from 0 within
// some more: with 12 changed settings of small trained models the first difference came within 12 records.
constexpr std::size_t kFewestEqual = 20;
constexpr double kFewestShare = 0.02;
// Rounding differs by one unit of the last digit when it first shows, after a record or two of growth by a few: 1 and 2
// in three pairs of single and half precision. An update left out showed as 600 and more.
constexpr double kRounding = 10;
constexpr std::size_t kNear = 3;  // records before the split in which what moved may have caused it

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

bool is_loss(const Series& series) {
  return series.labels.empty() && (series.role == Role::train_loss || series.role == Role::eval_loss);
}

/// One unit of the last digit that a log gives of a value: 0.0001 of 0.4213, 1 of 1200.
double unit_of(double value) {
  if (!std::isfinite(value) || value == 0) return std::numeric_limits<double>::infinity();
  return std::pow(10, std::floor(std::log10(std::abs(value))) + 1 - static_cast<double>(logged_digits(value)));
}

/// The baseline's series of the same name, else of the same role where each side has one.
const Series* counterpart(const Run& baseline, const Run& experiment, const Series& series) {
  for (const auto& other : baseline.series)
    if (other.labels == series.labels && other.logged_as == series.logged_as) return &other;
  return find(experiment, series.role) == &series ? find(baseline, series.role) : nullptr;
}

/// Goes through the common steps of two curves until `visit(i, j)` answers false.
template <class Visit>
void along(const Curve& a, const Curve& b, Visit visit) {
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    if (a.step[i] < b.step[j]) {
      ++i;
    } else if (a.step[i] > b.step[j]) {
      ++j;
    } else if (!visit(i++, j++)) {
      return;
    }
  }
}

struct Losses {
  Curve baseline, experiment;
  const Series* series;
};

std::vector<Losses> losses(const Run& baseline, const Run& experiment) {
  std::vector<Losses> out;
  for (const auto& series : experiment.series) {
    const Series* other = is_loss(series) ? counterpart(baseline, experiment, series) : nullptr;
    if (other) out.push_back({trajectory(baseline, *other), trajectory(experiment, series), &series});
  }
  return out;
}

void compare(const std::vector<Losses>& curves, Sameness& out) {
  for (const auto& [b, e, series] : curves) {
    out.series.push_back(series->logged_as);
    along(e, b, [&](std::size_t i, std::size_t j) {
      if (!std::isfinite(e.value[i]) && !std::isfinite(b.value[j])) return true;
      ++out.values;
      out.end = std::max(out.end, e.step[i]);
      out.digits = std::max(out.digits, logged_digits(e.value[i]));
      if (same(e.value[i], b.value[j])) {
        ++out.equal;
      } else if (!(out.split <= e.step[i])) {
        out.split = e.step[i];
        out.gap = std::abs(e.value[i] - b.value[j]);
        // A log of all digits of a double still holds what single precision computed: 2^-23.
        out.last_digit =
            std::max(std::min({unit_of(e.value[i]), unit_of(b.value[j]), unit_of(e.value[i > 0 ? i - 1 : 0])}),
                     std::abs(e.value[i]) * 0x1p-23);
        out.first_difference = place_at(*out.pair.experiment, *series, e, i);
      }
      return true;
    });
  }
  for (const auto& [b, e, series] : curves)
    along(e, b, [&](std::size_t i, std::size_t) {
      if (std::isfinite(e.value[i]) && !(e.step[i] >= out.split)) ++out.equal_before;
      return true;
    });
  if (std::isnan(out.split) && !curves.empty() && !curves.front().experiment.empty())
    out.first_difference = place_at(*out.pair.experiment, *curves.front().series, curves.front().experiment,
                                    curves.front().experiment.size() - 1);
}

/// What the process of training costs differs between any two runs.
bool about_training(const Series& series) {
  switch (series.role) {
    case Role::mechanism:
      return series.unit == Unit::one;
    case Role::lr:
    case Role::grad_norm:
    case Role::param_norm:
    case Role::update_norm:
    case Role::update_ratio:
    case Role::loss_scale:
    case Role::skipped_steps:
    case Role::clip_coefficient:
    case Role::clip_fraction:
    case Role::dead_fraction:
    case Role::saturated_fraction:
    case Role::activation_scale:
    case Role::attention_entropy:
    case Role::attention_logit:
      return true;
    default:
      return false;
  }
}

struct Departure {
  std::size_t index = 0;
  double from = 0, to = 0;
  bool found = false;
};

/// Where a signal first left the baseline's values; one that the baseline does not log, what it had been so far.
Departure departure(const Run& baseline, const Series& series, const Curve& e) {
  Departure out;
  const Series* other = nullptr;
  for (const auto& candidate : baseline.series)
    if (candidate.labels == series.labels && candidate.logged_as == series.logged_as) other = &candidate;
  if (!other) {
    for (std::size_t i = 1; i < e.size() && !out.found; ++i)
      if (!same(e.value[i], e.value[0])) out = {i, e.value[0], e.value[i], true};
    return out;
  }
  const Curve b = trajectory(baseline, *other);
  along(e, b, [&](std::size_t i, std::size_t j) {
    if (!same(e.value[i], b.value[j])) out = {i, b.value[j], e.value[i], true};
    return !out.found;
  });
  return out;
}

void find_first_mover(const Curve& loss, Sameness& out) {
  const auto at = std::lower_bound(loss.step.begin(), loss.step.end(), out.split) - loss.step.begin();
  const double from =
      at == 0 ? out.split
              : loss.step[static_cast<std::size_t>(at) - std::min<std::size_t>(kNear, static_cast<std::size_t>(at))];
  double earliest = std::numeric_limits<double>::infinity();
  bool own_before = false;
  for (const auto& series : out.pair.experiment->series) {
    if (!series.labels.empty() || !about_training(series)) continue;
    const Curve e = trajectory(*out.pair.experiment, series);
    const Departure d = departure(*out.pair.baseline, series, e);
    if (!d.found || e.step[d.index] < from || e.step[d.index] > out.split) continue;
    // At one step the experiment's own signal is the likelier cause than one that both sides log.
    const bool own = std::none_of(out.pair.baseline->series.begin(), out.pair.baseline->series.end(),
                                  [&](const Series& b) { return b.logged_as == series.logged_as; });
    if (e.step[d.index] > earliest || (e.step[d.index] == earliest && (own_before || !own))) continue;
    earliest = e.step[d.index];
    own_before = own;
    out.moved = series.logged_as;
    out.moved_at = place_at(*out.pair.experiment, series, e, d.index);
    out.moved_from = d.from;
    out.moved_to = d.to;
  }
}

}  // namespace

bool Sameness::parts_at_once() const {
  return !identical() && !std::isnan(split) && equal_before >= 2 && gap > kRounding * last_digit;
}

bool Sameness::up_to_a_step() const {
  return parts_at_once() && equal_before >= kFewestEqual && equal_share() >= kFewestShare;
}

std::size_t logged_digits(double value) {
  if (!std::isfinite(value)) return 0;
  // The shortest text that reads back as the same number: what a log that was not rounded in binary held.
  const std::string text = fmt::format("{}", std::abs(value));
  const auto exponent = text.find('e');
  std::string digits;
  for (const char ch : text.substr(0, exponent))
    if (ch != '.') digits += ch;
  const auto first = digits.find_first_not_of('0');
  if (first == std::string::npos) return 1;
  digits.erase(0, first);
  if (text.find('.') == std::string::npos && exponent == std::string::npos) return digits.size();
  return digits.find_last_not_of('0') + 1;
}

Sameness sameness(const Run& baseline, const Run& experiment) {
  Sameness out;
  out.pair = {&baseline, &experiment};
  const auto curves = losses(baseline, experiment);
  compare(curves, out);
  double longest = 0;  ///< of the losses: other columns may be logged more often
  for (const Losses& l : curves)
    for (const Curve* curve : {&l.baseline, &l.experiment})
      if (!curve->step.empty()) longest = std::max(longest, curve->step.back());
  out.covered = longest > 0 ? out.end / longest : 0;
  if (out.parts_at_once()) find_first_mover(curves.front().experiment, out);
  return out;
}

std::vector<Sameness> sameness(const Case& c) {
  std::vector<Sameness> out;
  bool by_seed = false;
  for (const RunPair& pair : matched_runs(c.baseline, c.experiment, by_seed))
    out.push_back(sameness(*pair.baseline, *pair.experiment));
  return out;
}

}  // namespace expanalyze
