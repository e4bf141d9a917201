// Settings in a file of their own: JSON, YAML or TOML, flattened.
#pragma once

#include <filesystem>
#include <string>

#include "expanalyze/error.hpp"
#include "expanalyze/run_store.hpp"

namespace expanalyze {

/// By extension, else by content. Throws Error{input} with file and place when it cannot be parsed.
Config read_config_file(const std::filesystem::path& path);

/// The same of a text that has been read already; `path` names it in errors, its extension says the syntax.
Config parse_config(const std::string& text, const std::filesystem::path& path);

/// The file beside a log that usually holds its settings; empty if there is none. "<stem>.config.json" goes first.
std::filesystem::path config_beside(const std::filesystem::path& log);

/// Names under which config_beside() looks; they are never taken for logs.
bool is_config_name(const std::filesystem::path& path);

/// Why a file of settings is refused as a log; the name of the file goes in front.
Error holds_settings_only();

}  // namespace expanalyze
