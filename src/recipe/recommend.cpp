// Step 4 on one page: three paths of different kinds, from the headline's moves first; what is missing becomes a
// measurement.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include "diagnosis/mechanism.hpp"
#include "recipe/propose.hpp"
#include "stats/distributions.hpp"
#include "stats/power.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

// An inspection that a diagnosis names itself comes first: it is the cheapest answer (F1, ranking).
constexpr std::array kKinds{PathKind::measurement, PathKind::hyperparameter, PathKind::mathematical,
                            PathKind::architectural};
constexpr double kEvidenceGate = 0.33;  // F1.1

struct Also {
  std::string_view diagnosis, moves_of;
};
// Diagnoses that share their remedies with another one.
constexpr std::array kAlso{Also{"inert_mechanism", "mechanism_saturated"},
                           Also{"proxy_failure", "mechanism_saturated"},
                           Also{"proxy_failure", "manifold_drift"},
                           Also{"divergence", "lr_too_high"},
                           Also{"divergence", "loss_spikes_recovering"},
                           Also{"loss_spikes_nonrecovering", "loss_spikes_recovering"},
                           Also{"exploding_gradients", "loss_spikes_recovering"},
                           Also{"beta2_mismatch", "loss_spikes_recovering"},
                           Also{"warmup_instability", "loss_spikes_recovering"},
                           Also{"throughput_regression", "compute_inefficient_gain"},
                           Also{"edge_of_stability_oscillation", "lr_too_high"},
                           Also{"slow_start_pays_off", "genuine_improvement"}};

bool answers(const Move& move, std::string_view diagnosis) {
  if (move.answers == diagnosis) return true;
  return std::any_of(kAlso.begin(), kAlso.end(),
                     [&](const Also& a) { return a.diagnosis == diagnosis && a.moves_of == move.answers; });
}

bool has_kind(const Recipe& recipe, PathKind kind) {
  return std::any_of(recipe.paths.begin(), recipe.paths.end(), [kind](const Path& p) { return p.kind == kind; });
}

/// F1.4: a change to what the experiment already had is none.
bool already_tried(const Situation& s, const Path& path) {
  const Config& config = experiment(s).config;
  return !path.changes.empty() && std::all_of(path.changes.begin(), path.changes.end(), [&](const auto& change) {
    const auto there = config.find(change.first);
    return there != config.end() && there->second == change.second;
  });
}

/// F1.1: a path whose number the logs do not allow is no path. Log text stands in code spans and is not looked at.
bool has_its_numbers(std::string_view text) {
  bool code = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '`') code = !code;
    const bool starts = i == 0 || std::isalnum(static_cast<unsigned char>(text[i - 1])) == 0;
    const char after = i + 3 < text.size() ? text[i + 3] : ' ';
    const bool ends = after == 'x' || std::isalnum(static_cast<unsigned char>(after)) == 0;
    if (!code && starts && ends && (text.substr(i, 3) == "nan" || text.substr(i, 3) == "inf")) return false;
  }
  return true;
}

bool usable(const Situation& s, const Path& path) {
  return !already_tried(s, path) && has_its_numbers(path.title) && has_its_numbers(path.why);
}

/// The first move of a kind that has its number: the diagnosis' own before those that it shares.
std::optional<Path> first_of(const Situation& s, std::string_view diagnosis, PathKind kind) {
  for (const bool own : {true, false})
    for (const Move* move : moves()) {
      if (move->kind != kind || !answers(*move, diagnosis) || (move->answers == diagnosis) != own) continue;
      if (auto path = move->propose(s); path && usable(s, *path)) return path;
    }
  return std::nullopt;
}

void add_from(const Situation& s, std::string_view diagnosis, Recipe& recipe) {
  for (const PathKind kind : kKinds) {
    if (recipe.paths.size() >= 3) return;
    if (has_kind(recipe, kind)) continue;
    if (auto path = first_of(s, diagnosis, kind)) recipe.paths.push_back(std::move(*path));
  }
}

/// Where one number is all that was changed, a remedy that turns another knob fights an effect and leaves its cause:
/// the number itself comes first. An inspection that the diagnosis asks for stays before it.
void turn_what_was_changed(Situation& s, const Finding* headline, Recipe& recipe) {
  const std::string key = only_changed_number(s);
  if (key.empty() || !(ceiling(s) > 0)) return;
  auto& paths = recipe.paths;
  if (headline && !paths.empty() && paths.front().kind == PathKind::measurement) return;
  const auto turns_it =
      std::find_if(paths.begin(), paths.end(), [&](const Path& path) { return path.changes.contains(key); });
  if (turns_it != paths.end()) {
    std::rotate(paths.begin(), turns_it, turns_it + 1);
    return;
  }
  s.finding = headline;
  auto path = toward_baseline.propose(s);
  if (!path || !usable(s, *path)) return;
  std::erase_if(paths, [](const Path& other) { return other.kind == PathKind::hyperparameter; });
  paths.insert(paths.begin(), std::move(*path));
}

/// Roots above the gate, the headline first.
std::vector<const Finding*> answered(const Diagnosis& diagnosis) {
  std::vector<const Finding*> out;
  for (const auto& f : diagnosis.findings)
    if (f.symptom_of.empty() && f.probability >= kEvidenceGate) out.push_back(&f);
  std::stable_partition(out.begin(), out.end(), [&](const Finding* f) { return f->id == diagnosis.headline; });
  return out;
}

/// F1.1: a slot without evidence holds what to log, and what value would decide.
Path measurement(const Situation& s, const std::string& request, std::string_view decides, const std::string& why) {
  Path path;
  path.move = "measure";
  path.kind = PathKind::measurement;
  path.title = request;
  path.why = why;
  path.because.emplace_back(decides);
  path.difference = bare(0, "measurement");
  path.difference.confidence = 0.8;
  path.flops_ratio = path.wall_ratio = 0.1;
  const double look = std::floor(0.1 * std::max(10.0, s.review.final_quality.at_step));
  path.kill = {s.review.metric.name, look, "the new signal is missing from the log"};
  path.steps =
      s.comparison.baseline.empty()
          ? std::vector{request, fmt::format("run {} steps again with it", number(look))}
          : std::vector{request.ends_with("on both sides") ? request : fmt::format("{} on both sides", request),
                        fmt::format("run {} steps (a tenth of a run) of each", number(look)),
                        std::string("analyze the two new logs again")};
  path.risk = "costs a tenth of a run and no change of the recipe";
  return path;
}

bool logs_a_mechanism(const Run& run) {
  return std::any_of(run.series.begin(), run.series.end(), [](const Series& s) { return s.role == Role::mechanism; });
}

void fill_with_measurements(const Situation& s, Recipe& recipe) {
  std::vector<std::string> taken;
  for (const auto& claim : s.theory.claims) {
    if (recipe.paths.size() >= 3) return;
    if (claim.status != ClaimStatus::untestable || claim.log_request.empty() || claim.wants_runs) continue;
    if (std::find(taken.begin(), taken.end(), claim.log_request) != taken.end()) continue;
    taken.push_back(claim.log_request);
    recipe.paths.push_back(
        measurement(s, claim.log_request, claim.claim, fmt::format("it would test the claim: {}", claim.text)));
  }
  const bool mechanism = logs_a_mechanism(experiment(s));
  for (const auto& card : s.diagnosis.untestable) {
    if (recipe.paths.size() >= 3) return;
    if (card.id == "no_baseline") continue;  // no signal: said where the cards are listed
    // What to log for a mechanism helps only a run that has one.
    if (!mechanism && of_a_mechanism(card.id)) continue;
    if (std::find(taken.begin(), taken.end(), card.log_request) != taken.end()) continue;
    taken.push_back(card.log_request);
    recipe.paths.push_back(
        measurement(s, card.log_request, card.id,
                    fmt::format("{} could not be tested: {} is missing", code_span(card.id), card.missing)));
  }
  if (recipe.paths.size() < 3)
    recipe.paths.push_back(
        measurement(s, "log the gradient norm before clipping and the update-to-weight ratio of every parameter group",
                    "undetermined",
                    fmt::format("{} causes were tested and are clear; these two signals separate most of the others",
                                s.diagnosis.clear.size())));
}

/// "clip = 2.3", the settings that tell the two apart; the title where no setting carries the change.
std::string tried_settings(const Path& path) {
  std::vector<std::string> out;
  for (const auto& [key, value] : path.changes)
    out.push_back(fmt::format("{} = {}", code_span(key), code_span(to_text(value))));
  return join(out, ", ");
}

/// What the diagnosis that the change answers expects, and how many seeds tell it from no change (B4.6).
std::string expects_move(const Situation& s, const Path& path) {
  const FinalQuality& f = s.review.final_quality;
  const Estimate& d = path.difference;
  std::string out = fmt::format("with {}, {} moves by {} {} (80 %) from {} by step {}", tried_settings(path),
                                code_span(s.review.metric.name), signed_number(d.value, 2), interval(d.low, d.high, 2),
                                number(f.experiment.value), number(f.at_step));
  if (!(f.seed_sd > 0)) return out;
  const std::size_t n = stats::seeds_to_detect(std::abs(d.value), f.seed_sd, f.seed_sd_df);
  return out + (n >= stats::kMostSeeds ? fmt::format("; {} seeds a side would not tell it from none", stats::kMostSeeds)
                                       : fmt::format("; {} {} a side tell it from none", n, n == 1 ? "seed" : "seeds"));
}

/// What its rival expects: the experiment again, but for the luck of one seed on each side at 95 %.
std::string expects_no_move(const Situation& s, const Path& path) {
  const FinalQuality& f = s.review.final_quality;
  std::string out = fmt::format("with {}, {} stays at {}", tried_settings(path), code_span(s.review.metric.name),
                                number(f.experiment.value));
  if (f.seed_sd > 0 && f.seed_sd_df > 0)
    out += fmt::format(" ± {} (one seed a side, seed s.d. {})",
                       number(stats::student_t_quantile(0.975, f.seed_sd_df) * std::sqrt(2.0) * f.seed_sd, 2),
                       number(f.seed_sd, 2));
  // The criterion's threshold is no prediction of the rival: it lies between the curves only where the experiment was
  // behind by then.
  if (path.kill.step > 0) out += fmt::format("; the first look is at step {}", number(path.kill.step));
  return out;
}

/// Two live explanations of one loss: the experiment on which they disagree.
std::optional<CrucialExperiment> crucial(const Situation& s, const Recipe& recipe) {
  auto roots = answered(s.diagnosis);
  // Neither says what the cause is, so neither is a rival of one.
  std::erase_if(roots, [](const Finding* f) { return f->id == "confounded_config" || f->id == "seed_noise_only"; });
  if (roots.size() < 2 || recipe.paths.empty() || recipe.paths.front().changes.empty() ||
      recipe.paths.front().because.empty() || recipe.paths.front().difference.value == 0 ||
      !std::isfinite(recipe.paths.front().difference.value))
    return std::nullopt;
  const Path& first = recipe.paths.front();
  CrucialExperiment out;
  out.between[0] = std::string(roots[0]->id);
  out.between[1] = std::string(roots[1]->id);
  out.change = first.title;
  // The change answers the diagnosis that it rests on, whichever of the two that is.
  const bool second = first.because.front() == roots[1]->id;
  out.predicts[out.between[second ? 1 : 0]] = expects_move(s, first);
  out.predicts[out.between[second ? 0 : 1]] = expects_no_move(s, first);
  return out;
}

}  // namespace

std::string_view to_string(PathKind kind) {
  static constexpr std::array<std::string_view, 4> names{"hyperparameter", "mathematical", "architectural",
                                                         "measurement"};
  return names[static_cast<std::size_t>(kind)];
}

Recipe recommend(const RunStore& runs, const Comparison& comparison, const Review& review, const Diagnosis& diagnosis,
                 const Theory& theory) {
  Recipe recipe;
  Situation s{runs, comparison, review, diagnosis, theory, nullptr};
  if (diagnosis.headline == "genuine_improvement") {
    add_from(s, "genuine_improvement", recipe);
  } else {
    for (const Finding* f : answered(diagnosis)) {
      s.finding = f;
      add_from(s, f->id, recipe);
    }
    if (const auto roots = answered(diagnosis);
        !roots.empty() && review.overall != Verdict::neutral && ceiling(s) > 0) {
      s.finding = roots.front();
      add_from(s, "", recipe);  // moves that answer any diagnosis
    }
  }
  if (const bool lost = review.overall == Verdict::regressed || review.overall == Verdict::failed; lost) {
    const auto roots = answered(diagnosis);
    turn_what_was_changed(s, roots.empty() ? nullptr : roots.front(), recipe);
  }
  fill_with_measurements(s, recipe);
  recipe.crucial = crucial(s, recipe);
  return recipe;
}

}  // namespace expanalyze
