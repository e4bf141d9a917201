#include "expanalyze/run_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace expanalyze {

namespace {

constexpr auto kNames = std::to_array<std::string_view>({
    "none",
    "step",
    "epoch",
    "tokens",
    "samples",
    "wall",
    "timestamp",
    "flops",
    "train_loss",
    "eval_loss",
    "eval_metric",
    "train_metric",
    "lr",
    "grad_norm",
    "param_norm",
    "update_norm",
    "update_rms",
    "update_ratio",
    "layer_grad_norm",
    "step_time",
    "throughput",
    "memory",
    "loss_scale",
    "skipped_steps",
    "clip_coefficient",
    "clip_fraction",
    "dead_fraction",
    "saturated_fraction",
    "activation_scale",
    "attention_entropy",
    "attention_logit",
    "output_logit",
    "log_z",
    "second_moment",
    "sharpness",
    "effective_rank",
    "mechanism",
});
static_assert(kNames.size() == static_cast<std::size_t>(Role::mechanism) + 1);

std::string broken_rows(const Run& run) {
  for (std::size_t r = 0; r < run.rows.size(); ++r) {
    const auto& [step, line] = run.rows[r];
    if (step.size() != line.size()) return fmt::format("rows {}: {} steps, {} lines", r, step.size(), line.size());
    for (const auto n : line)
      if (n == 0 || n > run.lines) return fmt::format("rows {}: line {} of {}", r, n, run.lines);
  }
  return {};
}

std::string broken_series(const Run& run) {
  std::set<std::pair<std::string, Labels>> seen;
  for (const auto& s : run.series) {
    if (s.rows >= run.rows.size())
      return fmt::format("{}: stands on rows {} of {}", s.logged_as, s.rows, run.rows.size());
    if (s.value.size() != run.rows[s.rows].step.size())
      return fmt::format("{}: {} values on {} rows", s.logged_as, s.value.size(), run.rows[s.rows].step.size());
    if (s.role == Role::none) return fmt::format("{}: has no role", s.logged_as);
    if (!std::is_sorted(s.labels.begin(), s.labels.end())) return fmt::format("{}: labels are not sorted", s.logged_as);
    if (!seen.insert({s.logged_as, s.labels}).second) return fmt::format("{}: stands twice in the store", s.logged_as);
  }
  return {};
}

std::string broken_roles(const Run& run) {
  for (const auto& choice : run.roles) {
    const auto has_it = [&](const Series& s) { return s.role == choice.role && s.logged_as == choice.logged_as; };
    if (std::none_of(run.series.begin(), run.series.end(), has_it))
      return fmt::format("role {}: no series {}", to_string(choice.role), choice.logged_as);
  }
  return {};
}

std::string broken_lines(const Run& run) {
  if (run.lines_understood > run.lines)
    return fmt::format("{} of {} lines understood", run.lines_understood, run.lines);
  if (run.parts > 1) return {};  // the runs of a file account for its lines together
  std::size_t noted = 0;
  for (const auto& note : run.notes)
    if (note.code.substr(0, 5) == "line." || note.code.substr(0, 7) == "record.") noted += note.count;
  if (run.lines_understood + noted < run.lines)
    return fmt::format("{} lines: {} understood, {} noted", run.lines, run.lines_understood, noted);
  return {};
}

}  // namespace

std::string_view to_string(Role role) { return kNames[static_cast<std::size_t>(role)]; }

std::optional<Role> role_from(std::string_view word) {
  const auto found = std::find(kNames.begin(), kNames.end(), word);
  if (found == kNames.end() || found == kNames.begin()) return std::nullopt;
  return static_cast<Role>(found - kNames.begin());
}

const Series* find(const Run& run, Role role) {
  const auto choice =
      std::find_if(run.roles.begin(), run.roles.end(), [&](const RoleChoice& c) { return c.role == role; });
  const Series* any = nullptr;
  for (const auto& s : run.series) {
    if (s.role != role || !s.labels.empty()) continue;
    if (choice != run.roles.end() && s.logged_as == choice->logged_as) return &s;
    if (any == nullptr) any = &s;
  }
  return any;
}

std::vector<const Series*> find_all(const Run& run, Role role) {
  std::vector<const Series*> all;
  for (const auto& s : run.series)
    if (s.role == role) all.push_back(&s);
  return all;
}

std::string broken_invariant(const Run& run) {
  for (auto* check : {&broken_rows, &broken_series, &broken_roles, &broken_lines})
    if (auto breach = (*check)(run); !breach.empty()) return breach;
  return {};
}

}  // namespace expanalyze
