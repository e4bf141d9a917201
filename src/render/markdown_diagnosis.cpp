// Step 2 of the Markdown report.
#include "render/markdown_parts.hpp"
#include "render/prose.hpp"
#include "text/format.hpp"

namespace expanalyze::render {

namespace {

std::string evidence_line(const Evidence& e) {
  std::string text = std::string(e.supports() ? "**+** " : "**−** ") + e.text;
  if (!e.where.empty()) text += " " + place_text(e.where.front());
  return bullet(text);
}

std::string evidence_list(const Finding& f) {
  std::string out;
  for (const bool supports : {true, false})
    for (const Evidence& e : f.evidence)
      if (e.supports() == supports) out += evidence_line(e);
  return out.empty() ? out : out + "\n";
}

std::string reach(const Finding& f) {
  std::string out = "The logs hold " + percent(f.completeness, 2) + " of the signals that this card weighs";
  if (f.effect_share > 0) out += "; it can account for " + percent(f.effect_share, 2) + " of the difference";
  return out + ".";
}

std::string symptom(const Finding& f) {
  return paragraph("Symptom of `" + std::string(f.symptom_of) + "`: `" + std::string(f.id) + "`, " +
                   likelihood(f.probability) + ". " + f.soul) +
         evidence_list(f);
}

/// The sentence of the diagnosis is not said twice.
std::string root(const Finding& f, const Diagnosis& d) {
  std::string out = "### `" + std::string(f.id) + "`: " + likelihood(f.probability) + "\n\n";
  out += (f.soul == d.soul ? "" : paragraph(f.soul)) + evidence_list(f) + paragraph(reach(f));
  for (const Finding& s : d.findings)
    if (s.symptom_of == f.id && s.probability >= kShownFrom) out += symptom(s);
  return out;
}

/// A symptom whose root is not shown would vanish: it is then listed on its own.
bool shown_under_root(const Finding& f, const Diagnosis& d) {
  if (f.symptom_of.empty()) return false;
  for (const Finding& r : d.findings)
    if (r.id == f.symptom_of && r.symptom_of.empty() && r.probability >= kShownFrom) return true;
  return false;
}

/// Those that nobody should act on, but that say where to look first if the headline turns out wrong.
std::string weaker(const Diagnosis& d) {
  constexpr double kNamedFrom = 0.1;
  std::vector<std::string> names;
  for (const Finding& f : d.findings)
    if (f.probability < kShownFrom && f.probability >= kNamedFrom)
      names.push_back("`" + std::string(f.id) + "` " + number(f.probability, 2));
  return names.empty() ? "" : paragraph("Weaker, with their evidence in the JSON report: " + join(names, ", ") + ".");
}

std::string findings(const Diagnosis& d) {
  std::string out;
  for (const Finding& f : d.findings)
    if (f.probability >= kShownFrom && !shown_under_root(f, d)) out += root(f, d);
  if (out.empty()) out = paragraph("No cause reaches a probability of 0.33 on what the logs hold.");
  return out + weaker(d);
}

std::string clear_list(const Diagnosis& d) {
  if (d.clear.empty()) return {};
  std::string out = "### Tested and not conspicuous\n\n";
  for (const Clear& c : d.clear) out += bullet("`" + std::string(c.id) + "`: " + sentence(c.looked_at));
  return out + "\n";
}

std::string untestable_list(const Diagnosis& d) {
  if (d.untestable.empty()) return {};
  std::string out = "### Not testable with these logs\n\n";
  for (const Untestable& u : d.untestable) {
    const std::string request = u.log_request.empty() ? "" : " " + request_text(u.log_request);
    out += bullet("`" + std::string(u.id) + "`: " + sentence(u.missing) + request);
  }
  return out + "\n";
}

}  // namespace

std::string diagnosis_section(const Diagnosis& d) {
  std::string soul = d.soul.empty() ? "No cause could be named." : d.soul;
  std::string out = "## 2. Diagnosis\n\n" + paragraph("**" + soul + "**");
  if (!d.headline.empty())
    out += paragraph(
        "Headline: `" + std::string(d.headline) + "`, " +
        (d.headline == "undetermined" ? std::string("no cause stands out") : likelihood(d.headline_probability)) +
        (d.calibrated_on > 0 ? "; calibrated on " + std::to_string(d.calibrated_on) + " comparisons of small networks."
                             : "; not calibrated."));
  return out + findings(d) + clear_list(d) + untestable_list(d);
}

}  // namespace expanalyze::render
