// docs/reference/limits.md, row by row; those of compressed logs and archives are in unit/io/packed_test.cpp.
#include <fmt/format.h>

#include <array>

#include "expanalyze/error.hpp"
#include "expanalyze/import.hpp"
#include "import/config_file.hpp"
#include "io/folder.hpp"
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

TEST_CASE("series that come of tags and labels count as keys do, with their lines") {
  std::string labelled, tagged;
  for (int i = 0; i < 21000; ++i) {
    labelled += fmt::format("{{\"step\": {}, \"layer\": {}, \"grad_norm\": 1.5}}\n", i / 21000, i);
    tagged += fmt::format("{{\"step\": {}, \"metric\": \"m{}\", \"value\": 1.5}}\n", i, i);
  }
  const std::array<std::string, 2> texts = {labelled, tagged};
  for (const std::string& text : texts) {
    const Run run = read(text);
    CHECK(run.series.size() <= RunBuilder::kMostKeys);
    const Note* note = noted(run, "key.too_many");
    REQUIRE(note != nullptr);
    CHECK(note->count == (&text == &texts[0] ? 1003 : 2));  // of words the first 20 000 are told apart
    CHECK(note->where.line > 0);
    CHECK(note->last_line <= 21000);
  }
}

TEST_CASE("thousands of columns that end alike are compared once") {
  std::string text = "step";
  for (int k = 0; k < 2000; ++k) text += fmt::format(",m{}", k);
  for (int i = 0; i < 100; ++i) {
    text += fmt::format("\n{}", i);
    for (int k = 0; k < 2000; ++k) text += i < 10 + k % 7 || k % 2 == 0 ? ",1.5" : ",";
  }
  const test::TemporaryFolder folder("wide");
  const Run run = read_run(folder.write("a.csv", text + "\n"), {});  // a minute and more otherwise
  const Note* note = noted(run, "value.blank_is_nan");
  REQUIRE(note != nullptr);
  CHECK(note->count == 100 - 11);
  CHECK(note->where.line == 13);
  CHECK(note->last_line == 101);
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

TEST_CASE("what a console log has beyond the limits is counted, with its lines") {
  const auto read_console = [](const std::string& text) {
    const test::TemporaryFolder folder("console_limits");
    const auto file = folder.write("a.txt", text);
    return read_run(file, {{}, "console", {}});
  };
  const std::string words = "one two three four five six seven eight nine ten ";
  std::string numbers, filled, kinds;
  for (int i = 1; i <= 20; ++i) {
    numbers += fmt::format("step {} | loss {:.2f}", i, 3.0 / i);
    for (int k = 0; i > 10 && k < 130; ++k) numbers += fmt::format(" | m{}x: {}.5", k, i + k);
    numbers += "\n";
    filled += fmt::format("step {} | loss {:.2f} |", i, 3.0 / i);
    for (int k = 0; i == 7 && k < 70; ++k) filled += " " + words;
    filled += " grad_norm 0.5\n";
  }
  for (int i = 0; i < 2100; ++i) kinds += fmt::format("step {0} | loss 0.5 | k{0}a: 1.5\n", i);
  const Run many = read_console(numbers);
  REQUIRE(noted(many, "console.too_many_numbers") != nullptr);
  CHECK(noted(many, "console.too_many_numbers")->where.line == 11);
  CHECK(noted(many, "console.too_many_numbers")->count == 10);
  const Run full = read_console(filled);
  REQUIRE(noted(full, "console.too_many_numbers") != nullptr);
  CHECK(noted(full, "console.too_many_numbers")->where.line == 7);
  CHECK(noted(full, "console.too_many_numbers")->count == 1);
  const Run varied = read_console(kinds);
  REQUIRE(noted(varied, "console.too_many") != nullptr);
  CHECK(noted(varied, "console.too_many")->where.line == 2001);
  CHECK(noted(varied, "console.too_many")->count == 100);
}

TEST_CASE("many files in one folder do not hide the metrics in another") {
  const test::TemporaryFolder folder("many_files");
  folder.write("meta.yaml", "status: 3\n");
  folder.write("metrics/loss", "1700000000000 3.0 0\n");
  folder.write("metrics/eval/loss", "1700000000000 3.0 0\n");
  for (int i = 0; i < 50; ++i) folder.write(fmt::format("artifacts/{}.png", i), "");
  CHECK(open_folder(folder.path()).trouble->empty());
  const Folder some = open_folder(folder.path(), 4, 20);
  CHECK(some.entries.size() == 20);
  CHECK(some.has("artifacts/0.png"));
  CHECK(some.has("metrics/loss"));
  CHECK(some.has("metrics/eval/loss"));
  REQUIRE(some.trouble->size() == 1);
  CHECK(some.trouble->front().code == "input.too_many_files");
  CHECK(some.trouble->front().text.find("53 files") != std::string::npos);
}
