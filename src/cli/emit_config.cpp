#include "cli/emit_config.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "expanalyze/error.hpp"
#include "import/config_write.hpp"
#include "text/format.hpp"

namespace expanalyze::cli {

namespace {

void say(const std::string& text) { fmt::print(stderr, "expanalyze: {}\n", one_line(text, 500)); }

std::string listed(std::vector<std::string> keys) {
  constexpr std::size_t kShown = 4;
  if (keys.size() > kShown) {
    keys.resize(kShown);
    keys.emplace_back("...");
  }
  return join(keys, ", ");
}

}  // namespace

void refuse_config_name(const std::string& path) {
  if (!can_write_config(path))
    throw Error(Error::Kind::usage, "the ending of " + one_line(path) + " names no config format",
                "end the name after --emit-config in .json or .yaml");
}

void refuse_unknown_settings(const Run& experiment) {
  if (experiment.config.empty())
    throw Error(Error::Kind::input,
                one_line(experiment.path) + ": no settings were logged: --emit-config has nothing to change",
                "name the file that holds them: --config experiment=FILE");
}

void emit_config(const Report& report, const std::string& path, Output& output) {
  const auto& paths = report.recipe.paths;
  const auto chosen = std::find_if(paths.begin(), paths.end(), [](const Path& p) { return !p.changes.empty(); });
  if (chosen == paths.end()) {
    say("no path of this report changes a setting: " + path + " was not written");
    return;
  }
  if (chosen != paths.begin())
    say(fmt::format("path 1 changes no setting: {} holds path {}", path, chosen - paths.begin() + 1));
  Config config = report.experiment.front().config;
  for (const auto& [key, value] : chosen->changes) config[key] = value;
  const WrittenConfig written = written_config(config, path);
  if (!written.lost.empty()) say(fmt::format("{} cannot hold the values of {}", path, listed(written.lost)));
  output.write(written.text);
}

}  // namespace expanalyze::cli
