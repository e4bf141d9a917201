// The usual decimal number at the front of a text, fast. What is unusual is left to the caller's careful parser.
#pragma once

namespace expanalyze {

/// Reads -?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)? from [text, end) into `value`, rounded to nearest, and answers what
/// follows it; nullptr for anything else, for "-0" and for what does not fit a double. A byte that belongs to no number
/// must stand at `end`.
const char* scan_number(const char* text, const char* end, double& value);

}  // namespace expanalyze
