// eval_bug_or_leak: numbers that stand once behind a curve, measured after training.
#include "diagnosis/case.hpp"
#include "support/catch.hpp"
#include "support/evidence.hpp"
#include "support/made_run.hpp"

using namespace expanalyze;

namespace {

/// A run whose log ends with the metric once more, under the name of another evaluation.
Run with_final(const made::Plan& plan, const char* name, double value) {
  Run out = made::run(plan);
  Rows rows;
  rows.step = {plan.steps};
  rows.line = {5000};
  Series series;
  series.name = series.logged_as = name;
  series.rows = out.rows.size();
  series.value = {value};
  out.rows.push_back(rows);
  out.series.push_back(series);
  return out;
}

Diagnosis diagnosed(std::vector<Run> runs) {
  RunStore store;
  Comparison sides;
  for (Run& run : runs) {
    (runs.size() == 2 && store.runs.empty() ? sides.baseline : sides.experiment).push_back(store.runs.size());
    store.runs.push_back(std::move(run));
  }
  const Review review = sides.baseline.empty() ? review_alone(store, sides) : review_runs(store, sides);
  return diagnose(store, sides, review);
}

double believed(const Diagnosis& d) { return test::by_evidence(finding(d, "eval_bug_or_leak")); }

}  // namespace

TEST_CASE("eval_bug_or_leak: a final number far behind the curve it belongs to") {
  const made::Plan plan;
  const double end = plan.eval(plan.steps - 1);
  const Diagnosis hurt = diagnosed({with_final(plan, "final_adapted/val_loss", 1.2 * end)});
  CHECK(hurt.headline == "eval_bug_or_leak");
  CHECK(hurt.soul.find("`final_adapted/val_loss`") != std::string::npos);
  // Near miss: what quantisation costs; and a number of another metric.
  CHECK(believed(diagnosed({with_final(plan, "final_int8/val_loss", 1.01 * end)})) < 0.33);
  CHECK(believed(diagnosed({with_final(plan, "final_adapted/val_time", 1.2 * end)})) < 0.33);
}

TEST_CASE("eval_bug_or_leak: final numbers differ where the curves do not") {
  const made::Plan plan;
  made::Plan other = plan;
  other.order = 2;
  const double end = plan.eval(plan.steps - 1);
  const auto sides = [&](double a, double b) {
    return diagnosed({with_final(plan, "final/val_loss", a), with_final(other, "final/val_loss", b)});
  };
  CHECK(sides(end, 0.7 * end).headline == "eval_bug_or_leak");
  CHECK(believed(sides(end, 0.999 * end)) < 0.33);
}
