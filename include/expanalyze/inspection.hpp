// What was understood of logs, before anything is judged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "expanalyze/run_store.hpp"

namespace expanalyze {

/// A value where it was logged; line 0 and NaN: there is none.
struct LoggedPoint {
  double step = std::numeric_limits<double>::quiet_NaN(), value = std::numeric_limits<double>::quiet_NaN();
  std::uint32_t line = 0;
};

/// A column in short, every row of it: rewinds stay in.
struct SeriesFacts {
  std::string name, logged_as;
  Role role = Role::none;
  Unit unit = Unit::one;
  Labels labels;
  std::size_t n = 0, non_finite = 0;
  LoggedPoint first, last;  ///< in the order of the log
  LoggedPoint min, max;     ///< of the finite values, the first of equal ones
};

/// Series that differ in the values of their labels alone: one a layer, one a data set.
struct SeriesGroup {
  std::string name;                 ///< common to all
  std::string labels;               ///< "layer 0..23", "proj k, q, v"; empty: one series without labels
  std::vector<std::size_t> series;  ///< indices into RunFacts::series
  std::size_t n = 0, non_finite = 0;
  LoggedPoint min, max;
};

/// One way to say how far the run had come.
struct AxisFacts {
  std::string_view axis;             ///< step, tokens, wall, flops, epoch
  std::string source;                ///< where it comes from; empty: the log does not tell
  double first = 0, last = 0;        ///< base units
  std::size_t n = 0;                 ///< points
  double spacing = 0;                ///< median between neighbours; 0: a single point
  double narrowest = 0, widest = 0;  ///< spacing
};

/// A hole in the log: rows that are missing between two steps, or time that no step took.
struct Gap {
  enum class Kind { steps, clock };
  Kind kind = Kind::steps;
  double from = 0, to = 0;  ///< steps before and after it
  double size = 0;          ///< steps or seconds
  double usual = 0;         ///< what neighbouring rows are apart, or what these steps take in the median
  std::uint32_t line = 0;   ///< of the first row after it
};
std::string_view to_string(Gap::Kind);

/// Where the evaluation stood at the end of the final trajectory.
struct LastEvaluation {
  std::string logged_as;    ///< the evaluation loss, else the evaluation metric
  LoggedPoint last;         ///< as logged: a run that ends in NaN shows it
  LoggedPoint last_finite;  ///< line 0: there was none
};

struct RunFacts {
  std::string label, path, format, format_why;
  std::size_t part = 1, parts = 1;
  std::size_t lines = 0, lines_understood = 0;
  std::string counted_in;
  std::size_t rows = 0;  ///< records that hold a value of any series
  double last_step = 0;
  std::size_t superseded = 0;  ///< rows that a later rewind to an earlier step replaced, of the longest series
  std::vector<AxisFacts> axes;
  std::vector<RoleChoice> roles;
  std::vector<SeriesFacts> series;  ///< in the order of the log
  std::vector<SeriesGroup> groups;  ///< every series is in one
  std::vector<Gap> gaps;            ///< the first kMostGaps
  std::size_t step_gaps = 0, clock_gaps = 0;
  std::optional<LastEvaluation> last_evaluation;
  Config config;
  std::string config_source;
  std::vector<Note> notes;

  static constexpr std::size_t kMostGaps = 20;
};

/// A path, or a file below it, that is no log of a training run, and why.
struct Unread {
  std::string path, reason, hint;
};

struct InspectedPath {
  std::string path;  ///< as given
  std::vector<RunFacts> runs;
  std::vector<Unread> unread;
  std::vector<Note> notes;
};

struct Inspection {
  std::vector<InspectedPath> paths;
};

RunFacts facts_of(const Run& run);

}  // namespace expanalyze
