// Reports filled by hand, every field with a number of its own: what a renderer forgets or mixes up shows.
#pragma once

#include "expanalyze/report.hpp"

namespace expanalyze::made_up {

/// What a log may try: Markdown, HTML, terminal codes, workflow commands, a bidirectional override, bytes that are not
/// UTF-8.
inline constexpr const char* kHostile =
    "x`|</details><script>alert(1)</script>\n::error::gone\n# Owned\x1b[31m\xe2\x80\xae\xff";

Report report();
/// The same with hostile text wherever the log's own words stand.
Report hostile_report();
SweepReport sweep();

}  // namespace expanalyze::made_up
