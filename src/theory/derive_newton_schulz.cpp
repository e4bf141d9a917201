// The update for methods that orthogonalise by Newton-Schulz: what the iteration can reach, what it reached in this
// run, and which stopping rule is alive (science handbook E4, E15b).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "stats/descriptive.hpp"
#include "text/format.hpp"
#include "theory/derivations.hpp"
#include "theory/newton_schulz.hpp"

namespace expanalyze {

namespace ns = newton_schulz;

double live_tolerance() { return std::round(1.1 * ns::residual_floor(ns::kTuned).high * 20) / 20; }

namespace {

std::string two_digits(double value) { return fmt::format("{:.2f}", value); }

/// The size n of the square Gaussian matrix whose residual after k iterations is the measured one, and the iterations
/// that bring 95 % of its singular values into the band. Decaying spectra look like larger Gaussian ones: hence
/// "effective".
struct Matched {
  std::size_t size = 0;  ///< 0: no size up to 65536 shows such a residual
  int steps = 0;
};
Matched match(double residual, int k) {
  for (std::size_t n = 16; n <= 65536; n = n * 5 / 4) {
    // The spectrum of an n x n matrix is that of 256 quantiles spread over n directions.
    auto s = ns::standard_spectra(256).front().singular_values;
    const double shrink = std::sqrt(256.0 / static_cast<double>(n));
    for (double& v : s) v *= shrink;
    const double q05 = stats::quantile(s, 0.05);
    for (int i = 0; i < k; ++i)
      for (double& v : s) v = ns::kTuned(v);
    if (ns::residual(s) >= residual) return {n, ns::steps_to_band(ns::kTuned, q05)};
  }
  return {};
}

std::string map_paragraph(const ns::Band& band, const ns::LongRun& end, const ns::Range& floor) {
  const auto points = ns::fixed_points(ns::kTuned);
  return fmt::format(
      "Each iteration maps a singular value by f(s) = 3.4445 s - 4.7750 s^3 + 2.0315 s^5. Its fixed point at {} repels "
      "(f' = {}), "
      "so the values do not converge: they enter [{}, {}] and end in the cycle {} -> {} -> {} -> {}; on the way in "
      "they reach {} "
      "at most. The residual |I - XX'|_F / sqrt(n) of a spread spectrum therefore stays between {} and {} for every "
      "number of "
      "iterations (five spectra iterated 30 times; {} on the final cycle).",
      number(points[0].at), number(points[0].multiplier, 3), number(band.low, 3), number(band.high, 4),
      number(end.cycle[0], 3), number(end.cycle[1], 4), number(end.cycle[2], 3), number(end.cycle[3], 4),
      number(ns::first_maximum(ns::kTuned).value, 5), two_digits(floor.low), two_digits(floor.high),
      number(end.residual, 3));
}

/// The measured residual against the floor.
void add_residual(const CardInputs& in, const ns::Range& floor, double live, TheoryUpdate& update) {
  const auto residual = in.values("residual");
  if (residual.empty()) return;
  const double median = stats::median(residual);
  update.slots["residual_median"] = median;
  update.slots["residual_q05"] = stats::quantile(residual, 0.05);
  update.slots["residual_q95"] = stats::quantile(residual, 0.95);
  update.text += fmt::format("\nMeasured: {} has median {} (5 to 95 %: {} to {}; {} records of {} runs), ",
                             in.signal_name("residual"), number(median, 3), number(update.slots["residual_q05"], 3),
                             number(update.slots["residual_q95"], 3), residual.size(), in.runs("residual"));
  if (median <= live) {
    update.text += "which is the iteration's own floor and no fault of the run.";
    return;
  }
  update.text += fmt::format("{} times the top of the floor: the update was stopped on its way into the band.",
                             number(median / floor.high, 3));
  const auto iterations = in.values("iterations");
  if (iterations.empty()) return;
  const int k = static_cast<int>(std::lround(stats::median(iterations)));
  const Matched matched = match(median, k);
  if (k < 1 || matched.size == 0) return;
  update.slots["ns_steps_needed"] = matched.steps;
  update.slots["effective_size"] = static_cast<double>(matched.size);
  update.text += fmt::format(
      " After {} iteration{} a square Gaussian spectrum of effective size {} shows this residual; {} iterations bring "
      "95 % of its "
      "singular values into the band (k(s) = 1 + ceil(ln(0.211 / s) / ln 3.4445)).",
      k, k == 1 ? "" : "s", matched.size, matched.steps);
}

void add_iterations(const CardInputs& in, TheoryUpdate& update) {
  const auto iterations = in.values("iterations");
  if (iterations.empty()) return;
  update.slots["avg_steps"] = stats::mean(iterations);
  if (const auto cap = in.number("cap")) {
    update.slots["ns_steps"] = *cap;
    const auto at_cap = std::count_if(iterations.begin(), iterations.end(), [cap](double v) { return v >= *cap; });
    update.slots["share_at_cap"] = static_cast<double>(at_cap) / static_cast<double>(iterations.size());
  }
}

bool pinned(const TheoryUpdate& update) {
  const auto share = update.slots.find("share_at_cap");
  return share != update.slots.end() && share->second > 0.95;  // D-25c
}

/// The rule that follows.
void add_rule(const CardInputs& in, const ns::Range& floor, double live, TheoryUpdate& update) {
  const auto epsilon = in.number("epsilon");
  const std::string floor_text = fmt::format("{}-{}", two_digits(floor.low), two_digits(floor.high));
  if (epsilon && *epsilon > 0) {
    update.slots["eps"] = *epsilon;
    update.slots["eps_factor"] = live / *epsilon;
  }
  if (epsilon && *epsilon > 0 && *epsilon < floor.low) {
    update.text += fmt::format(
        "\nUpdated rule: with {} = {} and the quintic's floor {} no iteration of a spread spectrum satisfies r < eps, "
        "so the count is "
        "pinned at its cap{}. The rule becomes live at eps >= {}: {} times looser. Below that only another polynomial "
        "helps: from inside "
        "the band the convergent quintic (15/8, -10/8, 3/8) takes 1 - s from {} to {} to {}.",
        in.setting_name("epsilon"), number(*epsilon), floor_text,
        update.slots.count("ns_steps") != 0 ? fmt::format(" of {}", number(update.slots["ns_steps"])) : "",
        number(live), number(live / *epsilon, 3), number(1 - 0.6818, 3), number(1 - ns::kQuintic(0.6818), 2),
        number(1 - ns::kQuintic(ns::kQuintic(0.6818)), 1));
  } else if (pinned(update) && !epsilon && update.slots.count("residual_q05") != 0) {
    update.text += fmt::format(
        "\nUpdated rule: the tolerance is not in the log, but a count that stayed at {} on {} of the records while the "
        "residual came down "
        "to {} says that it lies below {}. A rule on this residual is live only above the floor {}: use eps >= {}.",
        number(update.slots["avg_steps"]), percent(update.slots["share_at_cap"]),
        number(update.slots["residual_q05"], 3), number(update.slots["residual_q05"], 3), floor_text, number(live));
  } else if (epsilon && *epsilon > live && update.slots.count("ns_steps_needed") != 0) {
    update.text += fmt::format(
        "\nUpdated rule: {} = {} accepts an update before it enters the band. The entry rule r < {} on the unsigned "
        "residual is {} times "
        "tighter and still live; {} iterations are expected.",
        in.setting_name("epsilon"), number(*epsilon), number(live), number(*epsilon / live, 3),
        number(update.slots["ns_steps_needed"]));
  } else if (update.slots.count("ns_steps_needed") != 0) {
    update.text += fmt::format(
        "\nUpdated rule: run {} iterations, or stop on the entry rule r < {}; the {} of this run leave the residual at "
        "{}.",
        number(update.slots["ns_steps_needed"]), number(live), number(update.slots["avg_steps"], 2),
        number(update.slots["residual_median"], 3));
  } else {
    update.text += fmt::format(
        "\nThe rule that follows: a tolerance below {} never fires, one of {} fires on entry into the band.",
        two_digits(floor.low), number(live));
  }
}

}  // namespace

TheoryUpdate derive_newton_schulz(const CardInputs& in) {
  const auto band = ns::absorbing_band(ns::kTuned);
  const auto end = ns::long_run(ns::kTuned);
  const auto floor = ns::residual_floor(ns::kTuned);
  const double live = live_tolerance();
  TheoryUpdate update;
  update.derivation = "newton_schulz";
  update.slots = {{"band_low", band.low},     {"band_high", band.high}, {"floor_low", floor.low},
                  {"floor_high", floor.high}, {"eps_live", live},       {"cycle_residual", end.residual}};
  update.text = map_paragraph(band, end, floor);
  add_iterations(in, update);
  add_residual(in, floor, live, update);
  add_rule(in, floor, live, update);
  const auto points = ns::fixed_points(ns::kTuned);
  update.latex = fmt::format(
      R"(f(\sigma)=3.4445\,\sigma-4.7750\,\sigma^3+2.0315\,\sigma^5,\quad f({0})={0},\ |f'({0})|={1}>1,\qquad )"
      R"(\sigma_k\in[{2},{3}],\qquad r_k=\tfrac{{1}}{{\sqrt n}}\lVert I-X_kX_k^\top\rVert_F\in[{4},{5}]\ \forall k,\qquad )"
      R"(r_k<\varepsilon\ \text{{live}}\iff\varepsilon\ge{6})",
      number(points[0].at), number(std::abs(points[0].multiplier), 3), number(band.low, 3), number(band.high, 4),
      two_digits(floor.low), two_digits(floor.high), number(live));
  if (const auto eps = update.slots.find("eps"); eps != update.slots.end())
    update.latex += fmt::format(R"(,\qquad \frac{{\varepsilon_{{new}}}}{{\varepsilon}}=\frac{{{}}}{{{}}}={})",
                                number(live), number(eps->second), number(update.slots["eps_factor"], 3));
  return update;
}

}  // namespace expanalyze
