#include "verify/belief.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "stats/distributions.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

// The tails of a normal are no measurement: no single run is worth more than two decimal places of odds.
constexpr double kMostRatio = 100;

double density(double x, double mean, double sd) {
  const double z = (x - mean) / sd;
  return std::exp(-z * z / 2) / sd;
}

double bounded(double ratio) { return std::isnan(ratio) ? 1 : std::clamp(ratio, 1 / kMostRatio, kMostRatio); }

double with_odds(double p, double ratio) {
  const double odds = std::clamp(p, 1e-6, 1 - 1e-6);
  return odds * ratio / (odds * ratio + 1 - odds);
}

/// The prediction as a normal, and how wide a change that has nothing to do with the diagnosis may be.
struct Predicted {
  double mean, sd, reach;
};

Predicted predicted(const Estimate& e) {
  const double quantile = stats::normal_quantile(0.5 + e.confidence / 2);
  return {e.value, (e.high - e.low) / (2 * quantile), std::max(std::abs(e.low), std::abs(e.high)) / quantile};
}

/// The diagnosis right: normal about the expected difference. Wrong: nothing moves but the luck of seeds, or, as often,
/// the change does something else of the same size in either direction; without that half a run that got much worse
/// would speak for the diagnosis, as even its wide normal reaches further than the luck of seeds.
double ratio_of(const Predicted& p, double observed, double se) {
  const double right = density(observed, p.mean, std::hypot(p.sd, se));
  const double wrong = (density(observed, 0, se) + density(observed, 0, std::hypot(p.reach, se))) / 2;
  return bounded(right / wrong);
}

/// A rival expects that the metric stays; against it stands that it moves as predicted.
double rival_ratio(const Predicted& p, double observed, double se) {
  return bounded(density(observed, 0, se) / density(observed, p.mean, std::hypot(p.sd, se)));
}

bool among(const std::vector<std::string>& ids, const std::string& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

std::vector<Belief> updated_beliefs(const EarlierReport& earlier, const EarlierPath& tried, double observed,
                                    double se) {
  const Estimate& e = tried.predicted;
  const bool usable = std::isfinite(e.low) && std::isfinite(e.high) && e.high > e.low && e.value != 0 && se > 0 &&
                      std::isfinite(observed);
  std::vector<Belief> out;
  if (!usable) return out;
  const Predicted p = predicted(e);
  for (const EarlierFinding& root : earlier.roots) {
    if (!std::isfinite(root.probability)) continue;
    Belief belief{root.id, root.probability, root.probability, 1, {}};
    const bool answered = !tried.because.empty() && tried.because.front() == root.id;
    if (answered) {
      belief.ratio = ratio_of(p, observed, se);
      belief.why = fmt::format("it expected {} and {} came", signed_number(p.mean, 3), signed_number(observed, 3));
    } else if (among(earlier.crucial, root.id)) {
      belief.ratio = rival_ratio(p, observed, se);
      belief.why = fmt::format("it expected no change beyond {} from seed to seed", number(se, 2));
    } else {
      belief.why = "this path does not test it";
    }
    belief.after = with_odds(root.probability, belief.ratio);
    if (belief.ratio == 1) belief.after = belief.before;
    out.push_back(std::move(belief));
  }
  return out;
}

}  // namespace expanalyze
