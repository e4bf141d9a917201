// Step 3 of the Markdown report.
#include "render/markdown_parts.hpp"
#include "render/prose.hpp"
#include "text/format.hpp"

namespace expanalyze::render {

namespace {

std::string claim_line(const ClaimResult& c) {
  std::string out =
      "**" + std::string(to_string(c.status)) + "** `" + in_block(c.card + "/" + c.claim) + "`: " + sentence(c.text);
  if (!c.sentence.empty()) out += " " + sentence(c.sentence);
  if (c.status == ClaimStatus::untestable) {
    if (!c.log_request.empty()) out += " " + request_text(c.log_request);
    return bullet(out);
  }
  if (!c.expected.empty()) out += " Expected: " + c.expected + ".";
  return bullet(out + " Measured: " + estimate_text(c.statistic) + ".");
}

/// Contradictions first: they are what a reader comes for.
std::string claims(const Theory& t) {
  std::string out;
  for (const ClaimStatus status :
       {ClaimStatus::contradicted, ClaimStatus::mixed, ClaimStatus::supported, ClaimStatus::untestable})
    for (const ClaimResult& c : t.claims)
      if (c.status == status) out += claim_line(c);
  return out.empty() ? out : out + "\n";
}

std::string cards(const Theory& t) {
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

std::string update(const TheoryUpdate& u) {
  if (u.derivation.empty() && u.text.empty()) return {};
  std::string out = "### Update\n\n" + lines_of(u.text, &paragraph);
  if (!u.latex.empty()) out += "```math\n" + lines_of(u.latex, &formula_line) + "```\n\n";
  return out + paragraph(slot_words(u.slots));
}

}  // namespace

std::string theory_section(const Theory& t) {
  const std::string verdict = t.verdict.empty() ? "" : "**" + t.verdict + "**";
  return "## 3. Theory Update\n\n" + paragraph(verdict) + cards(t) + claims(t) + update(t.update);
}

}  // namespace expanalyze::render
