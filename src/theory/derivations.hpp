// Re-derivations that a card can name: the mathematics with the numbers of the run filled in.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "expanalyze/theory.hpp"
#include "theory/theory_input.hpp"
#include "theory/working_assumptions.hpp"

namespace expanalyze {

/// What a derivation reads, under the names of the card's [inputs].
class CardInputs {
 public:
  CardInputs(const TheoryInput& input, const TheoryCard& card) : input_(input), card_(card) {}
  [[nodiscard]] const TheoryInput& input() const { return input_; }
  /// A number from the config (or max.SIGNAL); nullopt: the card does not name it, or no log has it.
  [[nodiscard]] std::optional<double> number(const std::string& name) const;
  /// A setting as text; empty like number().
  [[nodiscard]] std::string text(const std::string& name) const;
  /// All finite values of a signal in the experiment's runs.
  [[nodiscard]] std::vector<double> values(const std::string& name) const;
  [[nodiscard]] std::size_t runs(const std::string& name) const;
  /// proxy / target at common steps.
  [[nodiscard]] std::vector<double> ratios(const std::string& proxy, const std::string& target) const;
  /// As logged, in backticks; empty when it is not logged.
  [[nodiscard]] std::string signal_name(const std::string& name) const;
  [[nodiscard]] std::string setting_name(const std::string& name) const;  ///< key in backticks

 private:
  [[nodiscard]] std::string find(const std::string& name) const;
  const TheoryInput& input_;
  const TheoryCard& card_;
};

/// Either reads the card's inputs, or is a working assumption of a diagnosis, which reads settings and roles.
struct Derivation {
  std::string_view id;
  TheoryUpdate (*derive)(const CardInputs& inputs);  ///< nullptr: `working` writes it
  std::string_view doc;                              ///< which inputs it reads
  const WorkingAssumption* working = nullptr;
};

/// With the numbers of this run.
TheoryUpdate derive(const Derivation& derivation, const CardInputs& inputs);

std::span<const Derivation> derivations();
const Derivation* derivation(std::string_view id);
std::string derivation_names();

TheoryUpdate derive_newton_schulz(const CardInputs& inputs);
TheoryUpdate derive_spectral_proxies(const CardInputs& inputs);
TheoryUpdate derive_log_z(const CardInputs& inputs);
TheoryUpdate derive_width_transfer(const CardInputs& inputs);
TheoryUpdate derive_weight_average(const CardInputs& inputs);

/// The least tolerance on the root-mean-square residual that the tuned iteration meets on entering its band: 1.1 times
/// the top of its floor, in steps of 0.05 (0.45), and its value relative to a given one.
double live_tolerance();

}  // namespace expanalyze
