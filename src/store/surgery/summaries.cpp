#include <fmt/format.h>

#include "store/roles.hpp"
#include "store/run_builder.hpp"
#include "store/surgery/columns.hpp"
#include "store/surgery/surgeons.hpp"
#include "text/format.hpp"

namespace expanalyze {

void note_summaries(Run& run) {
  for (const Series& s : run.series) {
    if (s.value.size() != 1 || is_measure(s.role) || !s.labels.empty()) continue;
    const Meaning said = meaning(s.logged_as);
    if (!is_measure(said.role) || said.component) continue;
    const Series* curve = find(run, said.role);
    if (curve == nullptr || curve->value.size() < 3 || curve->value.back() == s.value.front()) continue;
    add_note(run.notes, "metric.last_is_not_final",
             fmt::format("{} = {} stands once: a summary beside the curve of {}, which ends at {} and is what is "
                         "compared",
                         code_span(s.logged_as), number(s.value.front(), 6), code_span(curve->logged_as),
                         number(curve->value.back(), 6)),
             run.rows[s.rows].line.front(), s.logged_as);
  }
}

}  // namespace expanalyze
