// docs/reference/limits.md, row by row; those of compressed logs and archives are in unit/io/packed_test.cpp.
#include <fmt/format.h>

#include "expanalyze/error.hpp"
#include "expanalyze/import.hpp"
#include "import/config_file.hpp"
#include "store/run_builder.hpp"
#include "support/catch.hpp"
#include "support/run.hpp"

using namespace expanalyze;
using test::noted;

namespace {

constexpr const char* kRows = "{\"step\": 1, \"loss\": 2}\n{\"step\": 2, \"loss\": 1}\n";

Run read(const std::string& text) {
  const test::TemporaryFolder folder("limits");
  Run run = read_run(folder.write("a.jsonl", text), {});
  CHECK(broken_invariant(run).empty());
  return run;
}

std::size_t steps(const Run& run) { return find(run, Role::train_loss)->value.size(); }

}  // namespace

TEST_CASE("a line beyond 32 MiB is left out") {
  const std::string longer = "{\"step\": 3, \"text\": \"" + std::string(40U << 20U, 'x') + "\"}\n";
  const Run run = read(kRows + longer + "{\"step\": 4, \"loss\": 0.5}\n");
  CHECK(steps(run) == 3);
  CHECK(noted(run, "line.too_long") != nullptr);
}

TEST_CASE("more keys than 20 000 are left out") {
  std::string text = kRows;
  for (int i = 0; i < 21; ++i) {
    text += fmt::format("{{\"step\": {}", i + 3);
    for (int k = 0; k < 1000; ++k) text += fmt::format(", \"k{}_{}\": {}", i, k, k);
    text += "}\n";
  }
  const Run run = read(text);
  CHECK(run.series.size() <= RunBuilder::kMostKeys);
  CHECK(noted(run, "key.too_many") != nullptr);
}

TEST_CASE("labels count as keys do") {
  RunBuilder builder;
  for (std::uint32_t line = 1; line <= 21000; ++line) {
    builder.begin_record(line);
    builder.value("grad_norm", {{"layer", std::to_string(line)}}, 1);
  }
  const Run run = builder.finish(21000);
  CHECK(run.series.size() <= RunBuilder::kMostKeys);
  CHECK(noted(run, "key.too_many") != nullptr);
}

TEST_CASE("more than 500 keys that hold words are left out") {
  std::string text = kRows;
  for (int k = 0; k < 600; ++k) text += fmt::format("{{\"step\": {}, \"w{}\": \"word\"}}\n", k + 3, k);
  CHECK(noted(read(text), "key.too_many") != nullptr);
}

TEST_CASE("JSON nested deeper than 64 is not followed") {
  const std::string deep = "{\"step\": 3, \"x\": " + std::string(100000, '[') + std::string(100000, ']') + "}\n";
  const Run run = read(kRows + deep);
  CHECK(steps(run) == 2);
  CHECK(noted(run, "line.unreadable") != nullptr);
}

TEST_CASE("an array of more than 64 numbers is data, not a handful of groups") {
  std::string array = "1";
  for (int i = 0; i < 64; ++i) array += ", 1";
  const Run run = read(kRows + ("{\"step\": 3, \"x\": [" + array + "]}\n"));
  CHECK(noted(run, "value.array") != nullptr);
}

TEST_CASE("a counter that starts again a thousand times counts something else") {
  std::string text;
  for (int run = 0; run < 1002; ++run)
    for (int step = 0; step < 12; ++step)
      text += fmt::format("{{\"step\": {}, \"loss\": {}}}\n", step * 10, 3.0 - step * 0.1);
  const test::TemporaryFolder folder("limits");
  const auto runs = read_runs(folder.write("a.jsonl", text), {});
  CHECK(runs.size() < 1000);
}

TEST_CASE("a config that is nested too deeply, or stands for too much, is refused") {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    bomb += fmt::format("a{0}: &a{0} [", i);
    for (int k = 0; k < 10; ++k) bomb += fmt::format("{}*a{}", k == 0 ? "" : ", ", i - 1);
    bomb += "]\n";
  }
  CHECK_THROWS_AS(parse_config(bomb, "c.yaml"), Error);
  CHECK_THROWS_AS(parse_config(std::string(5000, '[') + std::string(5000, ']'), "c.json"), Error);
  CHECK_THROWS_AS(parse_config("a = " + std::string(500, '[') + std::string(500, ']'), "c.toml"), Error);
}
