// Sentences on a page 100 columns wide that reads well raw and cannot be taken for Markdown by accident.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace expanalyze::render {

inline constexpr std::size_t kPageWidth = 100;

/// Columns on a terminal: code points, as every character that we print ourselves is one column wide.
std::size_t display_width(std::string_view text);

/// Sentences of earlier steps hold log text only inside code spans. This is the second line of defence: control
/// characters go, and a '<' that could open a tag is written &lt; outside code spans.
std::string safe_prose(std::string_view text);

/// Wrapped with `first` before the first line and `rest` before the others; a code span is never broken, and no line
/// starts with what Markdown would read as a list, heading or quote. Ends with a newline.
std::string wrapped(std::string_view text, std::string_view first = {}, std::string_view rest = {});
std::string bullet(std::string_view text);
/// With a full stop at the end unless it has a mark already.
std::string sentence(std::string_view text);
/// What to log, as a sentence: "Log the norm of ..." of "log the norm of ...", "To log: x." of "x".
std::string request_text(std::string_view request);
/// All sentences as one paragraph with an empty line after it; empty when there are none.
std::string paragraph(const std::vector<std::string>& sentences);
std::string paragraph(std::string_view text);

/// Cut to `columns` (2 or more) with "…"; a code span stays closed, and one that is the whole text is cut by ends_of().
std::string shortened(std::string_view text, std::size_t columns);
/// Cut in the middle to `columns` (3 or more): names of runs, files and keys differ at either end.
std::string ends_of(std::string_view text, std::size_t columns);
/// The end of a text that is wider than `columns`, after "…".
std::string last_columns(std::string_view text, std::size_t columns);

}  // namespace expanalyze::render
