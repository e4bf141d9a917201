// One file each: what can have happened to a log, how it is seen, and what is done about it.
#pragma once

#include "expanalyze/run_store.hpp"

namespace expanalyze {

/// Evaluation rows that hold the epoch, or 0, under the key that counts updates elsewhere: they take the step of the
/// training row before them.
void mend_mixed_axes(Run& run);

/// Every rank, or every micro-batch, logs each step: the mean is taken where the copies differ.
void merge_ranks(Run& run);

/// Numbers that stand for "unknown": taken out where no such value can be measured, else only counted.
void take_out_sentinels(Run& run);

/// An evaluation that is repeated on every row until the next one: one value an evaluation is kept.
void thin_forward_filled(Run& run);

/// A loss or metric that never changes again.
void note_frozen(Run& run);

/// A clock in another unit than seconds that its name does not say, where timestamps stand beside it.
void mend_clock_unit(Run& run);

/// Pauses and restarts of the clock.
void note_clock(Run& run);

/// Rewinds to an earlier step, and records that stand twice.
void note_rewinds(Run& run);

/// Final numbers beside a curve of the same kind.
void note_summaries(Run& run);

}  // namespace expanalyze
