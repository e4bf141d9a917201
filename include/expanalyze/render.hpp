// From a Report to bytes. Renderers compute nothing: every number they print is in the Report.
#pragma once

#include <string>
#include <vector>

#include "expanalyze/inspection.hpp"
#include "expanalyze/report.hpp"
#include "expanalyze/verify.hpp"

namespace expanalyze {

std::string render_markdown(const Report& report);
std::string render_json(const Report& report);  ///< docs/reference/report.schema.json
std::string render_markdown(const SweepReport& report);
std::string render_json(const SweepReport& report);
std::string render_markdown(const Verification& verification);
std::string render_json(const Verification& verification);
std::string render_markdown(const Inspection& inspection);
std::string render_json(const Inspection& inspection);  ///< docs/reference/inspect.schema.json

/// The series of one run that a table is made of.
struct PickedSeries {
  const Run* run = nullptr;
  std::vector<const Series*> series;
};
/// Rows in the order of the logs: `step,value,line`, before them the labels of several series and the run's name.
std::string render_csv(const std::vector<PickedSeries>& picked, bool with_run);

std::string_view version();  ///< "0.1.0"

}  // namespace expanalyze
