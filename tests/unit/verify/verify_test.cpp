// Predictions against made-up runs whose outcome is known.
#include "expanalyze/verify.hpp"

#include <cmath>

#include "expanalyze/error.hpp"
#include "support/catch.hpp"

using namespace expanalyze;

namespace {

/// A run that logs val_loss every 100 steps, `value` from the start to `last`.
Run level_run(double value, double last, Config config = {}) {
  Run run;
  run.label = run.path = "new";
  run.config = std::move(config);
  run.rows.emplace_back();
  Series series;
  series.name = "eval/loss";
  series.logged_as = "val_loss";
  series.role = Role::eval_loss;
  for (double step = 0; step <= last; step += 100) {
    run.rows[0].step.push_back(step);
    run.rows[0].line.push_back(static_cast<std::uint32_t>(run.rows[0].step.size()));
    series.value.push_back(value);
  }
  run.lines = run.lines_understood = run.rows[0].step.size();
  run.series.push_back(series);
  return run;
}

/// The experiment ended at 1.0, the baseline at 0.5; path 1 expects -0.3 [-0.55, -0.05], path 2 tries another key.
EarlierReport earlier() {
  EarlierReport out;
  out.metric = {"val_loss", Direction::min, Role::eval_loss, ""};
  out.at_step = 1000;
  out.baseline = exact(0.5);
  out.experiment = exact(1.0);
  out.seed_sd = 0.01;
  out.seed_sd_df = 10;
  out.roots = {{"lr_too_high", 0.7}, {"batch_too_small", 0.4}, {"label_noise", 0.35}};
  Estimate expected{-0.3, -0.55, -0.05, 0.8, 0, {}};
  out.paths = {
      {"lower lr", {"lr_too_high"}, {{"lr", 0.1}}, {{"lr", 1.0}}, expected, {"val_loss", 250, "val_loss > 0.8"}},
      {"more", {"batch_too_small"}, {{"batch", 64.0}}, {}, expected, {"gap", 250, "gap > 0.8"}}};
  out.crucial = {"lr_too_high", "batch_too_small"};
  return out;
}

Verification verified(const std::vector<Run>& runs, std::optional<std::size_t> path = std::nullopt) {
  return verify(earlier(), {runs}, path);
}

}  // namespace

TEST_CASE("a change that works raises its diagnosis and lowers its rival") {
  const Verification v = verified({level_run(0.6, 1000, {{"lr", 0.1}})});
  CHECK(v.path == 1);
  CHECK(v.difference.value == Approx(-0.4));
  CHECK(v.sign == SignOutcome::right);
  CHECK(v.inside == true);
  CHECK(v.gap_closed == Approx(0.8));
  CHECK(v.kill[0].state == KillOutcome::State::passed);
  REQUIRE(v.beliefs.size() == 3);
  CHECK(v.beliefs[0].after > 0.7);
  CHECK(v.beliefs[1].after < 0.05);
  CHECK(v.beliefs[2].after == 0.35);  // not tested by this path
}

TEST_CASE("a change without effect does the opposite") {
  const Verification v = verified({level_run(1.001, 1000, {{"lr", 0.1}})});
  CHECK(v.sign == SignOutcome::within_noise);
  CHECK(v.inside == false);
  CHECK(v.kill[0].state == KillOutcome::State::fired);
  CHECK(v.kill[0].step == 300);
  CHECK(v.kill[0].value == 1.001);
  CHECK(v.beliefs[0].after < 0.2);
  CHECK(v.beliefs[1].after > 0.4);
}

TEST_CASE("a change that does harm is no evidence for its diagnosis") {
  const Verification v = verified({level_run(1.4, 1000, {{"lr", 0.1}})});
  CHECK(v.sign == SignOutcome::wrong);
  CHECK(v.beliefs[0].after < v.beliefs[0].before);
}

TEST_CASE("a run cut short has no final value and still meets the kill criterion") {
  const Verification v = verified({level_run(0.9, 400, {{"lr", 0.1}})});
  CHECK(v.sign == SignOutcome::not_assessable);
  CHECK_FALSE(v.inside.has_value());
  CHECK(v.kill[0].state == KillOutcome::State::fired);
  CHECK(v.notes.size() == 1);
  CHECK(v.beliefs.empty());
}

TEST_CASE("the settings of the run say which path it tried") {
  CHECK(verified({level_run(0.6, 1000, {{"batch", 64.0}})}).path == 2);
  CHECK(verified({level_run(0.6, 1000, {{"batch", 64.0}})}).kill[0].state == KillOutcome::State::signal_missing);
  CHECK(verified({level_run(0.6, 1000)}).path == 1);
  CHECK_FALSE(verified({level_run(0.6, 1000)}).beliefs.empty());
  // The change was not made: the diagnosis was not tested.
  CHECK(verified({level_run(1.0, 1000, {{"lr", 1.0}})}).beliefs.empty());
  CHECK_FALSE(verified({level_run(1.0, 1000, {{"lr", 1.0}})}, 1).beliefs.empty());
  CHECK_THROWS_AS(verified({level_run(1, 1000, {{"lr", 0.1}}), level_run(1, 1000, {{"batch", 64.0}})}), Error);
  CHECK_THROWS_AS(verified({level_run(1, 1000)}, 3), Error);
}

TEST_CASE("several runs are judged by their mean") {
  const Verification one = verified({level_run(0.6, 1000)});
  const Verification two = verified({level_run(0.5, 1000), level_run(0.7, 1000)});
  CHECK(two.difference.value == Approx(one.difference.value));
  CHECK(two.difference.n == 2);
  CHECK(two.difference.high - two.difference.low < one.difference.high - one.difference.low);
}

TEST_CASE("only reports of this contract are read") {
  for (const char* text : {"", "[]", "{}", R"({"schema":"expanalyze/report/2"})", R"({"schema":"expanalyze/report/1"})",
                           R"({"schema":"expanalyze/report/1","vnext":{"paths":3},"review":[]})"})
    CHECK_THROWS_AS(read_earlier_report(text, "r.json"), Error);
}
