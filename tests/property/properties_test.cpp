// What must hold of every report, on our own labelled runs and on made-up ones.
#include <filesystem>

#include "expanalyze/import.hpp"
#include "expanalyze/render.hpp"
#include "support/catch.hpp"
#include "support/made_run.hpp"

using namespace expanalyze;

namespace {

const std::filesystem::path kData = std::filesystem::path(EXPANALYZE_SOURCE_DIR) / "tests/data/labelled";

Report report_of(const std::vector<Run>& b, const std::vector<Run>& e) {
  RunStore store;
  Comparison comparison;
  for (const auto& run : b) {
    comparison.baseline.push_back(store.runs.size());
    store.runs.push_back(run);
  }
  for (const auto& run : e) {
    comparison.experiment.push_back(store.runs.size());
    store.runs.push_back(run);
  }
  return analyze(store, comparison, {}, theory_cards());
}

Run labelled(const std::string& name) { return read_run(kData / name, {}); }

Verdict mirrored(Verdict v) {
  return v == Verdict::improved ? Verdict::regressed : v == Verdict::regressed ? Verdict::improved : v;
}

}  // namespace

TEST_CASE("swapping the sides flips improved and regressed and the sign, and nothing else") {
  for (const char* id : {"d01", "d26", "d31"}) {
    const Run b = labelled(std::string(id) + "/baseline_s1.jsonl");
    const Run e = labelled(std::string(id) + "/experiment_s1.jsonl");
    const Report there = report_of({b}, {e});
    const Report back = report_of({e}, {b});
    INFO(id);
    CHECK(back.review.final_quality.difference.value == -there.review.final_quality.difference.value);
    for (const Axis axis : kAxes) CHECK(on(back.review, axis).verdict == mirrored(on(there.review, axis).verdict));
  }
}

TEST_CASE("a run against itself shows no difference and no failure") {
  for (const char* name : {"d01/baseline_s1.jsonl", "d26/experiment_s1.jsonl"}) {
    const Report report = report_of({labelled(name)}, {labelled(name)});
    CHECK(report.review.overall == Verdict::neutral);
    CHECK(report.review.final_quality.difference.value == 0);
    CHECK((report.diagnosis.headline == "inert_mechanism" || report.diagnosis.headline == "seed_noise_only"));
  }
}

TEST_CASE("the same runs give the same bytes, twice") {
  const Run b = labelled("d26/baseline_s1.jsonl");
  const Run e = labelled("d26/experiment_s1.jsonl");
  const Report one = report_of({b}, {e});
  const Report two = report_of({b}, {e});
  CHECK(render_json(one) == render_json(two));
  CHECK(render_markdown(one) == render_markdown(two));
}

TEST_CASE("the order of the seeds moves no number") {
  const made::Plan plan;
  std::vector<Run> b, e;
  for (std::uint64_t s : {1, 2, 3}) {
    b.push_back(made::run(made::seed(plan, s, 0.002 * static_cast<double>(s))));
    e.push_back(made::run(made::seed(plan, 10 + s, 0.03 + 0.001 * static_cast<double>(s))));
  }
  const Report straight = report_of(b, e);
  const Report turned = report_of({b[2], b[0], b[1]}, {e[1], e[2], e[0]});
  CHECK(render_json(straight) == render_json(turned));
  CHECK(render_markdown(straight) == render_markdown(turned));
}

TEST_CASE("a common offset of the clock changes no verdict") {
  Run b = labelled("d01/baseline_s1.jsonl");
  Run e = labelled("d01/experiment_s1.jsonl");
  const Report before = report_of({b}, {e});
  bool shifted = false;
  for (Run* run : {&b, &e})
    for (auto& series : run->series)
      if (series.role == Role::wall || series.role == Role::timestamp)
        for (double& v : series.value) v += 1e6, shifted = true;
  REQUIRE(shifted);
  const Report after = report_of({b}, {e});
  for (const Axis axis : kAxes) CHECK(on(before.review, axis).verdict == on(after.review, axis).verdict);
}

TEST_CASE("every run of the store keeps the invariant") {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kData))
    if (entry.path().extension() == ".jsonl") {
      INFO(entry.path());
      CHECK(broken_invariant(read_run(entry.path(), {})).empty());
    }
  CHECK(broken_invariant(made::run({})).empty());
}
