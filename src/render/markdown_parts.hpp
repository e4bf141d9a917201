// The sections of the Markdown report, in the order of the page, and the words that they share.
#pragma once

#include <string>

#include "expanalyze/report.hpp"

namespace expanalyze::render {

std::string review_section(const Report& report);
std::string alone_section(const Report& report);  ///< step 1 of one side without a baseline
/// The parts of step 1 that both have.
std::string curves(const Review& review);
std::string failures(const Report& report);
std::string forecasts(const Review& review);
std::string seed_sd_text(const FinalQuality& final);
std::string diagnosis_section(const Diagnosis& diagnosis);
std::string theory_section(const Theory& theory);
std::string recipe_section(const Report& report);
std::string inputs_section(const Report& report);

/// "0.58 [0.55, 0.61]", or the value with the reason why it has no interval: "0.58 (one seed)".
std::string estimate_text(const Estimate& estimate, bool with_sign = false);
/// The same as a share: "+3.1 % [+2 %, +4.2 %]".
std::string relative_text(const Estimate& estimate);
/// "very likely (0.93)".
std::string likelihood(double probability);
/// "val_loss" → "`val_loss`, lower is better".
std::string metric_words(const Metric& metric);
/// "not_assessable" → "not assessable".
std::string spaced(std::string_view code);
/// "(`run`, `series`, line 3, step 120)"; empty for nowhere.
std::string place_text(const Place& place);
/// "train_loss ← `loss` (exact name; not `aux_loss`)".
std::string role_text(const RoleChoice& choice);
std::string config_diff_table(const std::vector<ConfigDifference>& differences);
/// Log text for a code block: cleaned like a code span, without the backticks.
std::string in_block(std::string_view log_text, std::size_t most = 90);

/// Findings below this are in the JSON only: a reader can do nothing with what is more likely wrong than right.
inline constexpr double kShownFrom = 0.33;

}  // namespace expanalyze::render
