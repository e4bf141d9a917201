// A setting where the log states it.
#pragma once

#include <cstdint>
#include <string>

#include "expanalyze/run_store.hpp"

namespace expanalyze {

struct Setting {
  std::string key;
  ConfigValue value;
  std::uint32_t line = 0;  ///< 0: of the whole log
};

}  // namespace expanalyze
