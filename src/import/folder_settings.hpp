// Settings that lie in a file of a run's folder.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "expanalyze/run_store.hpp"

namespace expanalyze {

class RunBuilder;
struct Folder;

/// Puts the settings of one file into the builder's config, for which the file becomes the source. A file that is
/// missing changes nothing, a damaged one is noted. `keep`: which keys; empty: all that are set.
void read_settings(const Folder& folder, std::string_view name, RunBuilder& builder,
                   const std::function<bool(const std::string& key)>& keep = {});

}  // namespace expanalyze
