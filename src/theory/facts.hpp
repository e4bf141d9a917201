// The numbers of a comparison that a working assumption is written from. Everything may be absent: sentences are then
// left out.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "theory/theory_input.hpp"

namespace expanalyze {

using Names = std::initializer_list<std::string_view>;

class Facts {
 public:
  explicit Facts(const TheoryInput& input);

  [[nodiscard]] const TheoryInput& input() const { return input_; }
  /// The finding that the headline names; nullptr for headlines that are none.
  [[nodiscard]] const Finding* headline() const { return headline_; }
  /// First finite slot of the headline by any of these names.
  [[nodiscard]] std::optional<double> slot(Names names) const;

  /// A setting of the first run of a side.
  [[nodiscard]] std::optional<double> experiment(Names names) const;
  [[nodiscard]] std::optional<double> baseline(Names names) const;

  /// All finite values of the best series of a role over a side's runs, in steps order run by run.
  [[nodiscard]] std::vector<double> values(Role role, bool of_experiment) const;
  [[nodiscard]] std::optional<double> median(Role role, bool of_experiment) const;
  [[nodiscard]] std::optional<double> largest(Role role, bool of_experiment) const;
  /// Mean over the runs of the last value.
  [[nodiscard]] std::optional<double> last(Role role, bool of_experiment) const;
  [[nodiscard]] std::optional<double> first(Role role, bool of_experiment) const;

  /// The largest logged learning rate, else the configured one.
  [[nodiscard]] std::optional<double> peak_lr(bool of_experiment) const;

  /// "`val_loss` ended at 0.51 against 0.38 (difference +0.13 [0.11, 0.15])".
  [[nodiscard]] std::string outcome() const;
  /// Settings that differ, at most four: "`lr` 0.003 -> 0.03"; empty without any.
  [[nodiscard]] std::string changes() const;
  [[nodiscard]] double steps() const;          ///< of the longest experiment run; 0: unknown
  [[nodiscard]] double planned_steps() const;  ///< 0: unknown
  /// Experiment's RunEnd with the worst fate: a failed one, else the first.
  [[nodiscard]] const RunEnd* end() const;

 private:
  const TheoryInput& input_;
  const Finding* headline_ = nullptr;
};

}  // namespace expanalyze
