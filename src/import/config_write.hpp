// Settings to a file, in a form that config_file.hpp reads back to the same settings.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "expanalyze/run_store.hpp"

namespace expanalyze {

/// .json, .yaml and .yml: what written_config() can write.
bool can_write_config(const std::filesystem::path& path);

struct WrittenConfig {
  std::string text;
  std::vector<std::string> lost;  ///< keys whose value the syntax cannot hold: NaN in JSON, bytes that are no UTF-8
};

/// Keys are nested at their dots, in the order of the store; flat where nesting would read back as something else.
/// Whole numbers are written without a fraction: what a count was must not become 600.0.
WrittenConfig written_config(const Config& config, const std::filesystem::path& path);

}  // namespace expanalyze
