// expanalyze explain [ID]: the texts stand beside what they explain, in the tables of detectors, moves and importers.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "diagnosis/calibration.hpp"
#include "expanalyze/diagnosis.hpp"
#include "expanalyze/error.hpp"
#include "expanalyze/import.hpp"
#include "expanalyze/recipe.hpp"
#include "text/format.hpp"
#include "text/nearest.hpp"
#include "text/parse.hpp"

namespace expanalyze::cli {

namespace {

struct Entry {
  std::string_view id, kind, doc;
  std::string facts;  ///< what the tables say beside the text; empty: nothing
};

/// What the tables know of a card: how often it is expected, on what its probability rests, and what answers it.
std::string facts_of(const Detector& card) {
  const Calibration known = calibration(card.id);
  std::vector<std::string> answers;
  for (const Move* m : moves())
    if (m->answers == card.id) answers.push_back(fmt::format("`{}`", m->id));
  return fmt::format(
      "Expected in {} of the runs before any evidence. {} {}{}", percent(1 / (1 + std::exp(-card.prior)), 2),
      card.alone ? "Says something of a run alone as well." : "Needs a baseline.",
      known.comparisons > 0
          ? fmt::format("Its probability is calibrated on {} comparisons with a known cause.", known.comparisons)
          : "Its probability is not calibrated: no run with a known cause ended in it.",
      answers.empty() ? "" : fmt::format(" Answered by {}.", join(answers, ", ")));
}

std::vector<Entry> entries() {
  std::vector<Entry> out;
  for (const Detector* d : detectors()) out.push_back({d->id, "diagnosis", d->doc, facts_of(*d)});
  for (const Move* m : moves()) out.push_back({m->id, "move", m->doc, {}});
  for (const Importer* i : importers()) out.push_back({i->id, "format", i->doc, {}});
  return out;
}

constexpr const char* kLimits = R"(
What a report does not know: the probabilities are calibrated on small networks trained with one fault or two, and
nothing says that large ones fail alike; the spread between seeds is
borrowed from one family of models when a side has a single seed; "causes" means "moved first and predicts", never
more; a diagnosis needs signals that many logs lack. The three that help most: gradient norm before clipping, update
ratio per parameter group, and a mechanism's own trigger statistic with its target.
)";

/// The first line of a doc that is no heading, for the list.
std::string gist(std::string_view doc) {
  std::string_view text = trim(doc);
  while (text.starts_with('#')) text = trim(text.substr(std::min(text.size(), text.find('\n'))));
  return one_line(text.substr(0, text.find('\n')), 66);
}

std::string list(const std::vector<Entry>& all) {
  std::string out;
  std::string_view kind;
  for (const Entry& e : all) {
    if (e.kind != kind) out += fmt::format("{}{}:\n", out.empty() ? "" : "\n", e.kind);
    kind = e.kind;
    out += fmt::format("  {:<30} {}\n", e.id, gist(e.doc));
  }
  return out + kLimits;
}

/// docs/reference/diagnoses.md: every card as a section, its headings one level deeper.
std::string page(const std::vector<Entry>& all) {
  std::string out =
      "# Diagnoses\n\nWhat step 2 looks for, in the order of the lists in a report. This page is what `expanalyze "
      "explain "
      "--format markdown`\nprints.\n";
  for (const Entry& e : all) {
    if (e.facts.empty()) continue;
    std::string doc(trim(e.doc));
    for (auto at = doc.find("## "); at != std::string::npos; at = doc.find("\n## ", at))
      doc.insert(doc[at] == '\n' ? ++at : at, "#");
    out += fmt::format("\n## `{}`\n\n{}\n\n{}\n", e.id, e.facts, doc);
  }
  return out;
}

}  // namespace

int explain(const Options& options) {
  const std::vector<Entry> all = entries();
  if (options.id.empty()) {
    print(options.format == Format::markdown ? page(all) : list(all));
    return 0;
  }
  std::string out;
  std::vector<std::string> ids;
  for (const Entry& e : all) {
    ids.emplace_back(e.id);
    if (e.id == options.id)
      out += fmt::format("{} ({})\n\n{}{}{}\n", e.id, e.kind, e.facts, e.facts.empty() ? "" : "\n\n", trim(e.doc));
  }
  if (out.empty())
    throw Error(Error::Kind::usage, "nothing is called " + one_line(options.id), did_you_mean(options.id, ids));
  print(out);
  return 0;
}

}  // namespace expanalyze::cli
