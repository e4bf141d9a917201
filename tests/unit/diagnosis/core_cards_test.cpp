// The first twelve cards: each fires on a clear case, keeps quiet on a healthy pair, and says what is missing.
#include "diagnosis/case.hpp"
#include "expanalyze/report.hpp"
#include "support/catch.hpp"
#include "support/evidence.hpp"
#include "support/made_run.hpp"

using namespace expanalyze;
using made::Plan;

namespace {

double probability(const Report& report, std::string_view id) {
  const Finding* f = finding(report.diagnosis, id);
  return test::by_evidence(f);
}

bool untestable(const Report& report, std::string_view id) {
  const auto& all = report.diagnosis.untestable;
  return std::any_of(all.begin(), all.end(), [&](const Untestable& u) { return u.id == id && !u.log_request.empty(); });
}

/// Loss that waits on a plateau and falls by `fall` when the learning rate does (half its peak at step 200 of 400).
made::Of plateau(double level, double fall) {
  return [=](double t) { return level + 1.5 / (1 + t / 5) - (t > 200 ? fall * (t - 200) / 200 : 0); };
}

}  // namespace

TEST_CASE("healthy pairs of one recipe get no failure headline") {
  for (std::uint64_t other : {2, 3, 4, 5}) {
    const Report report = made::report({{}}, {made::seed({}, other, 0.0005 * static_cast<double>(other))});
    INFO(report.diagnosis.headline);
    CHECK((report.diagnosis.headline == "seed_noise_only" || report.diagnosis.headline == "undetermined"));
  }
}

TEST_CASE("lr_too_high: the decay gains far more than in the baseline") {
  Plan b;
  b.train = plateau(1.0, 0.1);
  b.eval = plateau(1.05, 0.1);
  Plan e = b;
  e.train = plateau(1.6, 0.4);
  e.eval = plateau(1.65, 0.4);
  e.lr = [](double t) { return 0.05 * (1 - t / 400); };
  const Report report = made::report({b}, {e});
  CHECK(probability(report, "lr_too_high") > 0.66);
  CHECK(finding(report.diagnosis, "lr_too_high")->slots.at("r_gain") == Approx(4).epsilon(.15));
  // Near miss: the same gain of the decay, twice the plateau.
  e.train = plateau(1.6, 0.1);
  e.eval = plateau(1.65, 0.1);
  e.lr = b.lr;
  CHECK(probability(made::report({b}, {e}), "lr_too_high") < 0.33);
}

TEST_CASE("lr_too_high: getting over a hump at the start of annealing is no gain of the decay") {
  Plan b;
  b.train = plateau(1.0, 0.1);
  b.eval = plateau(1.05, 0.1);
  Plan e = b;
  e.train = [f = b.train](double t) { return f(t) + (t > 190 && t < 240 ? 2.0 : 0.0) + 0.2; };
  e.eval = [f = b.eval](double t) { return f(t) + 0.2; };
  CHECK(probability(made::report({b}, {e}), "lr_too_high") < 0.5);
}

TEST_CASE("lr_too_low: still falling when the annealing starts, with small updates") {
  Plan b;
  b.train = [](double t) { return 0.5 + 1.5 / (1 + t / 5); };
  b.eval = b.train;
  b.also["update_ratio"] = [](double) { return 1e-3; };
  Plan e;
  e.train = [](double t) { return 0.5 + 1.5 * std::exp(-t / 300); };
  e.eval = e.train;
  e.also["update_ratio"] = [](double) { return 1e-4; };
  e.lr = [](double t) { return 0.001 * (1 - t / 400); };
  const Report report = made::report({b}, {e});
  CHECK(report.diagnosis.headline == "lr_too_low");
  CHECK(report.diagnosis.headline_probability > 0.66);
}

TEST_CASE("lr_too_low: what cannot be read is not printed") {
  Plan b, e;
  // The baseline gains nothing in the decay, and its updates are logged as zero: both ratios are undefined.
  b.train = [](double t) { return 0.5 + 1.5 / (1 + t / 5) + (t > 190 ? 0.001 * (t - 190) : 0.0); };
  b.eval = b.train;
  e.train = e.eval = [](double t) { return 0.9 + 1.5 * std::exp(-t / 300); };
  b.also["update_ratio"] = [](double) { return 0.0; };
  e.also["update_ratio"] = [](double) { return 1e-4; };
  const Diagnosis diagnosis = made::report({b}, {e}).diagnosis;
  const auto readable = [](const std::string& text) {
    return text.find("nan") == std::string::npos && text.find("infx") == std::string::npos;
  };
  for (const auto& f : diagnosis.findings) {
    if (f.id != "lr_too_low") continue;
    CHECK(readable(f.soul));
    for (const auto& line : f.evidence) CHECK(readable(line.text));
  }
  for (const auto& clear : diagnosis.clear)
    if (clear.id == "lr_too_low") CHECK(readable(clear.looked_at));
}

TEST_CASE("overfitting: evaluation turns up while training goes on falling") {
  Plan e;
  e.config["n_train"] = 500.0;
  e.config["batch_size"] = 64.0;
  e.train = [](double t) { return 2.0 * std::exp(-t / 60); };
  e.eval = [](double t) { return 0.5 + 2.0 * std::exp(-t / 40) + 0.002 * std::max(0.0, t - 80); };
  Plan b;
  b.config["n_train"] = 50000.0;
  b.config["batch_size"] = 64.0;
  const Report report = made::report({b}, {e});
  CHECK(report.diagnosis.headline == "overfitting");
  Plan silent = b;
  silent.also.clear();
  CHECK(probability(made::report({b}, {made::seed(b, 7, .3)}), "overfitting") < 0.33);
}

TEST_CASE("overfitting: training below and evaluation above the baseline's, further apart with every step") {
  Plan e;
  e.train = [](double t) { return 0.2 + 2.0 / std::sqrt(1 + t / 5) - 0.15 * t / 400; };
  e.eval = [](double t) { return 0.8 + 1.5 * std::exp(-t / 30); };
  const Report report = made::report({{}}, {e});
  CHECK(report.diagnosis.headline == "overfitting");
  CHECK(finding(report.diagnosis, "overfitting")->slots.at("gap_opened") > 0.1);
}

TEST_CASE("overfitting: not where the training loss rises with the evaluation loss") {
  Plan e;
  e.train = [](double t) { return 0.5 + 2.0 * std::exp(-t / 40) + 0.004 * std::max(0.0, t - 80); };
  e.eval = [](double t) { return 0.7 + 2.0 * std::exp(-t / 40) + 0.004 * std::max(0.0, t - 80); };
  CHECK(probability(made::report({{}}, {e}), "overfitting") < 0.2);
}

TEST_CASE("gradient clipping: the threshold lies under every gradient") {
  Plan b;
  b.config = {{"opt", std::string("sgd")}, {"clip", 10.0}, {"lr", 0.01}};
  b.also["grad_norm"] = [](double t) { return 2 + std::sin(t); };
  Plan e = b;
  e.config["clip"] = 0.02;
  e.train = [](double t) { return 0.5 + 1.8 * std::exp(-t / 300); };
  e.eval = e.train;
  const Report report = made::report({b}, {e});
  CHECK(report.diagnosis.headline == "gradient_clipping_saturated");
  const Finding* f = finding(report.diagnosis, "gradient_clipping_saturated");
  CHECK(f->slots.at("clip_share") == 1);
  // eta c / |g| with the median norm 2: a hundredth of the configured rate.
  CHECK(f->slots.at("lr_effective") == Approx(0.01 * 0.01).epsilon(.1));
  CHECK(finding(report.diagnosis, "lr_too_low")->symptom_of == "gradient_clipping_saturated");
  Plan quiet = b;
  quiet.config["clip"] = 5.0;
  CHECK(probability(made::report({b}, {quiet}), "gradient_clipping_saturated") < 0.05);
  CHECK(untestable(made::report({{}}, {{}}), "gradient_clipping_saturated"));
}

TEST_CASE("inert: the same losses, and a signal that never moved") {
  Plan b;
  b.also["gate_open"] = [](double) { return 5.0; };
  const Report report = made::report({b}, {b});
  CHECK(report.diagnosis.headline == "inert_mechanism");
  CHECK(report.diagnosis.headline_probability > 0.9);
  Plan moved = made::seed(b, 2, 0.4);
  moved.also["gate_open"] = [](double t) { return 5 - 0.01 * t; };
  CHECK(probability(made::report({b}, {moved}), "inert_mechanism") < 0.05);
}

TEST_CASE("inert: a run's own books are no mechanism") {
  Plan b, e = made::seed({}, 2, 0);
  b.also["done"] = e.also["done"] = [](double) { return 0.0; };
  b.also["worker_id"] = e.also["worker_id"] = [](double) { return 3.0; };
  CHECK(probability(made::report({b}, {e}), "inert_mechanism") < 0.33);
  e.also["gate_open"] = [](double) { return 0.0; };  // only what was added can be the mechanism
  const Report report = made::report({b}, {e});
  const Finding* f = finding(report.diagnosis, "inert_mechanism");
  REQUIRE(f);
  CHECK(f->evidence.front().text.find("gate_open") != std::string::npos);
}

TEST_CASE("saturated: free at first, at its bound in the last third") {
  Plan e = made::seed({}, 2, 0.2);
  e.also["halting"] = [](double t) { return t < 150 ? 2 + std::fmod(t, 3.0) : 8.0; };
  const Report report = made::report({{}}, {e});
  CHECK(probability(report, "mechanism_saturated") > 0.33);
  CHECK(finding(report.diagnosis, "mechanism_saturated")->slots.at("since_step") == Approx(150).margin(15));
  e.also["halting"] = [](double t) { return 2 + std::fmod(t, 3.0); };
  CHECK(probability(made::report({{}}, {e}), "mechanism_saturated") < 0.1);
}

TEST_CASE("manifold drift: above the band that the iteration leaves by design, not within it") {
  Plan b;
  b.also["ortho_residual"] = [](double) { return 0.39; };
  Plan e = made::seed(b, 2, 0.2);
  e.train = [train = b.train](double t) { return train(t) + 0.2; };
  e.also["ortho_residual"] = [](double) { return 0.9; };
  CHECK(made::report({b}, {e}).diagnosis.headline == "manifold_drift");
  e.also["ortho_residual"] = [](double) { return 0.41; };
  CHECK(probability(made::report({b}, {e}), "manifold_drift") < 0.05);
}

TEST_CASE("spikes: counted against the baseline's") {
  Plan e = made::seed({}, 2, .004);  // shown equal, it would have nothing to explain
  const made::Of calm = e.train;
  e.train = [calm](double t) { return calm(t) + (t > 190 && std::fmod(t, 60.0) < 8 ? 0.6 : 0.0); };
  const Report report = made::report({{}}, {e});
  const Finding* f = finding(report.diagnosis, "loss_spikes_recovering");
  REQUIRE(f);
  CHECK(f->slots.at("spikes") >= 3);
  CHECK(finding(made::report({{}}, {made::seed({}, 3, 0)}).diagnosis, "loss_spikes_recovering") == nullptr);
}

TEST_CASE("a gain that is gone at equal FLOPs is no gain") {
  Plan b;
  b.also["flops"] = [](double t) { return 1e6 * (t + 1); };
  Plan e;
  e.also["flops"] = [](double t) { return 4e6 * (t + 1); };
  e.eval = [](double t) { return 0.25 + 2.0 / std::sqrt(1 + t / 10); };
  const Report report =
      made::report({made::seed(b, 1, 0), made::seed(b, 2, .002)}, {made::seed(e, 3, 0), made::seed(e, 4, .002)});
  CHECK(on(report.review, Axis::step).verdict == Verdict::improved);
  CHECK(on(report.review, Axis::flops).verdict == Verdict::regressed);
  CHECK(report.diagnosis.headline == "compute_inefficient_gain");
}

TEST_CASE("a gain that is only unresolved at equal FLOPs may still be one") {
  Plan b;
  b.also["flops"] = [](double t) { return 1e6 * (t + 1); };
  Plan e = b;
  e.also["flops"] = [](double t) { return 1.28e6 * (t + 1); };
  e.train = [](double t) { return 0.26 + 2.0 / std::sqrt(1 + t / 10); };
  e.eval = [](double t) { return 0.31 + 2.0 / std::sqrt(1 + t / 10); };
  const Report report = made::report({made::seed(b, 1, 0), made::seed(b, 2, .01), made::seed(b, 5, -.01)},
                                     {made::seed(e, 3, 0), made::seed(e, 4, .01), made::seed(e, 6, -.01)});
  REQUIRE(on(report.review, Axis::step).verdict == Verdict::improved);
  REQUIRE(on(report.review, Axis::flops).verdict == Verdict::inconclusive);
  CHECK(probability(report, "compute_inefficient_gain") < 0.9);
}

TEST_CASE("a run that is worse at equal steps has no gain to weigh, whatever it cost") {
  Plan b, e;
  b.also["flops"] = [](double t) { return 1e6 * (t + 1); };
  e.also["flops"] = [](double t) { return 4e6 * (t + 1); };
  e.eval = [](double t) { return 0.8 + 2.0 / std::sqrt(1 + t / 10); };
  CHECK(probability(made::report({b}, {e}), "compute_inefficient_gain") < 0.2);
}

TEST_CASE("lr_too_high: a run whose units died had nothing left for the decay to gain") {
  Plan b;
  b.config["lr"] = 0.01;
  b.train = b.eval = plateau(1.0, 0.2);
  b.also["dead_relu_frac"] = [](double) { return 0.0; };
  Plan e = b;
  e.config["lr"] = 0.1;
  e.train = e.eval = plateau(1.9, 0.05);
  e.lr = [](double t) { return 0.1 * (1 - t / 400); };
  // The same curve without a fault of the units is a rate that the decay did not mind.
  CHECK(probability(made::report({b}, {e}), "lr_too_high") < 0.33);
  e.also["dead_relu_frac"] = [](double) { return 0.6; };
  const Report report = made::report({b}, {e});
  CHECK(probability(report, "lr_too_high") > 0.5);
  CHECK(finding(report.diagnosis, "dead_units")->symptom_of == "lr_too_high");
}

TEST_CASE("lr_too_high: seeds that scatter at the edge of stability do not hide the gain of the decay") {
  Plan b, e;
  b.train = b.eval = plateau(1.0, 0.05);
  e.train = e.eval = plateau(1.4, 0.3);
  e.lr = [](double t) { return 0.06 * (1 - t / 400); };
  const Report report = made::report({made::seed(b, 1, 0), made::seed(b, 2, .01), made::seed(b, 3, -.01)},
                                     {made::seed(e, 4, 0), made::seed(e, 5, .7), made::seed(e, 6, .1)});
  REQUIRE(on(report.review, Axis::step).verdict == Verdict::inconclusive);
  CHECK(probability(report, "lr_too_high") > 0.5);
}

TEST_CASE("lr_too_high: a gain of the decay below the noise of the comparison explains nothing") {
  Plan b, e;
  b.train = b.eval = plateau(1.0, 0.004);
  e.train = e.eval = plateau(1.0, 0.02);
  e.lr = [](double t) { return 0.017 * (1 - t / 400); };
  CHECK(probability(made::report({b}, {e}), "lr_too_high") < 0.33);
}

TEST_CASE("truncated: fewer steps than planned, and the learning rate still high") {
  Plan b;
  b.config["steps"] = 400.0;
  Plan e = b;
  e.steps = 150;
  const Report report = made::report({b}, {e});
  CHECK(report.diagnosis.headline == "truncated_run");
  CHECK(on(report.review, Axis::step).verdict != Verdict::failed);
  CHECK(report.recipe.paths.front().move == "finish_run");
  Plan planned_short = e;
  planned_short.config["steps"] = 150.0;
  CHECK(probability(made::report({b}, {planned_short}), "truncated_run") < 0.33);
}

TEST_CASE("divergence is a symptom when the rate was raised") {
  Plan e;
  e.train = [](double t) { return t < 30 ? 2.0 : std::nan(""); };
  e.eval = [](double t) { return t < 30 ? 2.0 : std::nan(""); };
  e.lr = [](double) { return 0.6; };
  const Report report = made::report({{}}, {e});
  CHECK(report.review.overall == Verdict::failed);
  CHECK(report.diagnosis.headline == "lr_too_high");
  CHECK(finding(report.diagnosis, "divergence")->symptom_of == "lr_too_high");
  e.lr = [](double t) { return 0.01 * (1 - t / 400); };
  CHECK(made::report({{}}, {e}).diagnosis.headline == "divergence");
}

TEST_CASE("a signal that only some seeds log is read where it is") {
  Plan silent = made::seed({}, 2, .2);
  Plan logging = made::seed({}, 3, .21);
  logging.also["ortho_residual"] = [](double) { return 0.9; };
  const Report report = made::report({{}}, {silent, logging});
  CHECK(probability(report, "manifold_drift") > 0.33);
}

TEST_CASE("a constant learning rate has no decay to read") {
  Plan b;
  b.lr = [](double) { return 0.1; };
  b.train = b.eval = plateau(1.0, 0.1);
  Plan e;
  e.lr = [](double) { return 0.05; };
  e.train = e.eval = plateau(1.3, 0.4);
  CHECK(probability(made::report({b}, {e}), "lr_too_high") < 0.33);
}

TEST_CASE("truncated: a shorter run on another schedule was planned that way") {
  Plan b;
  Plan cut = b;
  cut.steps = 150;  // the same rates as the baseline's up to there
  CHECK(probability(made::report({b}, {cut}), "truncated_run") > 0.66);
  Plan other = cut;
  other.lr = [](double t) { return t < 75 ? 0.01 : 0.004; };  // dropped and held
  CHECK(probability(made::report({b}, {other}), "truncated_run") < 0.33);
}
