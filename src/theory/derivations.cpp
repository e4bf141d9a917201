#include "theory/derivations.hpp"

#include <algorithm>
#include <cmath>

#include "text/format.hpp"
#include "theory/expressions.hpp"
#include "theory/signals.hpp"

namespace expanalyze {

std::span<const Derivation> derivations() {
  static const std::vector<Derivation> all = [] {
    std::vector<Derivation> table{
        {"newton_schulz", derive_newton_schulz,
         "Reads epsilon, cap (settings), stop_rule (a setting's text), residual, iterations (signals)."},
        {"spectral_proxies", derive_spectral_proxies,
         "Reads trace, spectral_norm, frobenius, gershgorin, residual, iterations (signals), epsilon, cap, stop_rule "
         "(settings)."},
        {"log_z", derive_log_z, "Reads log_z (signal)."},
        {"width_transfer", derive_width_transfer, "Reads lr, width, base_width (settings)."},
        {"weight_average", derive_weight_average, "Reads decay (setting)."},
    };
    for (const auto rows :
         {optimisation_assumptions(), gradient_assumptions(), model_assumptions(), outcome_assumptions()})
      for (const WorkingAssumption& row : rows)
        table.push_back({row.id, nullptr, "Reads settings and roles under any of their usual names.", &row});
    return table;
  }();
  return all;
}

TheoryUpdate derive(const Derivation& derivation, const CardInputs& inputs) {
  return derivation.derive != nullptr ? derivation.derive(inputs) : explain(*derivation.working, inputs.input());
}

const Derivation* derivation(std::string_view id) {
  const auto all = derivations();
  const auto it = std::find_if(all.begin(), all.end(), [id](const Derivation& d) { return d.id == id; });
  return it == all.end() ? nullptr : &*it;
}

std::string derivation_names() {
  std::vector<std::string> names;
  for (const Derivation& d : derivations()) names.emplace_back(d.id);
  return join(names, ", ");
}

std::string CardInputs::find(const std::string& name) const {
  const auto it = card_.inputs.find(name);
  return it == card_.inputs.end() ? std::string{} : it->second;
}

std::optional<double> CardInputs::number(const std::string& name) const {
  const std::string expression = find(name);
  if (expression.empty() || !broken_limit(expression).empty()) return std::nullopt;
  const Limit limit = evaluate(expression, input_);
  if (!limit.missing.empty() || !std::isfinite(limit.value)) return std::nullopt;
  return limit.value;
}

std::string CardInputs::text(const std::string& name) const {
  const std::string names = find(name);
  for (std::string_view key : alternatives(names)) {
    if (key.substr(0, 7) == "config.") key.remove_prefix(7);
    if (const auto* entry = setting(input_, key)) return to_text(entry->second);
  }
  return {};
}

std::string CardInputs::setting_name(const std::string& name) const {
  const std::string names = find(name);
  for (std::string_view key : alternatives(names)) {
    if (key.substr(0, 7) == "config.") key.remove_prefix(7);
    if (const auto* entry = setting(input_, key)) return code_span(entry->first);
  }
  return {};
}

std::vector<double> CardInputs::values(const std::string& name) const {
  return pooled(signals(input_.runs, input_.comparison.experiment, find(name)));
}

std::size_t CardInputs::runs(const std::string& name) const {
  return run_count(signals(input_.runs, input_.comparison.experiment, find(name)));
}

std::vector<double> CardInputs::ratios(const std::string& proxy, const std::string& target) const {
  std::vector<double> all;
  for (const SignalPair& pair : signal_pairs(input_.runs, input_.comparison.experiment, find(proxy), find(target)))
    for (std::size_t i = 0; i < pair.p.size(); ++i)
      if (pair.q[i] != 0 && std::isfinite(pair.p[i] / pair.q[i])) all.push_back(pair.p[i] / pair.q[i]);
  return all;
}

std::string CardInputs::signal_name(const std::string& name) const {
  const auto all = signals(input_.runs, input_.comparison.experiment, find(name));
  return all.empty() ? std::string{} : code_span(all.front().name);
}

}  // namespace expanalyze
