#include "theory/card_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "text/format.hpp"

namespace expanalyze {

namespace {

/// Not code_span(): the | between alternatives is part of what a card says.
std::string code(const std::string& text) {
  std::string clean = one_line(text, 400);
  std::replace(clean.begin(), clean.end(), '`', '\'');
  return "`" + clean + "`";
}

std::string line(std::string_view label, const std::string& text) {
  return text.empty() ? std::string{} : fmt::format("- {}: {}\n", label, text);
}

std::string conditions(const std::vector<std::string>& all) {
  std::vector<std::string> parts;
  for (const std::string& one : all) parts.push_back(code(one));
  return join(parts, " and ");
}

std::string limits_of(const Claim& claim) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : claim.expect) parts.push_back(code(name + " = " + value));
  return join(parts, ", ");
}

/// "`a` against `b`", what the kind compares.
std::string quantities(const Claim& claim) {
  if (claim.proxy.empty()) return {};
  return claim.target.empty() ? code(claim.proxy) : code(claim.proxy) + " against " + code(claim.target);
}

/// Only bounds and ranges count violations.
std::string allowance(const Claim& claim) {
  const bool counts = claim.kind == "bound" || claim.kind == "ratio_range";
  return counts ? percent(claim.tolerance) + " of the records may violate it" : std::string{};
}

std::string page_of(const Claim& claim, int level) {
  std::string out = fmt::format("\n{} `{}`\n\n{}\n", std::string(static_cast<std::size_t>(level), '#'),
                                one_line(claim.id), one_line(claim.text, 1000));
  if (!claim.formula.empty()) out += fmt::format("\n```math\n{}\n```\n", one_line(claim.formula, 2000));
  out += "\n" + line("kind", code(claim.kind)) + line("signals", quantities(claim)) +
         line("expected", limits_of(claim)) + line("tolerance", allowance(claim)) +
         line("scope", fmt::format("{} to {} of the run", percent(claim.from_share), percent(claim.to_share))) +
         line("weight", number(claim.weight)) + line("decides only if", conditions(claim.decisive_if)) +
         line("to log", one_line(claim.log_request, 1000)) +
         line("if contradicted", claim.if_contradicted.empty() ? std::string{} : code(claim.if_contradicted));
  return out;
}

}  // namespace

std::string card_page(const TheoryCard& card, int level) {
  std::string out = fmt::format("{} `{}`: {}\n\nSource: {}.\n\n{}{}", std::string(static_cast<std::size_t>(level), '#'),
                                one_line(card.id), one_line(card.title, 500), one_line(card.source, 1000),
                                line("applies if", conditions(card.applies_if)),
                                card.derivation.empty() ? std::string{} : line("derivation", code(card.derivation)));
  for (const Claim& claim : card.claims) out += page_of(claim, level + 1);
  return out;
}

std::string_view card_skeleton() {
  return R"(# A theory card: what a method assumes, in a form that logs can contradict.
# Check it with `expanalyze theory check FILE [BASELINE EXPERIMENT]`, use it with `expanalyze ... --theory FILE`.
id = "my_paper"
title = "What the method is called"
source = "Author et al. 2026, sec. 3"
# The card is used when all of these hold; | joins alternatives: config.KEY, config.KEY ~ 'regex', signal.NAME.
applies_if = ["signal.avg_steps | config.model ~ 'adaptive'"]
# What the mechanism logs.
mechanism_signals = ["avg_steps", "residual"]

[[claim]]
id = "halts_early"
text = "Most inputs need fewer steps than allowed."
formula = '\bar k \le .9\,k_{max}'
# bound, ratio_range, correlation, monotone, invariant, scaling, order, effect or rate.
kind = "bound"
# The signal as logged or its last path part; several code bases are joined by |.
proxy = "avg_steps | mean_steps"
# Numbers, or products of numbers, config.KEY and max.SIGNAL.
expect = { hi = "0.9 * config.max_steps|max.avg_steps" }
# Share of the records that may violate it; say where the number comes from.
tolerance = 0.1
# Shares of the run; the first 5 % are left out.
scope = { steps = "5%:100%" }
# Printed when the claim cannot be tested.
log_request = "log the mean number of steps every 50 updates as avg_steps, its cap in the config as max_steps"
# How much of the method rests on it; below 0.5 it is shown but never called the assumption that broke.
weight = 1.0

[[claim]]
id = "residual_tracks_error"
text = "When the error changes, the residual changes with it."
formula = '\rho(\Delta r,\Delta e)\ge.7'
# These kinds compare two signals at their common steps: ratio_range, correlation, monotone, scaling, order.
kind = "correlation"
proxy = "residual"
target = "true_error"
expect = { rho = 0.7 }
log_request = "log the residual and the true error at the same steps, 40 records or more"
weight = 0.5
)";
}

}  // namespace expanalyze
