// Where the optimizer step of a console record stands, or how epoch and batch make one.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "import/console_grammar.hpp"

namespace expanalyze {

/// The counter of one template.
struct ConsoleCounter {
  int slot = -1;          ///< counts steps, or batches of an epoch
  int epoch = -1;         ///< slot of the epoch; -1: the last one that any line stated
  bool guessed = false;   ///< no name says so: the number rises from line to line
  bool combined = false;  ///< the slot begins anew with each epoch
  double batches = std::numeric_limits<double>::quiet_NaN();  ///< of an epoch, where no "n/N" states them
};

class ConsoleAxis {
 public:
  explicit ConsoleAxis(const ConsoleGrammar& grammar);

  [[nodiscard]] const ConsoleCounter& counter(std::size_t of) const { return counters_[of]; }
  /// Epoch that holds at record i; NaN: none was stated.
  [[nodiscard]] double epoch(std::size_t i) const { return epochs_[i]; }
  /// The step of record i where no series of the log counts steps by itself.
  [[nodiscard]] std::optional<double> step(std::size_t i) const;
  /// Under which key step() is written.
  [[nodiscard]] const std::string& key() const { return key_; }
  /// Counters of several names, or of none, stand under key(): none of them is the axis by itself.
  [[nodiscard]] bool joined() const { return one_key_; }
  /// Steps planned, as "n/N" states them; NaN: not stated.
  [[nodiscard]] double planned() const { return planned_; }
  /// Both draw the same update: a bar redrawn, a line printed by each rank.
  [[nodiscard]] bool same_update(std::size_t i, std::size_t k) const;
  /// Slot whose unnamed number is the epoch ("Train: 0 [50/1251]"), -1: none.
  [[nodiscard]] int unnamed_epoch(std::size_t of) const { return unnamed_epoch_[of]; }

 private:
  void find_epochs();
  void find_counters();
  void drop_guesses();
  void agree_on_guesses();
  void agree_on_place(std::size_t best);
  void find_resets();
  void follow_bars();
  void plan();
  [[nodiscard]] bool unwanted(const ConsoleSlot& slot) const;
  [[nodiscard]] int candidate(const ConsoleTemplate& t, std::size_t of) const;

  const ConsoleGrammar& grammar_;
  std::vector<ConsoleCounter> counters_;
  std::vector<int> unnamed_epoch_;
  std::vector<double> epochs_;
  std::vector<double> from_bar_;  ///< step that a bar without metrics showed last; empty: not needed
  std::set<double> training_totals_, totals_of_an_epoch_;
  bool one_key_ = false;  ///< counters have several names, or none: all are written under key()
  double first_epoch_ = 1, planned_ = std::numeric_limits<double>::quiet_NaN();
  std::string key_ = "step";
};

}  // namespace expanalyze
