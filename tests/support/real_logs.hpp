// Other people's logs, which are never part of the repository: EXPANALYZE_REAL_LOGS, or ../shared/data/real beside it.
#pragma once

#include <cstdlib>
#include <filesystem>

#include "support/catch.hpp"

namespace test {

inline std::filesystem::path real_logs() {
  if (const char* given = std::getenv("EXPANALYZE_REAL_LOGS")) return given;
  return std::filesystem::path(EXPANALYZE_SOURCE_DIR) / ".." / "shared" / "data" / "real";
}

/// Says that a test skips where the logs are not.
inline bool no_real_logs() {
  if (std::filesystem::is_directory(real_logs())) return false;
  WARN("skipped: no real logs in " << real_logs());
  return true;
}

}  // namespace test
