// The update for methods that steer by a cheap stand-in for the spectral norm: how far it is off at the run's own
// spectrum, how noise moves it, and the threshold or estimator to use instead (science handbook E3).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <regex>

#include "stats/descriptive.hpp"
#include "text/format.hpp"
#include "theory/derivations.hpp"
#include "theory/newton_schulz.hpp"
#include "theory/spectral_proxies.hpp"

namespace expanalyze {

namespace ns = newton_schulz;
namespace sp = spectral_proxies;

namespace {

struct Ratio {
  double median = NAN, q05 = NAN, q95 = NAN;
  std::size_t n = 0;
  [[nodiscard]] bool known() const { return n > 0; }
};

Ratio ratio(const CardInputs& in, const std::string& proxy) {
  const auto all = in.ratios(proxy, "spectral_norm");
  if (all.empty()) return {};
  return {stats::median(all), stats::quantile(all, 0.05), stats::quantile(all, 0.95), all.size()};
}

std::string said(const Ratio& r) {
  return fmt::format("{} (5 to 95 %: {} to {})", number(r.median, 3), number(r.q05, 3), number(r.q95, 3));
}

void add_noise(const Ratio& d, TheoryUpdate& update) {
  const double share = sp::noise_share_at(d.median);
  update.slots["noise_share"] = share;
  update.text += fmt::format(
      "\nAll directions but the first make up (d - 1) / d = {} of the trace; where they are noise, 20 % more noise "
      "moves the trace by {} "
      "and leaves the spectral norm almost alone (d ln l1 / d ln s^2 = (1 + gamma) s^2 / theta). The proxy then "
      "answers to the noise, not "
      "to what it stands for.",
      percent(share), percent(0.2 * share));
}

void add_estimators(const Ratio& d, const Ratio& frobenius, const Ratio& gershgorin, TheoryUpdate& update) {
  std::vector<sp::Estimator> by_cost{{"the trace", d.median, "n operations"}};
  if (frobenius.known()) by_cost.push_back({"the Frobenius norm", frobenius.median, "n^2"});
  if (gershgorin.known()) by_cost.push_back({"Gershgorin's bound", gershgorin.median, "n^2"});
  if (frobenius.known())
    by_cost.push_back(
        {"two squarings, |A^4|_F^(1/4)", sp::frobenius_power_factor(frobenius.median * frobenius.median, 2), "2 n^3"});
  by_cost.push_back({"the power method", 1, "k n^2 for k products"});
  update.text += "\nFactor over the spectral norm at this spectrum:";
  for (const auto& e : by_cost) update.text += fmt::format(" {} {} ({});", e.name, number(e.factor, 3), e.cost);
  // 1.25: a decision within a quarter of its threshold is as exact as the drift of these ratios lets it be (default).
  const auto* best = sp::cheapest_within(by_cost, 1.25);
  if (best != nullptr) update.text += fmt::format(" the cheapest within a factor 1.25 is {}.", best->name);
  update.slots["estimator_factor"] = best != nullptr ? best->factor : 1;
}

/// A trace that decides when an orthogonalisation stops. Identity: mean (1 - s^2)^2 = (1 - mean s^2)^2 + var s^2, so
/// the trace rule sees the first term only.
void add_stopping(const CardInputs& in, TheoryUpdate& update) {
  const double live = live_tolerance();
  const auto epsilon = in.number("epsilon");
  const auto residual = in.values("residual");
  update.slots["eps_live"] = live;
  update.text +=
      "\nAs a stopping rule of the orthogonalisation the trace fails for a second reason: with X's singular values s, "
      "mean (1 - s^2)^2 = (1 - mean s^2)^2 + var s^2, and |tr(I - XX')| / n is the root of the first term alone. "
      "Values below and above 1 "
      "cancel, and the spread is invisible.";
  if (epsilon && *epsilon > 0) {
    update.slots["eps"] = *epsilon;
    update.slots["eps_factor"] = live / *epsilon;
    std::vector<std::string> trace, entry;
    for (const auto& spectrum : ns::standard_spectra()) {
      const auto by_trace = ns::stops_by_trace(ns::kTuned, spectrum.singular_values, *epsilon);
      const auto by_residual = ns::stops_by_residual(ns::kTuned, spectrum.singular_values, live);
      if (by_trace.iteration > 0)
        trace.push_back(fmt::format("{} at r = {}", by_trace.iteration, number(by_trace.residual, 2)));
      entry.push_back(fmt::format("{} at {}", by_residual.iteration, number(by_residual.residual, 2)));
    }
    update.text += fmt::format(
        " With a tolerance {} = {} such a rule stops five standard spectra (n = 768) at iteration {}; the unsigned "
        "rule r < {} stops them at {}.",
        in.setting_name("epsilon"), number(*epsilon), trace.empty() ? "none" : join(trace, ", "), number(live),
        join(entry, ", "));
  }
  if (!residual.empty()) {
    const double median = stats::median(residual);
    update.slots["residual_median"] = median;
    update.text += fmt::format(" In this run {} was {} when it stopped (median of {} records)",
                               in.signal_name("residual"), number(median, 3), residual.size());
    if (const auto iterations = in.values("iterations"); !iterations.empty()) {
      update.slots["avg_steps"] = stats::mean(iterations);
      update.text += fmt::format(", after {} iterations in the mean", number(stats::mean(iterations), 3));
    }
    update.text += fmt::format("; an update inside the band has {} to {}.",
                               fmt::format("{:.2f}", ns::residual_floor(ns::kTuned).low),
                               fmt::format("{:.2f}", ns::residual_floor(ns::kTuned).high));
  }
  // The iteration's own limits, and the iterations that the measured residual asks for.
  const TheoryUpdate iteration = derive_newton_schulz(in);
  update.slots.insert(iteration.slots.begin(), iteration.slots.end());
  update.text += fmt::format(
      "\nUpdated rule: stop on the unsigned residual |I - XX'|_F / sqrt(n) < {} instead of the trace", number(live));
  const auto needed = update.slots.find("ns_steps_needed");
  update.text += needed == update.slots.end()
                     ? "."
                     : fmt::format("; {} iterations are expected, from the spectrum that shows the measured residual.",
                                   number(needed->second));
}

void add_threshold(const CardInputs& in, const Ratio& d, TheoryUpdate& update) {
  const auto epsilon = in.number("epsilon");
  update.text += fmt::format(
      "\nUpdated rule: \"stop when l1 < eps\" carried out as \"tr A < eps\" is stricter by the factor d, so eps_tr = d "
      "eps");
  if (epsilon && *epsilon > 0) {
    update.slots["eps"] = *epsilon;
    update.slots["eps_trace"] = d.median * *epsilon;
    update.slots["eps_factor"] = d.median;
    update.text +=
        fmt::format(" = {} * {} = {}", number(d.median, 3), number(*epsilon), number(d.median * *epsilon, 3));
  } else {
    update.text += fmt::format(" = {} eps here", number(d.median, 3));
  }
  update.text += fmt::format(
      ". d itself varies by a factor {} between its 5 % and 95 % quantiles: a fixed threshold is no better than that.",
      number(d.q95 / d.q05, 3));
}

bool decides_stopping(const CardInputs& in) {
  static const std::regex trace("trace", std::regex::icase);
  return std::regex_search(in.text("stop_rule").substr(0, 200), trace);
}

}  // namespace

TheoryUpdate derive_spectral_proxies(const CardInputs& in) {
  const Ratio d = ratio(in, "trace");
  const Ratio frobenius = ratio(in, "frobenius");
  const Ratio gershgorin = ratio(in, "gershgorin");
  TheoryUpdate update;
  update.derivation = "spectral_proxies";
  if (d.known()) {
    update.slots["intrinsic_dimension"] = d.median;
    update.text = fmt::format(
        "For a positive semidefinite A with spectral norm l1 the trace is d l1 with the intrinsic dimension d = tr A / "
        "l1 between 1 and n, and "
        "l1 <= |A|_F <= sqrt(d) l1. Measured {} / {}: d = {} over {} records of {} runs.",
        in.signal_name("trace"), in.signal_name("spectral_norm"), said(d), d.n, in.runs("trace"));
    update.latex = fmt::format(
        R"(\mathrm{{tr}}A=d\,\lambda_1,\quad d={0},\qquad \frac{{\partial\ln\mathrm{{tr}}A}}{{\partial\ln\sigma^2}}\le\frac{{d-1}}{{d}}={1}\ \gg\ )"
        R"(\frac{{\partial\ln\lambda_1}}{{\partial\ln\sigma^2}}\approx(1+\gamma)\frac{{\sigma^2}}{{\theta}})",
        number(d.median, 3), number(sp::noise_share_at(d.median), 3));
    add_noise(d, update);
    add_estimators(d, frobenius, gershgorin, update);
  }
  if (decides_stopping(in)) {
    add_stopping(in, update);
    update.latex += std::string(d.known() ? R"(,\qquad )" : "") +
                    R"(\overline{(1-\sigma^2)^2}=\Big(\tfrac1n\mathrm{tr}(I-XX^\top)\Big)^2+\mathrm{Var}(\sigma^2))";
  } else if (d.known()) {
    add_threshold(in, d, update);
    update.latex += R"(,\qquad \varepsilon_{tr}=d\,\varepsilon)";
    if (const auto eps = update.slots.find("eps"); eps != update.slots.end())
      update.latex += fmt::format(R"(={}\cdot{}={})", number(d.median, 3), number(eps->second),
                                  number(update.slots["eps_trace"], 3));
  }
  if (!update.text.empty() && update.text.front() == '\n') update.text.erase(0, 1);
  if (update.text.empty()) return {};
  return update;
}

}  // namespace expanalyze
