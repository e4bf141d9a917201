// expanalyze explain [ID]: the texts stand beside what they explain, in the tables of detectors, moves and importers.
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "expanalyze/diagnosis.hpp"
#include "expanalyze/error.hpp"
#include "expanalyze/import.hpp"
#include "expanalyze/recipe.hpp"
#include "text/format.hpp"
#include "text/nearest.hpp"

namespace expanalyze::cli {

namespace {

struct Entry {
  std::string_view id, kind, doc;
};

std::vector<Entry> entries() {
  std::vector<Entry> out;
  for (const Detector* d : detectors()) out.push_back({d->id, "diagnosis", d->doc});
  for (const Move* m : moves()) out.push_back({m->id, "move", m->doc});
  for (const Importer* i : importers()) out.push_back({i->id, "format", i->doc});
  return out;
}

constexpr const char* kLimits = R"(
What a report does not know: the weights behind the probabilities are uncalibrated; the spread between seeds is
borrowed from one family of models when a side has a single seed; "causes" means "moved first and predicts", never
more; a diagnosis needs signals that many logs lack. The three that help most: gradient norm before clipping, update
ratio per parameter group, and a mechanism's own trigger statistic with its target.
)";

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == '\n' || text.front() == ' ')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  return text;
}

/// The first sentence or line of a doc, for the list.
std::string gist(std::string_view doc) {
  const std::string_view text = trimmed(doc);
  return one_line(text.substr(0, text.find('\n')), 66);
}

std::string list(const std::vector<Entry>& all) {
  std::string out;
  std::string_view kind;
  for (const Entry& e : all) {
    if (e.kind != kind) out += fmt::format("{}{}:\n", out.empty() ? "" : "\n", e.kind);
    kind = e.kind;
    out += fmt::format("  {:<28} {}\n", e.id, gist(e.doc));
  }
  return out + kLimits;
}

}  // namespace

int explain(const Options& options) {
  const std::vector<Entry> all = entries();
  if (options.id.empty()) {
    print(list(all));
    return 0;
  }
  std::string out;
  std::vector<std::string> ids;
  for (const Entry& e : all) {
    ids.emplace_back(e.id);
    if (e.id == options.id) out += fmt::format("{} ({})\n\n{}\n", e.id, e.kind, trimmed(e.doc));
  }
  if (out.empty())
    throw Error(Error::Kind::usage, "nothing is called " + one_line(options.id), did_you_mean(options.id, ids));
  print(out);
  return 0;
}

}  // namespace expanalyze::cli
