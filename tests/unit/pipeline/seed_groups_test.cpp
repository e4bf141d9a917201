#include "pipeline/seed_groups.hpp"

#include <cmath>

#include "expanalyze/error.hpp"
#include "expanalyze/report.hpp"
#include "support/catch.hpp"

using namespace expanalyze;

namespace {

Run run(const std::string& path, const std::string& label, Config config = {}, std::vector<double> values = {1, NAN}) {
  Run r;
  r.path = path;
  r.label = label;
  r.config = std::move(config);
  r.rows.push_back({{0, 1}, {1, 2}});
  Series s;
  s.logged_as = "loss";
  s.value = std::move(values);
  r.series.push_back(s);
  return r;
}

}  // namespace

TEST_CASE("a seed ending is recognised in its usual forms and nowhere else") {
  for (const char* label : {"lr_s43", "lr-seed137", "lr_seed_42", "lr.seed=1", "lr_SEED-7", "lr seed3"}) {
    INFO(label);
    CHECK(without_seed(label) == "lr");
  }
  for (const char* label : {"lr3e-3", "layers12", "reseed4", "s1", "adam_b95", "run", "lr_s"}) {
    INFO(label);
    CHECK(without_seed(label) == label);
  }
  CHECK(without_seed("seed1").empty());
  CHECK(without_seed("runs#12") == "runs");
  CHECK(without_seed("0f3c9a1e-77b2-4d0e-9c55-1a2b3c4d5e6f").empty());
  CHECK(without_seed("20241013") == "20241013");  // a date is no random name
  CHECK(without_seed("decade") == "decade");
}

TEST_CASE("runs with names drawn at random are the seeds of their folder") {
  RunStore store;
  store.runs = {run("r/muon/5bdc3988-496c.txt", "5bdc3988-496c"), run("r/muon/eb5659d0-fb6a.txt", "eb5659d0-fb6a"),
                run("r/soap/d4bfb25f-0000.txt", "d4bfb25f-0000")};
  const std::vector<SeedGroup> groups = seed_groups(store);
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].label == "muon");
  CHECK(groups[0].runs == std::vector<RunId>{0, 1});
}

TEST_CASE("runs group by label and config, whatever their seed and output folder") {
  RunStore store;
  store.runs = {run("r/a_s1.jsonl", "a_s1", {{"lr", 0.1}, {"seed", 1.0}, {"output_dir", std::string("x")}}),
                run("r/b.jsonl", "b", {{"lr", 0.1}}),
                run("r/a_s2.jsonl", "a_s2", {{"lr", 0.1}, {"train.data_seed", 2.0}}),
                run("r/a_s3.jsonl", "a_s3", {{"lr", 0.2}}),  // another recipe under the same stem
                run("r/a.jsonl", "a", {{"lr", 0.1}})};       // no ending, same stem
  const std::vector<SeedGroup> groups = seed_groups(store);
  REQUIRE(groups.size() == 3);
  CHECK(groups[0].label == "a");
  CHECK(groups[0].runs == std::vector<RunId>{0, 2, 4});
  CHECK(groups[1].label == "b");
  CHECK(groups[2].label == "a_s3");
}

TEST_CASE("folders named by seed take the folder before them") {
  RunStore store;
  store.runs = {run("r/low/seed1/log.jsonl", "seed1"), run("r/low/seed2/log.jsonl", "seed2"),
                run("r/high/seed1/log.jsonl", "seed1")};
  make_labels_unique(store.runs);
  const std::vector<SeedGroup> groups = seed_groups(store);
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].label == "low");
  CHECK(groups[0].runs == std::vector<RunId>{0, 1});
  CHECK(groups[1].label == "high");
}

TEST_CASE("labels that collide get their folder, and a number where folders do not help") {
  std::vector<Run> runs{run("a/log.jsonl", "log"), run("b/log.jsonl", "log"), run("c/x.csv", "x"),
                        run("c/x.jsonl", "x")};
  make_labels_unique(runs);
  CHECK(runs[0].label == "a/log");
  CHECK(runs[1].label == "b/log");
  CHECK(runs[2].label == "x");
  CHECK(runs[3].label == "x #2");
}

TEST_CASE("the same log given twice is one run, with a note") {
  RunStore store;
  store.runs = {run("a", "a"), run("copy", "copy"), run("b", "b", {}, {1, 2})};
  std::vector<Note> notes;
  CHECK(without_duplicates(store, {0, 1, 2}, notes) == std::vector<RunId>{0, 2});
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].text.find("`copy`") != std::string::npos);
}

TEST_CASE("a sweep with an unknown baseline names what is near") {
  RunStore store;
  store.runs = {run("r/adamw.jsonl", "adamw")};
  try {
    analyze_sweep(store, "adam", {}, {});
    FAIL("no error");
  } catch (const Error& e) {
    CHECK(e.kind == Error::Kind::input);
    CHECK(e.hint == "did you mean adamw?");
  }
}
