// Which path of an earlier report the new runs tried.
#pragma once

#include <optional>
#include <string>

#include "expanalyze/verify.hpp"

namespace expanalyze {

struct TriedPath {
  std::size_t path = 1;  ///< from 1
  std::string why;
  bool made = true;  ///< false: the runs' settings say that the change was not made, so they test no diagnosis
};

/// Throws Error{input} when the runs tried different paths, Error{usage} when there is no path of that number.
TriedPath tried_path(const EarlierReport& earlier, const RunStore& runs, std::optional<std::size_t> asked);

}  // namespace expanalyze
