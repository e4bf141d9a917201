// Signals of the mechanism under test, whatever they are called (science handbook A2: any numeric key of no other
// role), and what each of them did.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "diagnosis/case.hpp"
#include "stats/signal_kind.hpp"

namespace expanalyze {

/// How one signal behaved over the runs of the experiment. The shape is that of the first run.
struct SignalBehaviour {
  std::string name;                ///< as logged; of a signal logged per layer, its name without the layer
  const Series* series = nullptr;  ///< of the first run; per layer: of its first layer
  stats::SignalShape shape;
  double cap = std::numeric_limits<double>::quiet_NaN();  ///< a setting that equals its bound; NaN: none
  std::string cap_key;
  bool in_baseline = false;                   ///< the baseline logs it too
  bool as_baseline = false;                   ///< with the same median, within 0.1 %
  bool as_baseline_values = false;            ///< record for record
  bool baseline_at_rest = false;              ///< where the baseline logs it, it does not move there
  std::size_t runs = 1, runs_at_rest = 0;     ///< of the experiment that log it, and in which it rests at one value
  std::size_t layers = 0, layers_pinned = 0;  ///< logged per layer: series, and those that rest or sit at a bound
  Place where;                                ///< first record
  Place since;                                ///< record from which on it sits at its bound
  [[nodiscard]] bool constant() const { return shape.low == shape.high; }
  /// It stood still from the start: constant, or at its bound in more than 95 % of the records from the first twentieth
  /// on (D-25: pinned later is saturated).
  [[nodiscard]] bool at_rest() const { return runs > 0 && runs_at_rest == runs; }
  /// Of the experiment alone: the baseline does not log it, or logs a constant where the experiment's moves.
  [[nodiscard]] bool own() const { return !in_baseline || (baseline_at_rest && moves()); }
  [[nodiscard]] bool moves() const;  ///< varies by itself, by no plan
};

/// The signals without another role, and shares that clipping or gating logs, in the order of the log. Clocks and the
/// run's own books are none.
const std::vector<SignalBehaviour>& mechanism_signals(const Case& c);

/// What was changed has to do with this signal, by its name or that of its bound.
bool concerned(const Case& c, const SignalBehaviour& s);

/// "`gate` stood at 5 in every record", with its bound, its layers and its runs: as much as is known.
std::string say_rest(const SignalBehaviour& s);

/// The first finite record of a series at or behind a step.
Place place_at_step(const Run& run, const Series& series, double step);

/// The diagnosis speaks of the mechanism under test and not of the run around it.
bool of_a_mechanism(std::string_view diagnosis);

/// A signal whose name holds one of the words as a token: "optim/ortho_err" holds "ortho".
const Series* signal_with(const Run& run, std::initializer_list<std::string_view> words);

}  // namespace expanalyze
