// How much a seed does, measured on repeated runs (science handbook B1, B4.1).
#include <cmath>

#include "pipeline/controls.hpp"
#include "support/catch.hpp"
#include "support/made_run.hpp"

using namespace expanalyze;

namespace {

made::Plan recipe(const char* label, double width) {
  made::Plan plan;
  plan.label = label;
  plan.config = {{"width", width}, {"lr", 0.01}};
  return plan;
}

/// Runs of one recipe whose evaluations end `shifts` higher.
void add(RunStore& store, std::vector<RunId>& ids, const made::Plan& plan, std::vector<double> shifts,
         std::uint64_t first = 1) {
  for (const double shift : shifts) {
    ids.push_back(store.runs.size());
    store.runs.push_back(made::run(made::seed(plan, first++, shift)));
  }
}

struct WithControls {
  RunStore store;
  Comparison sides;
  std::vector<RunId> controls;
  std::vector<Note> notes;
  Review review() {
    sides.controls = control_groups(store, controls, sides, notes);
    return review_runs(store, sides, {});
  }
};

WithControls pair_of(double shift) {
  WithControls c;
  add(c.store, c.sides.baseline, recipe("base", 64), {0}, 50);
  add(c.store, c.sides.experiment, recipe("new", 65), {shift}, 60);
  return c;
}

constexpr double kPriorDf = 2;  // of an unknown domain

}  // namespace

TEST_CASE("controls: their pooled s.d. replaces the prior, with their degrees of freedom") {
  WithControls c = pair_of(0.02);
  add(c.store, c.controls, recipe("one", 64), {-0.01, 0, 0.01});          // s.d. 0.01
  add(c.store, c.controls, recipe("other", 32), {-0.02, 0.0, 0.02}, 10);  // s.d. 0.02
  const FinalQuality f = c.review().final_quality;
  CHECK(f.seed_sd_source == SeedSdSource::controls);
  CHECK(f.seed_sd_df == 4);
  CHECK(f.seed_sd_runs == 6);
  // sqrt((2 0.01^2 + 2 0.02^2) / 4), but for the levels: the experiment stands 0.02 higher than the groups do.
  CHECK(f.seed_sd == Approx(0.015811).epsilon(0.02));
  CHECK(f.seed_sd_why == "measured on 6 control runs in 2 groups");
  CHECK(f.difference.notes == std::vector<std::string>{"control_seed_sd"});
  // t(.975, 4) sqrt(2) sd
  CHECK(f.difference.high - f.difference.value == Approx(2.776445 * std::sqrt(2.0) * f.seed_sd).epsilon(1e-5));
  CHECK(f.seed_sd_low == Approx(f.seed_sd * std::sqrt(4 / 11.14329)).epsilon(1e-5));
}

TEST_CASE("controls: relative to the level of a group that stands elsewhere") {
  WithControls c = pair_of(0);
  made::Plan high = recipe("high", 64);
  high.eval = [](double t) { return 10 * (0.35 + 2.0 / std::sqrt(1 + t / 10)); };
  add(c.store, c.controls, high, {-0.1, 0.1, -0.1, 0.1});
  const FinalQuality f = c.review().final_quality;
  CHECK(f.seed_sd == Approx(0.1 * std::sqrt(4.0 / 3) / 10).epsilon(1e-6));
}

TEST_CASE("controls: a copy of a control or of a compared run is no further seed") {
  WithControls c = pair_of(0.02);
  add(c.store, c.controls, recipe("one", 64), {-0.01, 0.01});
  for (const RunId copied : {c.controls[0], c.sides.baseline[0]}) {
    Run copy = c.store.runs[copied];
    copy.label = copy.path = "copy of " + copy.path;
    c.controls.push_back(c.store.runs.size());
    c.store.runs.push_back(std::move(copy));
  }
  const Review r = c.review();
  CHECK(r.final_quality.seed_sd_df == 1 + kPriorDf);
  CHECK(c.notes.size() == 2);
}

TEST_CASE("controls: a recipe alone, a failed run and one without the metric are counted and left out") {
  WithControls c = pair_of(0.02);
  add(c.store, c.controls, recipe("alone", 16), {0.3});
  add(c.store, c.controls, recipe("two", 64), {-0.01, 0.01}, 5);
  made::Plan failed = recipe("failed", 64);
  failed.eval = [](double) { return std::nan(""); };
  add(c.store, c.controls, failed, {0}, 20);
  made::Plan without = recipe("without", 64);
  add(c.store, c.controls, without, {0}, 30);
  Run& last = c.store.runs.back();
  std::erase_if(last.series, [](const Series& s) { return s.role == Role::eval_loss; });
  const Review r = c.review();
  CHECK(r.final_quality.seed_sd_df == 1 + kPriorDf);
  for (const char* code : {"controls.alone", "controls.failed", "controls.no_metric"}) {
    INFO(code);
    CHECK(std::any_of(r.notes.begin(), r.notes.end(), [&](const Note& n) { return n.code == code && n.count == 1; }));
  }
}

TEST_CASE("controls: the prior stays where they say nothing") {
  WithControls c = pair_of(0.02);
  add(c.store, c.controls, recipe("alone", 16), {0.3});
  const Review r = c.review();
  CHECK_FALSE(r.controls_used);
  CHECK(r.final_quality.seed_sd_source == SeedSdSource::prior);
}

TEST_CASE("controls: two that lie close by luck do not replace the prior, and the report says so") {
  WithControls c = pair_of(0.02);
  const FinalQuality without = pair_of(0.02).review().final_quality;
  add(c.store, c.controls, recipe("two", 64), {0, 1e-6});
  const FinalQuality f = c.review().final_quality;
  CHECK(f.seed_sd_df == 1 + kPriorDf);
  CHECK(f.seed_sd == Approx(without.seed_sd * std::sqrt(2.0 / 3)).epsilon(1e-3));
  CHECK(f.seed_sd_why.find("1 degree of freedom is pooled with the 2 of a prior of") != std::string::npos);
}
