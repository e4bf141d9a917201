// Batches that stand out of a training loss, and where their places repeat: in the other run, or in each epoch.
#pragma once

#include <vector>

#include "diagnosis/case.hpp"

namespace expanalyze {

/// ln of the loss above the 16 records before, of a record at robust z > 8 or an increment at z > 6. A batch a fifth
/// above the rest is odd; clean logs have some: 3 to 9 a run in seven public per-step logs, at most 0.16 % of the
/// records.
inline constexpr double kOdd = 0.2;
inline constexpr std::size_t kFewestOdd = 3;

struct Odd {
  const RunEvents* run;
  std::size_t index;  ///< into RunEvents::loss
  bool spike;         ///< the onset of a persistent spike
  double height;      ///< in ln loss
};
std::vector<Odd> odd_batches(const RunEvents& run);
std::vector<Odd> odd_batches(const std::vector<RunEvents>& runs);

/// What an experiment's run shares with the run of the baseline that it shares most with.
struct SharedOdd {
  std::vector<Odd> odd;
  std::size_t own = 0, of_baseline = 0;
  double p = 1;  ///< of so many by chance, over all pairs of runs
};
/// Empty where the review does not call the runs paired.
SharedOdd most_shared(const Case& c);

/// Odd batches at one phase of the epoch: the same samples again.
struct Recurrence {
  std::size_t count = 0;
  double steps_per_epoch = 0;  ///< 0: not known
  double p = 1;                ///< of so many at one phase by chance
};
Recurrence recurrence(const RunEvents& run);

}  // namespace expanalyze
