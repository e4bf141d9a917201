// R-retract: the updates left the manifold.
#include <fmt/format.h>

#include <cmath>

#include "recipe/propose.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr std::string_view kIterations[] = {"ns_steps",      "muon_ns_steps", "newton_schulz_steps",
                                            "backend_steps", "ns_iters",      "max_steps_ns"};
constexpr double kUsualIterations = 5;  // Jordan 2024: five iterations of the tuned quintic

std::optional<Path> propose_more(const Situation& s) {
  const auto configured = config_number(experiment(s), kIterations);
  const double from = std::isfinite(theory_slot(s, "avg_steps")) ? theory_slot(s, "avg_steps") : configured.value_or(0);
  const double needed = theory_slot(s, "ns_steps_needed");
  const double to = std::isfinite(needed) ? std::max(needed, from + 1) : kUsualIterations;
  if (to <= from) return std::nullopt;
  const auto base = config_number(baseline(s), kIterations);
  const bool capped = configured && *configured >= to;
  Path path = start_path(s, more_iterations,
                         fmt::format("take {} orthogonalisation steps instead of {}", number(to),
                                     from > 0 ? number(from, 2) : "the present number"),
                         fmt::format("the residual stands at {}; k(s) = 1 + ceil(ln(0.211 / s) / ln 3.4445) iterations "
                                     "bring 95 % of the singular values of a spectrum with "
                                     "that residual into the band: {} (handbook E4)",
                                     number(slot(s, "residual"), 3), number(to)),
                         1);
  if (!capped) {
    // One more than the baseline's is not a revert, and costs a Gram product; equal to it restores the baseline.
    change_setting(s, path, kIterations, to);
  }
  if (base && to == *base && !capped) path.is_revert = true;
  path.steps = {fmt::format("set the number of iterations to {}{}", number(to),
                            capped ? ", and switch the early stop off or decide it on the residual" : ""),
                "log the residual of two matrices every 50 steps", "stop if it is above 0.45 after 5 % of the run"};
  path.kill = {s.review.metric.name, path.kill.step, path.kill.condition};
  path.risk = "each iteration costs 4 n^2 m + 2 n^3 operations a matrix: compare at equal time too";
  return path;
}

std::optional<Path> propose_convergent(const Situation& s) {
  Path path = start_path(
      s, convergent_finish, "finish with one step of the convergent quintic (15/8, -10/8, 3/8)",
      fmt::format("the tuned coefficients spread the spectrum over [.68, 1.13] and never converge; one convergent step "
                  "from inside the band "
                  "takes 1 - s from .32 to .06, which a residual of {} cannot reach by more of the same steps",
                  number(slot(s, "residual"), 3)),
      0.9);
  path.steps = {"keep the tuned coefficients for the first steps, use (15/8, -10/8, 3/8) for the last one or two",
                "or use Polar Express coefficients, minimax for each step (Amsel et al. 2025, arXiv:2505.16932)",
                "log the residual before and after"};
  path.risk = "a convergent step does nothing for singular values that have not entered the band";
  return path;
}

std::optional<Path> propose_fewer(const Situation& s) {
  Path path =
      start_path(s, constrain_fewer_matrices, "orthogonalise only the square hidden matrices, leave the rest to AdamW",
                 fmt::format("k grows with ln(1 / s_min): wide matrices enter the band in fewer steps than square "
                             "ones, and one number of steps for all "
                             "leaves a residual of {} on average",
                             number(slot(s, "residual"), 3)),
                 0.5);
  path.steps = {"log the residual per matrix for 5 % of a run", "keep the method where it stays below 0.45",
                "give the others to AdamW at their own rate"};
  path.risk = "the matrices that are hardest to orthogonalise may be those that gain most";
  return path;
}

}  // namespace

constinit const Move more_iterations{"more_iterations", "manifold_drift", PathKind::hyperparameter, propose_more,
                                     "Takes as many iterations as the spectrum needs. Science handbook R-retract, E4."};
constinit const Move convergent_finish{"convergent_finish", "manifold_drift", PathKind::mathematical,
                                       propose_convergent,
                                       "Ends with a polynomial that converges. Science handbook R-retract, E4."};
constinit const Move constrain_fewer_matrices{"constrain_fewer_matrices", "manifold_drift", PathKind::architectural,
                                              propose_fewer,
                                              "Keeps the constraint where it can be met. Science handbook R-retract."};

}  // namespace expanalyze
