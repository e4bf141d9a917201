#include "diagnosis/inert_equal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnosis/paired_gap.hpp"
#include "diagnosis/weigh.hpp"
#include "stats/distributions.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

// A mechanism that was off for this share of the run can move the end only by what the rest gained.
constexpr double kLate = 0.8;

std::string names(const std::vector<std::string>& series) {
  std::vector<std::string> out;
  for (const auto& name : series) out.push_back(code_span(name));
  return join(out, ", ");
}

std::string in_pairs(std::size_t n) { return n > 1 ? fmt::format(" of {} pairs of runs", n) : std::string{}; }

void weigh_identical(const std::vector<Sameness>& all, Scored& out, EqualityFound& found) {
  std::size_t values = 0, equal = 0, digits = 0;
  for (const Sameness& s : all) {
    values += s.values;
    equal += s.equal;
    digits = std::max(digits, s.digits);
  }
  found.kind = Equality::bit_for_bit;
  found.clause = fmt::format("all {} logged losses are the baseline's to the last of up to {} digits", values, digits);
  std::string text = fmt::format("{} of {} values of {}{} are the baseline's to the last of up to {} logged digits",
                                 equal == values ? "all" : fmt::format("{}", equal), values, names(all.front().series),
                                 in_pairs(all.size()), digits);
  Place where = all.front().first_difference;
  if (equal != values) {
    found.clause = fmt::format("{} of {} logged losses are the baseline's to the last digit", equal, values);
    const auto other = std::find_if(all.begin(), all.end(), [](const Sameness& s) { return !std::isnan(s.split); });
    text += fmt::format("; the first other one stands at step {}", number(other->split));
    where = other->first_difference;
  }
  out.evidence.push_back({text,
                          exact(static_cast<double>(equal) / static_cast<double>(values), values),
                          kDecisive,
                          equal == values ? 1 : 0.9,
                          0,
                          {where}});
}

/// "at step 113" or "at steps 17 to 113".
std::string split_steps(const std::vector<Sameness>& all) {
  double low = std::numeric_limits<double>::infinity(), high = 0;
  for (const Sameness& s : all) {
    if (std::isnan(s.split)) continue;
    low = std::min(low, s.split);
    high = std::max(high, s.split);
  }
  return low == high ? fmt::format("step {}", number(low)) : fmt::format("steps {} to {}", number(low), number(high));
}

void weigh_split(const Case& c, const std::vector<Sameness>& all, Scored& out, EqualityFound& found) {
  double equal = 0;
  std::size_t before = 0, split = 0;
  const Sameness* first = nullptr;
  for (const Sameness& s : all) {
    equal += s.identical() ? 1 : s.equal_share();
    before += s.identical() ? s.values : s.equal_before;
    if (s.identical()) continue;
    ++split;
    if (!first || s.split < first->split) first = &s;
  }
  equal /= static_cast<double>(all.size());
  found.kind = Equality::up_to_a_step;
  // Most runs never saw it act, or none saw it before the end.
  found.late = (equal >= kLate || 2 * split < all.size()) && !c.worse && !c.better;
  const std::string when = split_steps(all);
  std::string text =
      fmt::format("{} values of {} are the baseline's to the last digit up to {}, then they part by {} at once", before,
                  names(first->series), when, number(first->gap, 2));
  if (all.size() > 1) text += fmt::format(" ({} of {} pairs of runs part)", split, all.size());
  if (!first->moved.empty())
    text += fmt::format("; the first to move was {}, from {} to {} at step {}", code_span(first->moved),
                        number(first->moved_from), number(first->moved_to), number(first->moved_at.step));
  else
    text += "; no other logged signal moved there";
  found.clause = 2 * split < all.size()
                     ? fmt::format("it acted in {} of {} runs; every logged loss of the others is the baseline's",
                                   split, all.size())
                     : fmt::format(
                           "it acted only in the last {} of training: before {} every logged loss is the "
                           "baseline's",
                           percent(1 - equal, 2), when);
  found.seen = text;
  std::vector<Place> where{first->first_difference};
  if (!first->moved.empty()) where.push_back(first->moved_at);
  out.slots["switched_on_at"] = first->split;
  // A switch is no rest: from there on the experiment was another run. Late, and with an end within noise, it hardly
  // was.
  out.evidence.push_back({text, exact(equal, before), found.late ? kStrong : -kModerate, 1, 'e', where});
}

/// Does the mechanism's own signal lead the paired difference? Then it acts, however small the effect.
bool weigh_coefficient(const std::vector<Gap>& gaps, const std::vector<SignalBehaviour>& signals, Scored& out) {
  std::size_t tried = 0;
  for (const auto& s : signals) tried += s.moves() && s.own() ? gaps.size() : 0;
  for (const auto& s : signals) {
    if (!s.moves() || !s.own()) continue;
    for (const Gap& gap : gaps) {
      const auto& series = gap.pair.experiment->series;
      const auto own = std::find_if(series.begin(), series.end(), [&](const Series& x) {
        return x.logged_as == s.series->logged_as && x.labels == s.series->labels;
      });
      if (own == series.end()) continue;
      const LeadLag lead = lead_lag(finite(trajectory(*gap.pair.experiment, *own)), gap.curve, tried);
      if (!lead.found() || lead.lag < 0) continue;
      out.evidence.push_back(
          {fmt::format("the paired difference of the losses follows {} after {} records: correlation {} of {} whitened "
                       "records, beyond {}",
                       code_span(s.name), lead.lag, signed_number(lead.correlation, 2), lead.n,
                       number(lead.threshold, 2)),
           bare(lead.correlation, "rank_correlation_of_whitened", lead.n),
           -kStrong,
           1,
           0,
           {s.where}});
      return true;
    }
  }
  return false;
}

void weigh_gap(const Case& c, const std::vector<SignalBehaviour>& signals, Scored& out, EqualityFound& found) {
  const auto gaps = paired_gaps(c);
  if (gaps.empty()) return;
  const GapLevel late = gap_level(c, gaps, 0.5, 1);
  const double interest = gap_of_interest(c);
  if (late.pairs == 0) return;
  const bool acts = weigh_coefficient(gaps, signals, out);
  const Gap& gap = gaps.front();
  const double half = 0.5 * gap.curve.step.back();
  const auto at = std::lower_bound(gap.curve.step.begin(), gap.curve.step.end(), half) - gap.curve.step.begin();
  const Place where = place_at(*gap.pair.experiment, *gap.series, gap.curve, static_cast<std::size_t>(at));
  const std::string what =
      fmt::format("the paired difference of {} averages {} over the second half ({} records{})",
                  code_span(gap.series->logged_as), signed_number(late.mean, 3), late.records, in_pairs(late.pairs));
  Estimate size{late.mean, late.mean - 1.645 * late.within, late.mean + 1.645 * late.within, 0.9, late.records, {}};
  // B4.3 at a third of the smallest difference of interest: these runs, so their own standard error.
  if (std::max(std::abs(size.low), std::abs(size.high)) < interest / 3) {
    if (acts) return;
    if (found.kind == Equality::none) {
      found.kind = Equality::within_noise;
      found.clause =
          fmt::format("its loss differs from the baseline's by {} {} over the second half, within +-{}",
                      signed_number(late.mean, 2), interval(size.low, size.high, 2), number(interest / 3, 2));
    }
    out.evidence.push_back({fmt::format("{}, 90 % interval {}: inside +-{}, a third of what would matter", what,
                                        interval(size.low, size.high, 3), number(interest / 3, 3)),
                            size,
                            kStrong,
                            1,
                            'e',
                            {where}});
    return;
  }
  // Against the null of no effect stands the luck of seeds, not the noise of records.
  const bool known = late.pairs > 1 || std::isfinite(interest);
  const double t = late.total > 0 ? std::abs(late.mean) / late.total : 0;
  const double needed = stats::student_t_quantile(0.995, late.df);
  if (known && t > needed) {
    size.low = late.mean - needed * late.total;
    size.high = late.mean + needed * late.total;
    size.confidence = 0.99;
    out.evidence.push_back(
        {fmt::format("{}, 99 % interval over seeds {}: the change acts", what, interval(size.low, size.high, 3)),
         size,
         -kDecisive,
         1,
         'd',
         {where}});
  }
}

}  // namespace

EqualityFound weigh_equality(const Case& c, const std::vector<SignalBehaviour>& signals, Scored& out) {
  EqualityFound found;
  const auto all = sameness(c);
  const auto identical = [](const Sameness& s) { return s.identical(); };
  // One pair that was equal for long vouches for the others, which parted sooner.
  const auto parts = [](const Sameness& s) { return s.identical() || s.parts_at_once(); };
  const auto long_equal = [](const Sameness& s) { return s.identical() || s.up_to_a_step(); };
  if (!all.empty() && std::all_of(all.begin(), all.end(), identical))
    weigh_identical(all, out, found);
  else if (std::any_of(all.begin(), all.end(), long_equal) && std::all_of(all.begin(), all.end(), parts))
    weigh_split(c, all, out, found);
  if (found.kind != Equality::bit_for_bit) weigh_gap(c, signals, out, found);
  return found;
}

}  // namespace expanalyze
