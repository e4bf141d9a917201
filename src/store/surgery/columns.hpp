// Hands for the surgeons: the rows that matter, and cuts that leave the store in order.
#pragma once

#include <cstdint>
#include <vector>

#include "expanalyze/run_store.hpp"

namespace expanalyze {

/// Losses and metrics: what a verdict can rest on.
bool is_measure(Role role);

/// The longest loss or metric; without any the longest series; nullptr: no values at all.
const Series* main_series(const Run& run);

/// Lines never fall within any Rows: a document of parallel arrays has no order that could tell runs apart.
bool lines_rise(const Run& run);

/// The first index whose line is not before `line`.
std::size_t from_line(const Rows& rows, std::uint32_t line);

/// The last value logged before `line`, and the first one from there on; NaN: none.
double last_before(const Run& run, const Series& series, std::uint32_t line);
double first_from(const Run& run, const Series& series, std::uint32_t line);

/// Keeps these values (rising indices) of a series and gives it rows of its own.
void keep_only(Run& run, Series& series, const std::vector<std::size_t>& kept);

/// Series without values go, with the rows that nothing stands on and the role choices that nothing backs.
void drop_empty(Run& run);

/// The run as its lines from <= line < to tell it; notes about lines within and without are left out.
Run slice(const Run& run, std::uint32_t from, std::uint32_t to);

}  // namespace expanalyze
