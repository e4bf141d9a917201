// Each importer by input and output.
#include <cmath>
#include <limits>

#include "expanalyze/error.hpp"
#include "expanalyze/import.hpp"
#include "support/catch.hpp"
#include "support/run.hpp"

using namespace expanalyze;
using test::noted;
using test::series;

namespace {

const std::filesystem::path kData = std::filesystem::path(EXPANALYZE_SOURCE_DIR) / "tests" / "data" / "import";

Run read_fixture(const char* path) {
  Run run = read_run(kData / path, {});
  CHECK(broken_invariant(run).empty());
  return run;
}

Run read_text(const char* name, std::string_view text) {
  const test::TemporaryFolder folder("formats_test");
  Run run = read_run(folder.write(name, text), {});
  CHECK(broken_invariant(run).empty());
  return run;
}

}  // namespace

TEST_CASE("JSON Lines") {
  const Run run = read_fixture("jsonl/run.jsonl");
  CHECK(run.format == "jsonl");
  CHECK(run.label == "run");
  CHECK(run.lines == 7);
  CHECK(run.lines_understood == 7);
  CHECK(run.config_source == "line 1 of the log");
  CHECK(run.config.at("optimizer.name") == ConfigValue(std::string("sgd")));
  CHECK(run.config.at("layers") == ConfigValue(std::string("[64,64]")));
  CHECK(run.config.at("lr") == ConfigValue(0.1));
  const auto* loss = find(run, Role::train_loss);
  REQUIRE(loss != nullptr);
  REQUIRE(loss->value.size() == 3);
  CHECK(std::isnan(loss->value[2]));
  CHECK(run.rows[loss->rows].line == std::vector<std::uint32_t>{3, 4, 6});
  CHECK(run.rows[loss->rows].step == std::vector<double>{0, 1, 2});
  CHECK(std::isinf(find(run, Role::grad_norm)->value[1]));
  CHECK(find(run, Role::step_time)->value[0] == Approx(0.012));
  CHECK(series(run, "optim/avg_steps")->name == "avg_steps");
  CHECK(series(run, "aux/z")->value == std::vector<double>{0.5});
  CHECK(series(run, "aux/parts", {{"index", "2"}})->value == std::vector<double>{3});
  CHECK(find(run, Role::eval_loss)->value == std::vector<double>{2.5, 1.5});
  REQUIRE(noted(run, "value.text") != nullptr);
  CHECK(noted(run, "value.text")->where.line == 3);
}

TEST_CASE("Hugging Face trainer state") {
  const Run run = read_fixture("hf_trainer_state/trainer_state.json");
  CHECK(run.label == "hf_trainer_state");  // the stem is generic, the folder is not
  CHECK(find(run, Role::train_loss)->logged_as == "loss");
  CHECK(find(run, Role::train_loss)->value == std::vector<double>{2.75, 2.5, 2.25});
  CHECK(run.rows[find(run, Role::train_loss)->rows].line == std::vector<std::uint32_t>{13, 20, 27});
  CHECK(find(run, Role::eval_loss)->logged_as == "eval_g0_loss");
  CHECK(find_all(run, Role::eval_loss).size() == 2);
  CHECK(std::isnan(find(run, Role::grad_norm)->value[2]));
  CHECK(run.config.at("max_steps") == ConfigValue(40.0));
  CHECK(run.config.count("epoch") == 0);
}

TEST_CASE("a JSON document with lists side by side") {
  const Run run = read_fixture("json_document/metrics.json");
  const auto* loss = find(run, Role::eval_loss);
  REQUIRE(loss != nullptr);
  CHECK(loss->value == std::vector<double>{10, 6, 4, 3});
  CHECK(run.rows[loss->rows].step == std::vector<double>{0, 50, 100, 200});
  CHECK(run.rows[loss->rows].line == std::vector<std::uint32_t>{15, 16, 17, 18});
  CHECK(find(run, Role::wall)->value.back() == Approx(594));  // 9.9 minutes: the total says so
  CHECK(find(run, Role::tokens)->value == std::vector<double>{4096});
  CHECK(run.config.at("muon_lr") == ConfigValue(0.024));
  CHECK(run.config.count("git_commit") == 0);
  CHECK(noted(run, "value.array_length") != nullptr);
  CHECK(noted(run, "unit.converted") != nullptr);
}

TEST_CASE("a clock that ends where a total in seconds does is in seconds") {
  const Run run = read_text(
      "m.json", R"({"total_seconds": 10.0, "history": {"steps": [1, 2], "loss": [2, 1], "elapsed_times": [5, 9.9]}})");
  CHECK(find(run, Role::wall)->value.back() == 9.9);
}

TEST_CASE("a JSON list of records") {
  const Run run =
      read_text("log", "[\n  {\"iteration\": 1, \"main/loss\": 2.0},\n  {\"iteration\": 2, \"main/loss\": NaN}\n]\n");
  CHECK(run.format == "json_document");
  REQUIRE(find(run, Role::train_loss) != nullptr);
  CHECK(std::isnan(find(run, Role::train_loss)->value[1]));
  CHECK(run.rows[0].line == std::vector<std::uint32_t>{2, 3});
}

TEST_CASE("CSV with CRLF, quotes, empty cells and nan") {
  const Run run = read_fixture("csv/metrics.csv");
  CHECK(run.lines_understood == 7);
  const auto* loss = find(run, Role::train_loss);
  REQUIRE(loss->value.size() == 4);
  CHECK(std::isinf(loss->value[1]));
  CHECK(std::isnan(loss->value[2]));
  CHECK(find(run, Role::eval_loss)->value == std::vector<double>{2.25, 1.75});
  CHECK(run.rows[find(run, Role::eval_loss)->rows].line == std::vector<std::uint32_t>{4, 7});
  CHECK(noted(run, "value.text")->count == 1);
}

TEST_CASE("tables of other shapes") {
  SECTION("tabs, a byte order mark, padded names, a comment first") {
    const Run run = read_text("a.log", "\xEF\xBB\xBF# run 7\n  epoch\t loss \n1\t0.5\n2\t0.25\n");
    CHECK(find(run, Role::train_loss)->value == std::vector<double>{0.5, 0.25});
    CHECK(find(run, Role::epoch) != nullptr);
  }
  SECTION("a quoted field over two lines, a short row, the header again") {
    const Run run = read_text("a.csv", "step,loss,why\n1,2,\"a\nb\"\n2,1\nstep,loss,why\n3,1,c\n");
    CHECK(find(run, Role::train_loss)->value == std::vector<double>{2, 1});
    CHECK(noted(run, "line.unreadable")->where.line == 4);
    CHECK(noted(run, "table.header_again")->where.line == 5);
  }
  SECTION("a quote that is never closed swallows one row only") {
    const Run run = read_text("a.csv", "step,loss\n1,2\n2,\"3\n3,4\n4,5\n");
    CHECK(find(run, Role::step)->value.size() >= 3);
  }
}

TEST_CASE("JSON Lines that are damaged") {
  SECTION("a cut last line, garbage between") {
    const Run run = read_text(
        "a.jsonl", "{\"step\": 1, \"loss\": 2}\nWARNING: <b>x</b>\n{\"step\": 2, \"loss\": 1}\n{\"step\": 3, \"lo");
    CHECK(run.lines == 4);
    CHECK(run.lines_understood == 2);
    CHECK(noted(run, "line.cut")->where.line == 4);
    CHECK(noted(run, "line.unreadable")->where.line == 2);
  }
  SECTION("numbers beyond double and bytes that are no UTF-8") {
    const Run run = read_text(
        "a.jsonl", "{\"step\": 1, \"loss\": 1e999, \"x\": \"M\xFCller\"}\n{\"step\": 2, \"loss\": -Infinity}\n");
    CHECK(find(run, Role::train_loss)->value[0] == std::numeric_limits<double>::infinity());
    CHECK(find(run, Role::train_loss)->value[1] == -std::numeric_limits<double>::infinity());
  }
  SECTION("nesting without end") {
    const Run run =
        read_text("a.jsonl",
                  "{\"step\": 1, \"loss\": 2}\n{\"step\": 2, \"loss\": 1}\n{\"x\": " + std::string(100000, '[') + "\n");
    CHECK(noted(run, "line.unreadable") != nullptr);
  }
}

TEST_CASE("settings on the first line") {
  const std::string rows = "{\"step\": 1, \"loss\": 2}\n{\"step\": 2, \"loss\": 1}\n";
  for (const auto* first :
       {R"({"config": {"lr": 0.5}})", R"({"_type": "config", "lr": 0.5})",
        R"({"event": "config", "config": {"lr": 0.5}})", R"({"hparams": {"lr": 0.5}})",
        R"({"args": {"lr": {"desc": null, "value": 0.5}}})", R"({"lr": 0.5, "steps": 100, "epochs": 3})"}) {
    INFO(first);
    const Run run = read_text("a.jsonl", first + ("\n" + rows));
    REQUIRE(run.config.count("lr") == 1);
    CHECK(run.config.at("lr") == ConfigValue(0.5));
    CHECK(find(run, Role::train_loss)->value.size() == 2);
    CHECK(find(run, Role::lr) == nullptr);
  }
}

TEST_CASE("what is no log is one clear error") {
  const test::TemporaryFolder folder("no_log");
  const auto message = [&](std::string_view text) {
    try {
      read_run(folder.write("x", text), {});
    } catch (const Error& e) {
      CHECK(e.kind == Error::Kind::input);
      CHECK_FALSE(e.hint.empty());
      return std::string(e.what());
    }
    return std::string("no error");
  };
  CHECK(message("").find("is empty") != std::string::npos);
  CHECK(message("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n").find("LFS") != std::string::npos);
  CHECK(message(std::string_view("\x7F"
                                 "ELF\0\0",
                                 6))
            .find("binary") != std::string::npos);
  CHECK(message("hello\nworld\n").find("format") != std::string::npos);
  CHECK(message("{\"a\": \"b\"}\n{\"a\": \"c\"}\n").find("no numbers") != std::string::npos);
}

TEST_CASE("settings and summaries are no logs") {
  const test::TemporaryFolder folder("summaries");
  const auto message = [&](const char* name, std::string_view text) {
    try {
      return "read as " + read_run(folder.write(name, text), {}).format;
    } catch (const Error& e) {
      CHECK_FALSE(e.hint.empty());
      return std::string(e.what());
    }
  };
  const auto has = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
  for (const auto* text : {"{\n \"learning_rate\": 0.1,\n \"betas\": [0.9, 0.95]\n}\n",
                           "{\"lr\": 0.1, \"layers\": 3}\n", "{\n \"env\": {\"name\": \"Pong\"}\n}\n", "{}\n"})
    CHECK(has(message("hparams.json", text), "holds settings"));
  CHECK(has(message("hparams.yaml", "lr: 0.1\nlayers: 3\n"), "holds settings"));
  CHECK(has(
      message("all_results.json", "{\n \"epoch\": 0.99,\n \"train_loss\": 1.995,\n \"train_runtime\": 857595.1\n}\n"),
      "sums up a run (`train_loss` = 1.995)"));
  CHECK(has(
      message(
          "submission.json",
          "{\n \"val_bpb\": 1.08,\n \"seeds\": [42, 314, 999],\n \"seed_results\": {\"42\": {\"val_bpb\": 1.09}}\n}\n"),
      "sums up a run"));
  CHECK(has(message("final.json", "{\"val_loss\": 2.07, \"bytes\": 15863489}\n"), "one record"));
  CHECK(message("first.jsonl", "{\"step\": 100, \"loss\": 2.07}\n") == "read as jsonl");
  CHECK(message("curve.json", "{\n \"losses\": [3, 2]\n}\n") == "read as json_document");
}

TEST_CASE("a document on one long line is no JSON line") {
  std::string steps, losses;
  for (int i = 0; i < 20000; ++i) {
    steps += (i > 0 ? "," : "") + std::to_string(i);
    losses += i > 0 ? ",0.5" : "0.5";
  }
  const Run run = read_text("m.json", "{\"steps\": [" + steps + "], \"loss\": [" + losses + "]}");
  CHECK(run.format == "json_document");
  CHECK(find(run, Role::train_loss)->value.size() == 20000);
}
