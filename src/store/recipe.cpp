#include "store/recipe.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "text/parse.hpp"

namespace expanalyze {

namespace {

/// Settings that name a run instead of describing it. A seed key is any with the word seed in its last part.
bool names_the_run(std::string_view key) {
  // total_steps is what the log's own counter says: a run that a clock stops states another one each time.
  static constexpr std::array<std::string_view, 15> names{
      "run_name", "run_id",     "run",     "name",     "id",          "exp_name",  "log_dir",    "save_dir",
      "out_dir",  "output_dir", "logfile", "log_file", "logging_dir", "timestamp", "total_steps"};
  const std::string part = lower(key.substr(key.find_last_of("./") + 1));
  return part.find("seed") != std::string::npos || std::find(names.begin(), names.end(), part) != names.end();
}

}  // namespace

Config recipe_of(const Config& config) {
  Config out;
  for (const auto& [key, value] : config)
    if (!names_the_run(key)) out.emplace(key, value);
  return out;
}

}  // namespace expanalyze
