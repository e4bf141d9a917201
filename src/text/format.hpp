// Numbers and log text as a report prints them: independent of locale, the same bytes everywhere.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "expanalyze/estimate.hpp"
#include "expanalyze/run_store.hpp"

namespace expanalyze {

/// 0.38629 → "0.3863", 103760 → "103760", 2.5e-7 → "2.5e-07"; "nan", "inf", "-inf". Whole numbers below 1e7 keep all
/// digits.
std::string number(double value, int significant = 4);
/// With a sign: "+0.0123", "−" is never used (ASCII only).
std::string signed_number(double value, int significant = 4);
/// A share: 0.1453 → "14.5 %".
std::string percent(double share, int significant = 3);
/// " (14.5 %)" for the middle of a sentence; empty when there is no share: of a baseline at 0, of nan.
std::string percent_clause(double share);
/// "0.58 [0.55, 0.61]"; without a finite interval only the value.
std::string with_interval(const Estimate& estimate, int significant = 4);
/// "[0.55, 0.61]"; empty when the interval is not finite.
std::string interval(double low, double high, int significant = 4);
/// "850 us", "1.54 ms", "12.3 s", "4 min 12 s", "4 h 54 min", "2 d 3 h".
std::string duration(double seconds);
/// "19.7 GFLOP", "3.1 EFLOP".
std::string flop_count(double flops);
/// "1.7 B" tokens, "38.4 k".
std::string count(double n);
/// As a config file would say it: 0.003, true, "adamw"; absent is "(not set)".
std::string to_text(const ConfigValue& value);

/// Log text inside a sentence or a table cell: one line, printable ASCII and UTF-8, no backtick, pipe or control
/// character, cut at `most` bytes with "…", in backticks. Never trust a log: it can hold Markdown, HTML, ANSI codes,
/// "::error".
std::string code_span(std::string_view log_text, std::size_t most = 60);
/// The same cleaning without backticks, for JSON labels and terminals.
std::string one_line(std::string_view log_text, std::size_t most = 200);

std::string join(std::span<const std::string> parts, std::string_view separator);

}  // namespace expanalyze
