#include "theory/facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "stats/descriptive.hpp"
#include "store/trajectory.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

std::optional<double> setting_of(const RunStore& runs, const std::vector<RunId>& ids, Names names) {
  for (const RunId id : ids)
    if (const auto value = config_number(runs.runs[id], std::span(names.begin(), names.size()));
        value && std::isfinite(*value))
      return value;
  return std::nullopt;
}

}  // namespace

Facts::Facts(const TheoryInput& input) : input_(input) {
  for (const Finding& f : input.diagnosis.findings)
    if (f.id == input.diagnosis.headline) headline_ = &f;
}

std::optional<double> Facts::slot(Names names) const {
  if (headline_ == nullptr) return std::nullopt;
  for (const std::string_view name : names) {
    const auto it = headline_->slots.find(std::string(name));
    if (it != headline_->slots.end() && std::isfinite(it->second)) return it->second;
  }
  return std::nullopt;
}

std::optional<double> Facts::experiment(Names names) const {
  return setting_of(input_.runs, input_.comparison.experiment, names);
}

std::optional<double> Facts::baseline(Names names) const {
  return setting_of(input_.runs, input_.comparison.baseline, names);
}

std::vector<double> Facts::values(Role role, bool of_experiment) const {
  std::vector<double> all;
  for (const RunId id : of_experiment ? input_.comparison.experiment : input_.comparison.baseline) {
    const Curve curve = finite(trajectory(input_.runs.runs[id], role));
    all.insert(all.end(), curve.value.begin(), curve.value.end());
  }
  return all;
}

std::optional<double> Facts::median(Role role, bool of_experiment) const {
  const auto all = values(role, of_experiment);
  return all.empty() ? std::nullopt : std::optional(stats::median(all));
}

std::optional<double> Facts::largest(Role role, bool of_experiment) const {
  const auto all = values(role, of_experiment);
  return all.empty() ? std::nullopt : std::optional(*std::max_element(all.begin(), all.end()));
}

std::optional<double> Facts::last(Role role, bool of_experiment) const {
  std::vector<double> all;
  for (const RunId id : of_experiment ? input_.comparison.experiment : input_.comparison.baseline) {
    const Curve curve = finite(trajectory(input_.runs.runs[id], role));
    if (!curve.empty()) all.push_back(curve.value.back());
  }
  return all.empty() ? std::nullopt : std::optional(stats::mean(all));
}

std::optional<double> Facts::first(Role role, bool of_experiment) const {
  std::vector<double> all;
  for (const RunId id : of_experiment ? input_.comparison.experiment : input_.comparison.baseline) {
    const Curve curve = finite(trajectory(input_.runs.runs[id], role));
    if (!curve.empty()) all.push_back(curve.value.front());
  }
  return all.empty() ? std::nullopt : std::optional(stats::mean(all));
}

std::optional<double> Facts::peak_lr(bool of_experiment) const {
  if (const auto logged = largest(Role::lr, of_experiment)) return logged;
  const Names names{"lr", "learning_rate", "max_lr", "peak_lr"};
  return of_experiment ? experiment(names) : baseline(names);
}

std::string Facts::outcome() const {
  const FinalQuality& final = input_.review.final_quality;
  const std::string metric = code_span(input_.review.metric.name);
  if (const RunEnd* e = end(); e != nullptr && e->failed && !e->failure.empty())
    return fmt::format("{}: {}", metric, e->failure);
  if (input_.comparison.baseline.empty()) return fmt::format("{} ended at {}", metric, number(final.experiment.value));
  if (!std::isfinite(final.experiment.value) || !std::isfinite(final.baseline.value))
    return fmt::format("{} has no finite final value on both sides", metric);
  const double difference = final.experiment.value - final.baseline.value;
  const std::string range = interval(final.difference.low, final.difference.high, 3);
  return fmt::format("{} {} against {} ({}{})", metric, number(final.experiment.value), number(final.baseline.value),
                     signed_number(difference, 3), range.empty() ? "" : " " + range);
}

std::string Facts::changes() const {
  std::vector<std::string> parts;
  std::size_t left_out = 0;
  for (const ConfigDifference& d : input_.review.config_diff) {
    if (d.cls == ConfigDifference::Class::benign) continue;
    if (parts.size() == 4) {
      ++left_out;
      continue;
    }
    const auto said = [](const ConfigValue& v) {
      return std::holds_alternative<std::string>(v) ? code_span(std::get<std::string>(v), 30) : to_text(v);
    };
    parts.push_back(fmt::format("{} {} -> {}", code_span(d.key), said(d.baseline), said(d.experiment)));
  }
  if (left_out > 0) parts.push_back(fmt::format("{} more", left_out));
  return join(parts, ", ");
}

const RunEnd* Facts::end() const {
  const RunEnd* chosen = nullptr;
  for (const RunEnd& e : input_.review.ends) {
    const auto& ids = input_.comparison.experiment;
    if (std::find(ids.begin(), ids.end(), e.run) == ids.end()) continue;
    if (chosen == nullptr || (e.failed && !chosen->failed)) chosen = &e;
  }
  return chosen;
}

double Facts::steps() const {
  double most = 0;
  for (const RunEnd& e : input_.review.ends)
    if (std::find(input_.comparison.experiment.begin(), input_.comparison.experiment.end(), e.run) !=
        input_.comparison.experiment.end())
      most = std::max(most, e.last_step);
  return most;
}

double Facts::planned_steps() const { return end() != nullptr ? end()->planned_steps : 0; }

}  // namespace expanalyze
