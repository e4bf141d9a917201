// expanalyze verify REPORT.json NEW_RUN...
#include "expanalyze/verify.hpp"

#include "cli/commands.hpp"
#include "cli/named_path.hpp"
#include "cli/output.hpp"
#include "expanalyze/render.hpp"
#include "io/input.hpp"
#include "pipeline/seed_groups.hpp"

namespace expanalyze::cli {

int verify(const Options& options) {
  refuse_to_replace(options.id, options.output);
  for (const std::string& path : options.paths) refuse_to_replace(named_path(path).path, options.output);
  const EarlierReport earlier = read_earlier_report(read_file(options.id), options.id);
  Output output(options.output);
  RunStore store;
  for (const std::string& path : options.paths)
    for (Run& run : read_named(path, options.import)) store.runs.push_back(std::move(run));
  make_labels_unique(store.runs);
  Verification result = expanalyze::verify(earlier, store, options.path);
  result.report = options.id;
  output.write(options.format == Format::json ? render_json(result) : render_markdown(result));
  return 0;
}

}  // namespace expanalyze::cli
