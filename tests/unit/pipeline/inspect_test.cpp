// What is said of a run before anything is judged.
#include <cmath>

#include "expanalyze/inspection.hpp"
#include "pipeline/pick_series.hpp"
#include "support/catch.hpp"

using namespace expanalyze;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

void add(Run& run, Role role, const std::string& key, std::vector<double> steps, std::vector<double> values,
         Labels labels = {}) {
  Rows rows;
  for (std::size_t i = 0; i < steps.size(); ++i) rows.line.push_back(static_cast<std::uint32_t>(i + 1));
  rows.step = std::move(steps);
  Series s;
  s.logged_as = s.name = key;
  s.role = role;
  s.labels = std::move(labels);
  s.rows = run.rows.size();
  s.value = std::move(values);
  run.rows.push_back(std::move(rows));
  if (s.labels.empty() && role != Role::mechanism) run.roles.push_back({role, key, "exact name", {}});
  run.series.push_back(std::move(s));
}

/// No value stands twice: a record that repeats its step to the last digit replaces nothing.
std::vector<double> falling(std::size_t n) {
  std::vector<double> out;
  for (std::size_t i = 0; i < n; ++i) out.push_back(1 / (1 + static_cast<double>(i)));
  return out;
}

Run with_losses(const std::vector<double>& steps) {
  Run run;
  add(run, Role::train_loss, "loss", steps, falling(steps.size()));
  return run;
}

}  // namespace

TEST_CASE("a column in short: first, last, extremes of the finite values, and how many are not") {
  Run run;
  add(run, Role::train_loss, "loss", {0, 10, 20, 30}, {kNan, 3, 2, 5});
  const SeriesFacts loss = facts_of(run).series.front();
  CHECK(loss.n == 4);
  CHECK(loss.non_finite == 1);
  CHECK(std::isnan(loss.first.value));
  CHECK(loss.last.value == 5);
  CHECK(loss.min.value == 2);
  CHECK(loss.min.step == 20);
  CHECK(loss.min.line == 3);
  CHECK(loss.max.value == 5);
}

TEST_CASE("a column without a finite value has no extremes") {
  Run run;
  add(run, Role::train_loss, "loss", {0, 10}, {kNan, INFINITY});
  const RunFacts facts = facts_of(run);
  CHECK(facts.series.front().min.line == 0);
  CHECK(facts.groups.front().min.line == 0);
  CHECK(facts.series.front().non_finite == 2);
}

TEST_CASE("a missing row is a gap, another interval is none") {
  const RunFacts facts = facts_of(with_losses({0, 10, 20, 40, 50, 60}));
  REQUIRE(facts.gaps.size() == 1);
  CHECK(facts.gaps.front().kind == Gap::Kind::steps);
  CHECK(facts.gaps.front().from == 20);
  CHECK(facts.gaps.front().to == 40);
  CHECK(facts.gaps.front().usual == 10);
  CHECK(facts.gaps.front().line == 4);
  CHECK(facts_of(with_losses({0, 1, 2, 3, 50, 100, 150, 200})).gaps.empty());  // every step, then every 50
  CHECK(facts_of(with_losses({1, 2, 4, 8, 16, 32})).gaps.empty());
  CHECK(facts_of(with_losses({7})).gaps.empty());
}

TEST_CASE("time that no step took is a gap of the clock") {
  Run run = with_losses({0, 1, 2, 3, 4, 5});
  add(run, Role::wall, "time", {0, 1, 2, 3, 4, 5}, {0, 1, 2, 100, 101, 102});
  const RunFacts facts = facts_of(run);
  REQUIRE(facts.clock_gaps == 1);
  CHECK(facts.gaps.front().size == 98);
  CHECK(facts.gaps.front().usual == 1);
  CHECK(facts.gaps.front().from == 2);
  Run fast = with_losses({0, 1, 2, 3, 4, 5});
  add(fast, Role::wall, "time", {0, 1, 2, 3, 4, 5}, {0, 0.001, 0.002, 0.1, 0.101, 0.102});
  CHECK(facts_of(fast).clock_gaps == 0);
}

TEST_CASE("each axis says where it comes from, or that it is not there") {
  Run run = with_losses({0, 10, 20});
  add(run, Role::step, "step", {0, 10, 20}, {0, 10, 20});
  run.config["batch_size"] = 4.0;
  const RunFacts facts = facts_of(run);
  REQUIRE(facts.axes.size() == 5);
  CHECK(facts.axes[0].source == "logged as `step`");
  CHECK(facts.axes[0].last == 20);
  CHECK(facts.axes[0].spacing == 10);
  CHECK(facts.axes[1].last == 80);
  CHECK(facts.axes[1].source.find("batch 4") != std::string::npos);
  CHECK(facts.axes[2].source.empty());
}

TEST_CASE("a rewind counts what it replaced, training and evaluation at one step are none") {
  Run back;
  add(back, Role::train_loss, "loss", {0, 10, 20, 10, 20}, {5, 4, 3, 4.5, 3.5});
  CHECK(facts_of(back).superseded == 2);
  Run run = with_losses({0, 10});
  add(run, Role::step, "step", {0, 0, 10, 10}, {0, 0, 10, 10});
  CHECK(facts_of(run).superseded == 0);
  Run rounded = with_losses({0, 10});  // the lines of training and evaluation print one clock in other digits
  add(rounded, Role::step_time, "step_avg", {0, 0, 10, 10}, {0, 0, 231.41, 231.408});
  CHECK(facts_of(rounded).superseded == 0);
}

TEST_CASE("series that differ in their labels alone are one group") {
  Run run;
  for (const char* layer : {"0", "1", "10", "2", "3", "4", "5", "6", "7", "8", "9"})
    add(run, Role::mechanism, "norm", {0}, {1}, {{"layer", layer}});
  add(run, Role::mechanism, "share", {0}, {1}, {{"proj", "k"}});
  add(run, Role::mechanism, "share", {0}, {0.5}, {{"proj", "q"}});
  const RunFacts facts = facts_of(run);
  REQUIRE(facts.groups.size() == 2);
  CHECK(facts.groups[0].labels == "layer 0..10");
  CHECK(facts.groups[0].n == 11);
  CHECK(facts.groups[1].labels == "proj k, q");
  CHECK(facts.groups[1].min.value == 0.5);
}

TEST_CASE("the last evaluation is as logged, with the last finite one beside it") {
  Run run;
  add(run, Role::eval_loss, "val", {0, 10, 20}, {3, 2, kNan});
  const RunFacts facts = facts_of(run);
  REQUIRE(facts.last_evaluation);
  CHECK(std::isnan(facts.last_evaluation->last.value));
  CHECK(facts.last_evaluation->last.step == 20);
  CHECK(facts.last_evaluation->last_finite.value == 2);
  CHECK(facts.last_evaluation->last_finite.step == 10);
  CHECK_FALSE(facts_of(with_losses({0, 1})).last_evaluation);
}

TEST_CASE("a series is picked by the log's word, the canonical name, the role, and labels") {
  Run run;
  add(run, Role::train_loss, "tr{x}", {0}, {1});
  run.series.back().name = "train/loss";
  add(run, Role::mechanism, "norm", {0}, {1}, {{"layer", "3"}, {"proj", "q"}});
  add(run, Role::mechanism, "norm", {0}, {1}, {{"layer", "4"}, {"proj", "q"}});
  CHECK(pick_series(run, "tr{x}").size() == 1);
  CHECK(pick_series(run, "train/loss").size() == 1);
  CHECK(pick_series(run, "train_loss").size() == 1);
  CHECK(pick_series(run, "norm").size() == 2);
  CHECK(pick_series(run, "norm{layer=3}").size() == 1);
  CHECK(pick_series(run, "norm{layer=4, proj=q}").size() == 1);
  CHECK(pick_series(run, "norm{layer=5}").empty());
  CHECK(pick_series(run, "norm{").empty());
  CHECK(pick_series(run, "").empty());
  CHECK(pick_series(run, "{}").empty());
}
