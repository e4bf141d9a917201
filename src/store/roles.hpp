// Which key means what (science handbook A2), and the conversion to base units.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "expanalyze/run_store.hpp"
#include "store/key.hpp"
#include "store/presence.hpp"

namespace expanalyze {

/// What a key says by its name alone.
struct Meaning {
  Role role = Role::mechanism;
  std::string name;  ///< canonical, for the series that takes the role
  Unit unit = Unit::one;
  double factor = 1;       ///< multiply to get base units
  int fit = 0;             ///< 3: the exact name, 2: no scope left over, 0: with a scope such as a data set
  bool component = false;  ///< of a loss that is a sum: "loss_bbox"
  int order = 0;           ///< of the rule in the table: earlier ones are more specific
};
/// `side`: of the file, for a loss or metric whose key does not say one.
Meaning meaning(std::string_view key, DataSide side = DataSide::none);

/// Columns about the process instead of the training: process and run ids, hosts, flags that the run is over.
bool is_bookkeeping(std::string_view key);

/// Gives every series of the run its role, name, unit and labels, converts to base units, and records each choice.
/// `declared`: what the format says of its keys; `side`: what the name of the file says of keys that do not.
/// Throws Error{usage} when `map` names a key that the run does not have.
void assign_roles(Run& run, const std::map<Role, std::string>& map, const std::map<std::string, Meaning>& declared = {},
                  DataSide side = DataSide::none);

/// The rows of a series get optimizer steps from the series that took Role::step; see A1 for what replaces it.
/// `record` are the records that each Rows stands on, `line` the line of each record.
void fill_steps(Run& run, const std::vector<Presence>& record, const std::vector<std::uint32_t>& line);

}  // namespace expanalyze
