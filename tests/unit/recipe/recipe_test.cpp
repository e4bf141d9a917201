// Paths carry the finding's number under the experiment's own key.
#include "expanalyze/recipe.hpp"

#include "recipe/propose.hpp"
#include "support/catch.hpp"
#include "support/made_run.hpp"

using namespace expanalyze;
using made::Plan;

TEST_CASE("a saturated clip is raised to the 90 % quantile of the baseline's gradients") {
  Plan b;
  b.config = {{"optim.opt", std::string("sgd")}, {"optim.max_grad_norm", 50.0}};
  b.also["grad_norm"] = [](double t) {
    return 1 + std::fmod(t, 10.0);
  };  // 1 … 10: the 90 % quantile is 10 - 0.9 = 9.1 or so
  Plan e = b;
  e.config["optim.max_grad_norm"] = 0.05;
  e.train = [](double t) { return 0.5 + 1.8 * std::exp(-t / 300); };
  e.eval = e.train;
  const Report report = made::report({b}, {e});
  REQUIRE(report.recipe.paths.size() == 3);
  const Path& path = report.recipe.paths.front();
  CHECK(path.kind == PathKind::hyperparameter);
  REQUIRE(path.changes.contains("optim.max_grad_norm"));
  CHECK(std::get<double>(path.changes.at("optim.max_grad_norm")) == Approx(9.1).epsilon(.02));
  CHECK_FALSE(path.is_revert);
  CHECK(path.difference.value < 0);
  CHECK(path.difference.low <= path.difference.value);
  CHECK(path.difference.value <= path.difference.high);
  CHECK(path.kill.step > 0);
}

TEST_CASE("three paths of different kinds, or measurements in their place") {
  const std::vector<std::pair<Plan, Plan>> pairs{{{}, {}}, {{}, made::seed({}, 2, .3)}, {{}, made::seed({}, 3, -.3)}};
  for (const auto& [b, e] : pairs) {
    const Report report = made::report({b}, {e});
    REQUIRE(report.recipe.paths.size() >= 3);
    std::map<PathKind, int> kinds;
    for (const auto& path : report.recipe.paths) {
      ++kinds[path.kind];
      CHECK_FALSE(path.title.empty());
      CHECK_FALSE(path.why.empty());
      CHECK_FALSE(path.steps.empty());
      CHECK_FALSE(path.kill.condition.empty());
      CHECK_FALSE((path.because.empty() && path.kind == PathKind::measurement));
    }
    for (const auto kind : {PathKind::hyperparameter, PathKind::mathematical, PathKind::architectural})
      CHECK(kinds[kind] <= 1);
  }
}

TEST_CASE("restoring the baseline's value is marked as a revert") {
  Plan b;
  b.config = {{"act", std::string("relu")}};
  Plan e = made::seed(b, 2, .5);
  e.config = {{"act", std::string("sigmoid")}};
  const Report report = made::report({b}, {e});
  bool seen = false;
  for (const auto& path : report.recipe.paths)
    if (path.changes.contains("act")) {
      seen = true;
      CHECK(path.is_revert);
      CHECK(std::get<std::string>(path.changes.at("act")) == "relu");
    }
  // Only a diagnosis above the gate may propose a change.
  if (seen) CHECK((report.diagnosis.headline != "undetermined" && report.diagnosis.headline != "seed_noise_only"));
}

TEST_CASE("two significant digits, as a config would hold them") {
  CHECK(two_digits(0.0112345) == 0.011);
  CHECK(two_digits(2.259) == 2.3);
  CHECK(two_digits(1234.5) == 1200);
  CHECK(two_digits(0) == 0);
  CHECK(std::isnan(two_digits(std::nan(""))));
}

TEST_CASE("weight decay that forgets is set between the rule of 0.3 runs and the baseline's") {
  Plan b;
  b.config = {{"weight_decay", 0.01}};
  b.also["param_norm"] = [](double t) { return 20 + 0.01 * t; };
  Plan e = b;
  e.config["weight_decay"] = 60.0;
  e.also["param_norm"] = [](double t) { return 20 * std::exp(-t / 100); };
  e.train = [](double t) { return 1.3 + 1.0 * std::exp(-t / 30); };
  e.eval = e.train;
  const Report report = made::report({b}, {e});
  REQUIRE(report.diagnosis.headline == "excessive_weight_decay");
  const Path& path = report.recipe.paths.front();
  REQUIRE(path.changes.contains("weight_decay"));
  // 1 / (0.01 x 0.3 x 399) = 0.835, and sqrt(0.835 x 0.01) = 0.091.
  CHECK(std::get<double>(path.changes.at("weight_decay")) == Approx(0.091).epsilon(.02));
  CHECK_FALSE(path.is_revert);
}

TEST_CASE("a path whose number is missing is not proposed") {
  Plan b;
  b.also["grad_norm"] = [](double t) { return 1 + std::fmod(t, 10.0); };
  const Plan e = made::seed(b, 2, .3);
  expanalyze::Comparison comparison;
  const auto runs = made::store({b}, {e}, comparison);
  const Report report = made::report({b}, {e});
  for (const Move* move : moves()) {
    Diagnosis bare;
    bare.findings.resize(1);
    bare.findings.front().id = bare.headline = move->answers.empty() ? "lr_too_high" : move->answers;
    bare.findings.front().probability = 0.9;
    const Recipe recipe = recommend(runs, comparison, report.review, bare, report.theory);
    for (const auto& path : recipe.paths) {
      INFO(path.move << ": " << path.title << " | " << path.why);
      CHECK((path.title + path.why).find("nan ") == std::string::npos);
      CHECK((path.title + path.why).find("nanx") == std::string::npos);
    }
  }
}

TEST_CASE("a count between two keeps what divides both: heads divide a width") {
  CHECK(between_counts(8, 32, 15.2) == 16);
  CHECK(between_counts(4, 64, 17) == 16);
  CHECK(between_counts(5, 128, 25.3) == 25);
  CHECK(between_counts(8, 32, 1) == 8);
}

TEST_CASE("the only number that was changed comes first, whatever the cause is called") {
  Plan b;
  b.config = {{"optim.opt", std::string("sgd")}, {"mixer.blend", 1.0}};
  Plan e = b;
  e.config["mixer.blend"] = 16.0;
  e.train = [](double t) { return 0.9 + 1.8 * std::exp(-t / 100); };
  e.eval = e.train;
  const Report report = made::report({b}, {e});
  REQUIRE_FALSE(report.recipe.paths.empty());
  const Path& first = report.recipe.paths.front();
  REQUIRE(first.changes.contains("mixer.blend"));
  CHECK(std::get<double>(first.changes.at("mixer.blend")) == 2);  // three quarters of the way back in logs
  CHECK_FALSE(first.is_revert);
  CHECK(first.difference.value < 0);
}

TEST_CASE("of several changes none comes first as the only one") {
  Plan b;
  b.config = {{"mixer.blend", 1.0}, {"gate.width", 8.0}};
  Plan e = b;
  e.config["mixer.blend"] = 16.0;
  e.config["gate.width"] = 4.0;
  e.train = [](double t) { return 0.9 + 1.8 * std::exp(-t / 100); };
  e.eval = e.train;
  const Report report = made::report({b}, {e});
  for (const Path& path : report.recipe.paths) CHECK(path.why.find("all that differs") == std::string::npos);
}
