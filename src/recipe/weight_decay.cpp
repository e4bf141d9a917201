// R-wd: decay forgot faster than the data taught.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "recipe/propose.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

constexpr std::string_view kDecay[] = {"weight_decay", "wd", "decay", "adam_weight_decay", "l2"};
constexpr double kMemory = 0.3;  // tau* as a share of the run (F2; Wang & Aitchison 2024, arXiv:2405.13698)

/// The memory that the rule asks for, in steps.
double memory(const Situation& s) { return kMemory * length(s); }

std::optional<Path> propose_memory(const Situation& s) {
  const auto from = config_number(experiment(s), kDecay);
  const auto trained = config_number(baseline(s), kDecay);
  const double lr = peak_lr(experiment(s));
  const double tau = slot(s, "tau");
  const double wanted = memory(s);
  if (from && lr > 0 && *from * lr * wanted > 1) {
    // The rule is the most decay that still remembers; the baseline's is known to train. Between the two, in logs.
    const double rule = 1 / (lr * wanted);
    const bool below = trained && *trained > 0 && *trained < rule;
    const double to = two_digits(below ? std::sqrt(rule * *trained) : rule);
    Path path = start_path(
        s, remember_longer, fmt::format("lower the weight decay from {} to {}", number(*from, 3), number(to, 3)),
        fmt::format("tau = 1 / (lr x decay) should be {} of the run, {} steps: decay <= 1 / ({} x {}) = {}{}",
                    percent(kMemory, 2), number(wanted, 3), number(lr, 3), number(wanted, 3), number(rule, 2),
                    below ? fmt::format("; the baseline trained at {}, and the middle of the two in logs is {}",
                                        number(*trained, 3), number(to, 3))
                          : ""),
        0.9);
    change_setting(s, path, kDecay, to);
    path.steps = {fmt::format("set the weight decay to {}", number(to, 3)), "log the norm of the parameters",
                  "stop if the norm still falls after a quarter of the run"};
    path.risk = "less decay lets the norm grow: the effective rate falls with it";
    return path;
  }
  if (!(tau > 0) || !(tau < wanted)) return std::nullopt;
  const double factor = two_digits(tau / wanted);
  Path path =
      start_path(s, remember_longer, fmt::format("multiply the weight decay by {}", number(factor, 2)),
                 fmt::format("the weights remember {} steps and should remember {} of the run, {} steps: {} / {} = {}",
                             number(tau, 3), percent(kMemory, 2), number(wanted, 3), number(tau, 3), number(wanted, 3),
                             number(factor, 2)),
                 0.9);
  path.steps = {fmt::format("multiply the weight decay by {} at the same learning rate", number(factor, 2)),
                "log the norm of the parameters", "stop if the norm still falls after a quarter of the run"};
  path.risk = "the memory is read off the norm: good to a factor of two or so";
  return path;
}

std::optional<Path> propose_scheduled(const Situation& s) {
  Path path = start_path(
      s, scheduled_decay, "decay only along updates that shrink the weight (cautious weight decay)",
      fmt::format("decay{} acts on every weight alike; applied only where the update has the weight's own sign it no "
                  "longer undoes what the data just taught",
                  slot(s, "tau") > 0 ? fmt::format(" with a memory of {} steps", number(slot(s, "tau"), 3)) : ""),
      0.7);
  path.steps = {"multiply the decay term by the mask (update x weight > 0)",
                "log the share of weights that decay in a step: about half", "compare the norm with the baseline's"};
  path.risk = "halves the decay, no more: with a decay that is too large by far take the first path too";
  return path;
}

std::optional<Path> propose_groups(const Situation& s) {
  const double kept = slot(s, "norm_kept");
  Path path = start_path(
      s, decay_matrices_only, "exempt norms, embeddings and biases from decay",
      std::isfinite(kept)
          ? fmt::format("all weights together kept {}x their norm; gains and biases have no scale to spare, and a "
                        "matrix before a norm does not need its own",
                        number(kept, 3))
          : std::string("gains and biases have no scale to spare, and a matrix before a norm does not need its own"),
      0.4);
  path.steps = {"put one-dimensional parameters and embeddings into a group with no decay",
                "log the norm of both groups", "if the matrices' norm falls as before, the decay itself is too large"};
  path.risk = "matrices hold most of the parameters: if they shrink, this is not enough";
  return path;
}

}  // namespace

constinit const Move remember_longer{"remember_longer", "excessive_weight_decay", PathKind::hyperparameter,
                                     propose_memory, "Sets decay by the memory it leaves. Science handbook R-wd, E11."};
constinit const Move scheduled_decay{"cautious_decay", "excessive_weight_decay", PathKind::mathematical,
                                     propose_scheduled, "Decays where the update agrees. Science handbook R-wd."};
constinit const Move decay_matrices_only{"decay_matrices_only", "excessive_weight_decay", PathKind::architectural,
                                         propose_groups, "Takes small parameters out of it. Science handbook R-wd."};

}  // namespace expanalyze
