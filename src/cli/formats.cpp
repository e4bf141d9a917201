// expanalyze formats [ID]: what can be read, in the importers' own words; docs/reference/formats.md is its Markdown.
#include <fmt/format.h>

#include <algorithm>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "expanalyze/error.hpp"
#include "expanalyze/import.hpp"
#include "render/json_values.hpp"
#include "text/format.hpp"
#include "text/nearest.hpp"
#include "text/parse.hpp"

namespace expanalyze::cli {

namespace {

using Importers = std::vector<const Importer*>;

Importers chosen(const std::string& id) {
  const auto all = importers();
  if (id.empty()) return {all.begin(), all.end()};
  std::vector<std::string> ids;
  for (const Importer* importer : all) {
    if (importer->id == id) return {importer};
    ids.emplace_back(importer->id);
  }
  throw Error(Error::Kind::usage, "no format is called " + one_line(id), did_you_mean(id, ids));
}

std::string list(const Importers& formats) {
  std::size_t width = 0;
  for (const Importer* format : formats) width = std::max(width, format->id.size());
  std::string out;
  for (const Importer* format : formats) out += fmt::format("{:<{}}  {}\n", format->id, width, format->summary);
  return out +
         "\nA log is recognised by its content. `expanalyze formats ID` tells more of a format,\n"
         "`expanalyze inspect PATH` what was understood of a log, and why it was read so.\n";
}

std::string text_of(const Importer& format) {
  return fmt::format("{}: {}\n\n{}\n", format.id, format.summary, trim(format.doc));
}

std::string page(const Importers& formats) {
  std::string out =
      "# Formats\n\nThe logs that are read, in the order in which they are tried. A log is recognised by its content, "
      "not by "
      "its\nname; `--format-in ID` forces a format. This page is what `expanalyze formats --format markdown` prints.\n";
  for (const Importer* format : formats)
    out += fmt::format("\n## `{}`: {}\n\n{}\n", format->id, format->summary, trim(format->doc));
  return out;
}

std::string document(const Importers& formats) {
  return render::to_bytes({{"schema", "expanalyze/formats/1"},
                           {"tool", render::tool_value()},
                           {"formats", render::list_of(formats, [](const Importer* format) {
                              return render::Json{{"id", format->id},
                                                  {"summary", format->summary},
                                                  {"folder", format->read_folder != nullptr},
                                                  {"binary", format->binary},
                                                  {"doc", trim(format->doc)}};
                            })}});
}

}  // namespace

int formats(const Options& options) {
  const Importers found = chosen(options.id);
  Output output(options.output);
  if (options.format == Format::json)
    output.write(document(found));
  else if (options.format == Format::markdown)
    output.write(page(found));
  else
    output.write(options.id.empty() ? list(found) : text_of(*found.front()));
  return 0;
}

}  // namespace expanalyze::cli
