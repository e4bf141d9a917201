// D-42: the run rides the limit of stability, and its loss goes up and down every other step.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "diagnosis/levels.hpp"
#include "diagnosis/readings.hpp"
#include "diagnosis/weigh.hpp"
#include "stats/descriptive.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kEdgeLow = 0.9, kEdgeHigh = 1.1;  // D-42: sharpness x eta in [1.8, 2.2], over 2
// A record against the mean of its two neighbours, half a second difference, sheds the decline that hides the swing in
// plain increments. From record to record it correlates by -2/3 in white noise (1 -2 1 against itself) and by -1 in a
// pure period of two: half-way.
constexpr double kAlternating = 0.83, kAlternates = 0.75;
constexpr double kOnEdge = 0.5;  // of the records of a quarter

/// What the largest eigenvalue times the rate may be (Cohen et al. 2021, 2022).
struct Limit {
  double value = kNan;
  std::string_view of;
};

Limit limit_of(const Run& run) {
  static constexpr std::array<std::string_view, 3> momenta{"momentum", "beta1", "adam_beta1"};
  const std::string name = optimizer_of(run);
  const auto beta = config_number(run, momenta);
  if (const Series* series = find(run, Role::sharpness);
      series && series->logged_as.find("precond") != std::string::npos) {
    const double b = std::clamp(beta.value_or(0.9), 0.0, 0.999);
    return {(2 + 2 * b) / (1 - b), "the preconditioned Hessian, (2 + 2 beta) / (1 - beta)"};
  }
  // Of Adam only the preconditioned Hessian has a limit; of an optimizer that nobody names, none is known.
  const bool sgd = name.find("sgd") != std::string::npos;
  if (!sgd && (!name.empty() || !starts_as_sgd(update_length(run)))) return {};
  const double b = std::clamp(beta.value_or(0), 0.0, 0.999);
  return {2 + 2 * b, b > 0 ? "heavy ball, 2 + 2 beta" : "gradient descent, 2"};
}

/// Starts of the quarters of a series of n points, an eighth apart. Cross-entropy flattens as it is fitted, so a run
/// rides the edge for a stretch and leaves it.
std::vector<std::size_t> quarters(std::size_t n) {
  std::vector<std::size_t> out;
  for (std::size_t k = 0; k <= 6; ++k) out.push_back(k * n / 8);
  return out;
}

/// Sharpness x rate over its limit: the largest share of a quarter of the run that lies on the edge, and the median of
/// that quarter.
struct Ride {
  double share = kNan, level = kNan;
};

Ride ride(const Run& run) {
  const Limit limit = limit_of(run);
  const Curve sharpness = finite(trajectory(run, Role::sharpness)), lr = finite(trajectory(run, Role::lr));
  std::vector<double> product;
  for (std::size_t i = 0; i < sharpness.size(); ++i)
    if (const double rate = value_at(lr, sharpness.step[i]); rate > 0)
      product.push_back(sharpness.value[i] * rate / limit.value);
  Ride best;
  if (product.size() < 8 || std::isnan(limit.value)) return best;
  for (const std::size_t from : quarters(product.size())) {
    const auto part = std::span(product).subspan(from, product.size() / 4);
    const auto on = std::count_if(part.begin(), part.end(), [](double v) { return v > kEdgeLow && v < kEdgeHigh; });
    const double share = static_cast<double>(on) / static_cast<double>(part.size());
    if (!(share <= best.share)) best = {share, stats::median(part)};
  }
  return best;
}

double edge_share(const Run& run) { return ride(run).share; }

/// Lag-1 autocorrelation.
double correlation(std::span<const double> x) {
  const double mean = stats::mean(x);
  double product = 0, square = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    square += (x[i] - mean) * (x[i] - mean);
    if (i > 0) product += (x[i] - mean) * (x[i - 1] - mean);
  }
  return square > 0 ? product / square : kNan;
}

/// The lowest over quarters of the run, of records one step apart. White noise of 250 records falls below -0.75 in a
/// third of the runs by the best of so many quarters, of 1000 in 1 % (simulated): with fewer over all of them.
double alternation(const Run& run) {
  const Curve loss = finite(trajectory(run, Role::train_loss));
  std::vector<double> swing;
  for (std::size_t i = std::max<std::size_t>(1, loss.size() / 20); i + 1 < loss.size(); ++i)
    if (loss.step[i + 1] - loss.step[i - 1] == 2)
      swing.push_back(loss.value[i] - 0.5 * (loss.value[i - 1] + loss.value[i + 1]));
  if (swing.size() < 30) return kNan;
  if (swing.size() < 1000) return correlation(swing);
  double least = 1;
  for (const std::size_t from : quarters(swing.size()))
    if (const double rho = correlation(std::span(swing).subspan(from, swing.size() / 4)); rho < least) least = rho;
  return least;
}

void weigh_edge(const Case& c, Scored& out) {
  const Run& run = *c.experiment.front();
  const double share = mean_over(c.experiment, edge_share), baseline = mean_over(c.baseline, edge_share);
  if (std::isnan(share)) {
    out.missing_weight += kStrong;
    return;
  }
  const Limit limit = limit_of(run);
  const double level = mean_over(c.experiment, [](const Run& r) { return ride(r).level; });
  const double rate = median_of(run, Role::lr);
  out.slots["edge"] = level;
  out.slots["sharpness_limit"] = limit.value / rate;
  out.slots["sharpness"] = level * limit.value / rate;
  const std::string text = fmt::format(
      "over a quarter of the run sharpness x learning rate lay within 10 % of its limit ({}) at {} of the "
      "records, at {} of it in the median{}",
      limit.of, percent(share, 2), number(level, 3),
      std::isnan(baseline) ? "" : fmt::format(" (baseline: at {} of the records)", percent(baseline, 2)));
  out.looked_at = text;
  const bool rides = share > 0.5 * kOnEdge;
  out.evidence.push_back({text,
                          over_seeds(c.experiment, edge_share),
                          rides ? kStrong : -kStrong,
                          rides ? graded_above(share, kOnEdge) : 1,
                          0,
                          {place_at_end(run, Role::sharpness)}});
  if (rides && baseline > kOnEdge)
    out.evidence.push_back(
        {"the baseline rides the same edge", over_seeds(c.baseline, edge_share), -kStrong, 1, 0, {}});
}

void weigh_alternation(const Case& c, double rho, Scored& out) {
  const double baseline = mean_over(c.baseline, alternation);
  out.slots["alternation"] = rho;
  const std::string text = fmt::format(
      "over a quarter of the run, how far the training loss lies from the mean of its two neighbours correlates from "
      "step "
      "to step by {}{}; noise of batches gives -0.67, every other step up and down -1",
      number(rho, 3), against_baseline(baseline));
  if (out.looked_at.empty()) out.looked_at = text;
  // Batches that come in turn from two sources alternate in both runs.
  const bool alternates = rho < -kAlternates && !(baseline < rho + 0.1);
  out.evidence.push_back({text,
                          over_seeds(c.experiment, alternation),
                          alternates ? kStrong : -kWeak,
                          alternates ? graded_above(-rho, kAlternating) : 1,
                          0,
                          {place_at_end(*c.experiment.front(), Role::train_loss)}});
}

Outcome detect(const Case& c) {
  const double rho = mean_over(c.experiment, alternation);
  if (!logs(c.experiment, Role::sharpness) && !(rho < -kAlternates))
    return Untestable{
        {},
        "the largest eigenvalue of the Hessian",
        "log the sharpness by three power iterations on one fixed batch, every 100 steps, with the learning rate"};
  Scored out;
  weigh_edge(c, out);
  if (std::isnan(rho))
    out.missing_weight += kStrong;
  else
    weigh_alternation(c, rho, out);
  if (out.looked_at.empty())
    out.looked_at = "sharpness, for which no limit is known without the optimizer and the rate";
  out.effect_share = 0.3;  // not a failure by itself
  weigh_outcome(c, out);
  out.soul = out.slots.contains("sharpness")
                 ? fmt::format("It rode the edge: sharpness {} against a limit of {}.",
                               number(out.slots["sharpness"], 3), number(out.slots["sharpness_limit"], 3))
                 : fmt::format("It swung every other step: neighbouring departures of the loss correlate by {}.",
                               number(rho, 3));
  return out;
}

}  // namespace

constinit const Detector edge_of_stability_oscillation{
    .id = "edge_of_stability_oscillation", .prior = kRare, .detect = detect, .doc = R"(
## What it looks for
A logged sharpness whose product with the learning rate lies within 10 % of the limit of stability at half of the records of a quarter of the run,
where the baseline's does not; a training loss that goes up and down every other step.
## Why it matters
It is no failure by itself: full-batch training goes there and stays. It says that the learning rate, and no property of the idea, sets the sharpness,
and that a larger one has no room.
## Formula
limit of eta x lambda_max: 2 for gradient descent, 2 + 2 beta for heavy ball, (2 + 2 beta) / (1 - beta) on the preconditioned Hessian for Adam (38 at
beta = 0.9). With e = L_t - (L_{t-1} + L_{t+1}) / 2: rho_1(e) = -1
for a period of two, -2/3 for white noise.
## False alarms and misses
Batch noise alone gives -2/3, batches that alternate between two sources give less: then the baseline shows it too. With small batches the sharpness
levels off below the limit. Where `lr_too_high` is likely this is its symptom.
## Reference
Science handbook D-42, E8; Cohen et al. 2021, arXiv:2103.00065; Cohen et al. 2022, arXiv:2207.14484.
)"};

}  // namespace expanalyze
