// One function a command: each writes its report and answers the exit status, 0 or 1.
#pragma once

#include "cli/options.hpp"

namespace expanalyze::cli {

int compare(const Options& options);
int sweep(const Options& options);
int explain(const Options& options);
int inspect(const Options& options);  ///< 3 when nothing could be read
int formats(const Options& options);
int theory(const Options& options);
int verify(const Options& options);

}  // namespace expanalyze::cli
