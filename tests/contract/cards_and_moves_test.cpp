// Contract of the tables of cards and moves: ids, documentation, and that every answer points to a card.
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "diagnosis/case.hpp"
#include "expanalyze/import.hpp"
#include "expanalyze/recipe.hpp"
#include "support/catch.hpp"
#include "support/made_run.hpp"

using namespace expanalyze;

TEST_CASE("every card has an id of its own, a prior of the handbook and a page") {
  std::set<std::string_view> ids;
  for (const Detector* card : detectors()) {
    INFO(card->id);
    CHECK(ids.insert(card->id).second);
    CHECK(card->prior <= -2.0);
    CHECK(card->prior >= -5.0);
    for (const auto* heading :
         {"## What it looks for", "## Why it matters", "## False alarms and misses", "## Reference"})
      CHECK(card->doc.find(heading) != std::string_view::npos);
  }
  CHECK(ids.size() >= 12);
}

TEST_CASE("every card has a test that names it") {
  std::string tests;
  const std::filesystem::path folder = EXPANALYZE_SOURCE_DIR "/tests/unit/diagnosis";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(entry.path());
    tests.append(std::istreambuf_iterator<char>(in), {});
  }
  for (const Detector* card : detectors()) {
    INFO(card->id);
    CHECK(tests.find(card->id) != std::string::npos);
  }
}

TEST_CASE("every move answers a card, a headline, or any") {
  std::set<std::string_view> ids;
  for (const Detector* card : detectors()) ids.insert(card->id);
  std::set<std::string_view> moves_seen;
  for (const Move* move : moves()) {
    INFO(move->id);
    CHECK(moves_seen.insert(move->id).second);
    CHECK((move->answers.empty() || move->answers == "genuine_improvement" || ids.count(move->answers) == 1));
    CHECK(move->doc.find("handbook") != std::string_view::npos);
  }
}

TEST_CASE("every card ends as finding, clear or untestable on bare logs, and says something each time") {
  made::Plan bare;
  bare.lr = nullptr;
  bare.steps = 30;
  bare.eval_every = 10;
  const auto worse = made::seed(bare, 2, .4);
  for (const auto& experiment : {bare, worse}) {
    const Report report = made::report({bare}, {experiment});
    const auto& d = report.diagnosis;
    CHECK(d.findings.size() + d.clear.size() + d.untestable.size() == detectors().size());
    for (const auto& c : d.clear) {
      INFO(c.id);
      CHECK_FALSE(c.looked_at.empty());
      CHECK(c.looked_at.find("nan") == std::string::npos);
    }
    for (const auto& u : d.untestable) {
      INFO(u.id);
      CHECK_FALSE(u.missing.empty());
      CHECK_FALSE(u.log_request.empty());
    }
    for (const auto& f : d.findings) {
      INFO(f.id);
      CHECK_FALSE(f.soul.empty());
      CHECK(f.soul.find("nan") == std::string::npos);
      for (const auto& e : f.evidence) {
        INFO(e.text);
        CHECK(e.text.find("nan") == std::string::npos);
        CHECK(e.strength >= 0);
        CHECK(e.strength <= 1);
      }
      CHECK(f.probability <= 0.5 + 0.5 * f.completeness + 1e-12);
    }
    CHECK_FALSE(d.soul.empty());
  }
}

TEST_CASE("every line of evidence cites run, series, step and line") {
  std::size_t lines = 0;
  for (const char* scenario : {"d01", "d26", "d31"}) {
    RunStore runs;
    Comparison sides;
    for (const auto& [name, side] :
         {std::pair{"baseline_s1.jsonl", &sides.baseline}, std::pair{"experiment_s1.jsonl", &sides.experiment}}) {
      side->push_back(runs.runs.size());
      runs.runs.push_back(
          read_run(std::filesystem::path(EXPANALYZE_SOURCE_DIR) / "tests/data/labelled" / scenario / name, {}));
    }
    for (const Comparison& comparison : {sides, Comparison{{}, sides.experiment}}) {
      const Review review =
          comparison.baseline.empty() ? review_alone(runs, comparison) : review_runs(runs, comparison);
      for (const Finding& f : diagnose(runs, comparison, review).findings)
        for (const Evidence& e : f.evidence) {
          INFO(scenario << " " << f.id << ": " << e.text);
          REQUIRE_FALSE(e.where.empty());
          for (const Place& place : e.where) {
            CHECK_FALSE(place.run.empty());
            CHECK_FALSE(place.series.empty());
            CHECK(place.line > 0);
            CHECK(std::isfinite(place.step));
          }
          ++lines;
        }
    }
  }
  CHECK(lines > 15);
}
