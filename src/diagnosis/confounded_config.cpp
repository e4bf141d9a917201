// D-38: two things changed at once.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "diagnosis/batch.hpp"
#include "diagnosis/levels.hpp"
#include "diagnosis/weigh.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

/// What a setting belongs to: "ns_eps" and "ns_steps" tune one mechanism, but "max_steps" and "max_lr" share a word
/// only.
std::string family(std::string_view key) {
  static constexpr std::array<std::string_view, 14> kGeneric{"max",       "min",    "num",    "n",        "use",
                                                             "train",     "eval",   "weight", "learning", "model",
                                                             "optimizer", "config", "args",   "total"};
  const auto end = key.find_first_of("_./");
  const std::string_view head = key.substr(0, end);
  const bool generic =
      end == std::string_view::npos || std::find(kGeneric.begin(), kGeneric.end(), head) != kGeneric.end();
  return std::string(generic ? key : head);
}

struct Changes {
  std::vector<std::string> said;  ///< one a family
  std::size_t settings = 0;       ///< all of them
};

Changes explicit_changes(const Case& c) {
  Changes out;
  std::vector<std::string> families;
  for (const auto& difference : c.review.config_diff) {
    if (difference.cls == ConfigDifference::Class::benign) continue;
    ++out.settings;
    const std::string of = family(difference.key);
    if (std::find(families.begin(), families.end(), of) != families.end()) continue;
    families.push_back(of);
    out.said.push_back(say_change(difference));
  }
  return out;
}

bool differs(double ratio) { return std::isfinite(ratio) && std::abs(std::log(ratio)) > std::log(1.05); }

/// The learning rate at the end as a share of its peak: a run that stopped early is `truncated_run`, not another
/// length.
double lr_left(const Run& run) {
  const Curve lr = finite(trajectory(run, Role::lr));
  return lr.empty() ? 0 : lr.value.back() / *std::max_element(lr.value.begin(), lr.value.end());
}

/// What logs without a config still tell: batch, learning rate, length, size of the model (D0.5).
Changes inferred_changes(const Case& c) {
  std::vector<std::string> said;
  const BatchChange batch = batch_change(c);
  const double steps = mean_over(c.experiment, [](const Run& r) { return last_step(r); }) /
                       mean_over(c.baseline, [](const Run& r) { return last_step(r); });
  if (differs(batch.ratio())) said.push_back(fmt::format("{}x {} per step", number(batch.ratio(), 3), batch.unit));
  // Fewer steps of a larger batch over the same data are one decision.
  const bool stopped = steps < 1 && mean_over(c.experiment, lr_left) > 0.2 && mean_over(c.baseline, lr_left) < 0.1;
  if (!stopped && differs(steps) && differs(steps * batch.ratio()))
    said.push_back(fmt::format("{}x the steps", number(steps, 3)));
  if (const double lr = peak_lr_ratio(c); differs(lr))
    said.push_back(fmt::format("{}x the largest learning rate", number(lr, 3)));
  const double size = mean_over(c.experiment, flops_per_token) / mean_over(c.baseline, flops_per_token);
  if (differs(size)) said.push_back(fmt::format("{}x FLOPs per token", number(size, 3)));
  const std::size_t count = said.size();
  return {std::move(said), count};
}

Outcome detect(const Case& c) {
  const Changes found = c.review.config_known ? explicit_changes(c) : inferred_changes(c);
  const std::vector<std::string>& changes = found.said;
  const std::string in_all =
      found.settings > changes.size() ? fmt::format(" in {} settings", found.settings) : std::string{};
  Scored out;
  out.slots = {{"differences", static_cast<double>(changes.size())}};
  out.looked_at = fmt::format(
      "{} consequential difference{}{} {}", changes.size(), changes.size() == 1 ? "" : "s", in_all,
      c.review.config_known ? "of the configs" : "seen in the logs; without configs others cannot be excluded");
  if (changes.size() < 2) {
    out.evidence.push_back({out.looked_at,
                            exact(static_cast<double>(changes.size())),
                            c.review.config_known ? -kStrong : -kModerate,
                            1,
                            0,
                            {}});
    if (!c.review.config_known) out.missing_weight = kStrong;
    return out;
  }
  const std::vector<std::string> shown(
      changes.begin(), changes.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(4, changes.size())));
  out.evidence.push_back({fmt::format("{}: {}", out.looked_at, join(shown, "; ")),
                          exact(static_cast<double>(changes.size())),
                          c.review.config_known ? kDecisive : kStrong,
                          1,
                          0,
                          {}});
  // It weakens every other sentence (D0.5) but explains nothing itself, so it never takes the headline from a
  // mechanism.
  out.effect_share = 0;
  out.soul = fmt::format("{} things changed at once{} ({}, {}{}); this comparison cannot say which one spoke.",
                         changes.size() == 2 ? "Two" : number(static_cast<double>(changes.size())), in_all, changes[0],
                         changes[1], changes.size() > 2 ? ", …" : "");
  return out;
}

}  // namespace

constinit const Detector confounded_config{.id = "confounded_config", .prior = kCommon, .detect = detect, .doc = R"(
## What it looks for
More than one consequential difference between the configs; without configs, more than one of batch, length, learning rate and FLOPs per token
as the logs show them. Settings with one prefix count once, and so do more steps of a smaller batch over the same data.
## Why it matters
A difference of two changes cannot be split; every other sentence of the report loses weight by it.
## False alarms and misses
Changes that belong together by design look like two. Differences that neither config nor log holds are not seen.
## Reference
Science handbook D-38, D0.5.
)"};

}  // namespace expanalyze
