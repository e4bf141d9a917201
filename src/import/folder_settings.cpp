#include "import/folder_settings.hpp"

#include <fmt/format.h>

#include "expanalyze/error.hpp"
#include "import/config_file.hpp"
#include "io/folder.hpp"
#include "store/run_builder.hpp"
#include "text/format.hpp"

namespace expanalyze {

void read_settings(const Folder& folder, std::string_view name, RunBuilder& builder,
                   const std::function<bool(const std::string& key)>& keep) {
  if (!folder.has(name)) return;
  try {
    for (const auto& [key, value] : read_config_file(folder.path / name))
      if ((!keep || keep(key)) && !std::holds_alternative<std::monostate>(value)) builder.config(key, value);
    builder.config_source(fmt::format("{} in the folder", name));
  } catch (const Error& e) {
    builder.note("config.unreadable", one_line(e.what()));
  }
}

}  // namespace expanalyze
