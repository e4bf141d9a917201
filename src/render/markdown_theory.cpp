// Step 3 of the Markdown report.
#include "render/markdown_parts.hpp"
#include "render/prose.hpp"
#include "render/table.hpp"
#include "text/format.hpp"

namespace expanalyze::render {

namespace {

std::string name_of(const ClaimResult& c) { return "`" + in_block(c.card + "/" + c.claim) + "`"; }

std::string claim_line(const ClaimResult& c) {
  std::string out = "**" + std::string(to_string(c.status)) + "** " + name_of(c) + ": " + sentence(c.text);
  if (!c.sentence.empty()) out += " " + sentence(c.sentence);
  if (!c.expected.empty()) out += " Expected: " + c.expected + ".";
  return bullet(out + " Measured: " + estimate_text(c.statistic) + ".");
}

std::string untestable_line(const ClaimResult& c) {
  return bullet("**untestable** " + name_of(c) + ": " + sentence(c.sentence) +
                (c.log_request.empty() ? "" : " " + request_text(c.log_request)));
}

/// Contradictions first: they are what a reader comes for. What held is a table, and its text is in `theory show`.
std::string claims(const Theory& t) {
  std::string out;
  const auto each = [&](ClaimStatus status, const auto& line) {
    for (const ClaimResult& c : t.claims)
      if (c.status == status) out += line(c);
  };
  each(ClaimStatus::contradicted, claim_line);
  each(ClaimStatus::mixed, claim_line);
  each(ClaimStatus::untestable, untestable_line);
  if (!out.empty()) out += "\n";
  Table held({{"Supported"}, {"Expected"}, {"Measured"}});
  for (const ClaimResult& c : t.claims)
    if (c.status == ClaimStatus::supported) held.add({name_of(c), c.expected, estimate_text(c.statistic)});
  return out + held.str();
}

std::string cards(const Theory& t) {
  if (t.cards.empty() && !t.claims.empty()) return {};
  if (t.cards.empty())
    return t.verdict.empty() ? paragraph("No theory card applies to this pair; --theory FILE adds one.") : "";
  std::string out = "Theory that applies:\n\n";
  for (const std::string& card : t.cards) out += bullet(card);
  return out + "\n";
}

std::string slot_words(const Slots& slots) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : slots) parts.push_back("`" + in_block(name) + "` = " + number(value));
  return parts.empty() ? std::string{} : "With " + join(parts, ", ") + ".";
}

std::string lines_of(std::string_view text, std::string (*each)(std::string_view)) {
  std::string out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    out += each(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return out;
}

std::string formula_line(std::string_view line) { return one_line(line, std::string_view::npos) + "\n"; }

std::string update(const TheoryUpdate& u, std::string_view verdict) {
  if (u.derivation.empty() && u.text.empty()) return {};
  // An assumption with one paragraph has it in the verdict already.
  const bool said = verdict.find(u.text) != std::string_view::npos;
  std::string out = "### Update\n\n" + (said ? std::string{} : lines_of(u.text, &paragraph));
  if (!u.latex.empty()) out += "```math\n" + lines_of(u.latex, &formula_line) + "```\n\n";
  out += paragraph(slot_words(u.slots));
  return said && u.latex.empty() && u.slots.empty() ? std::string{} : out;
}

}  // namespace

std::string theory_section(const Theory& t) {
  const std::string verdict = t.verdict.empty() ? "" : "**" + t.verdict + "**";
  return "## 3. Theory Update\n\n" + paragraph(verdict) + cards(t) + claims(t) + update(t.update, t.verdict);
}

}  // namespace expanalyze::render
