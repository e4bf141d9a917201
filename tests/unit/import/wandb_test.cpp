// .wandb files and run folders.
#include <cmath>
#include <random>

#include "expanalyze/error.hpp"
#include "expanalyze/import.hpp"
#include "import/importers.hpp"
#include "io/input.hpp"
#include "store/run_builder.hpp"
#include "support/catch.hpp"
#include "support/run.hpp"
#include "support/wire_writer.hpp"

using namespace expanalyze;
using test::item, test::message, test::noted, test::number, test::series;

namespace {

using Records = std::vector<std::string>;
using Values = std::vector<double>;

Run read_bytes(std::string_view bytes) {
  Input input = Input::of(bytes);
  RunBuilder builder;
  wandb.read(input, builder);
  Run run = builder.finish(input.lines());
  CHECK(broken_invariant(run) == "");
  CHECK(run.counted_in == "records");
  return run;
}
Run read_records(const Records& records) { return read_bytes(test::wandb(records)); }

std::string row(const std::string& items) { return message(2, items); }
std::string row(std::int64_t step, const std::string& items) {
  return message(2, items + message(2, step == 0 ? "" : number(1, step)));
}
std::string exit_record(std::int64_t code) { return message(18, code == 0 ? "" : number(1, code)); }
std::string config(const std::string& items) { return message(5, items); }
std::string printed(std::string_view text) { return message(13, message(3, text)); }

const std::string kLoss = item("loss", "0.5");

}  // namespace

TEST_CASE("steps in three encodings, and none") {
  CHECK(find(read_records({row(0, kLoss), row(7, kLoss)}), Role::step)->value == Values{0, 7});
  CHECK(find(read_records({row(kLoss + item("_step", "3")), row(kLoss + item("_step", "9"))}), Role::step)->value ==
        Values{3, 9});
  CHECK(find(read_records({row(kLoss), row(kLoss)}), Role::step)->value == Values{0, 1});
  const Run resumed = read_records({message(17, number(14, 40)), row(kLoss), row(kLoss)});
  CHECK(find(resumed, Role::step)->value == Values{40, 41});
  CHECK(noted(resumed, "run.resumed") != nullptr);
}

TEST_CASE("a step of a wrong type is counted instead") {
  const Run run = read_records({row(kLoss + item("_step", "\"5\"")), row(kLoss + item("_step", "5.5")),
                                row(kLoss + item("_step", "null")), row(kLoss + item("_step", "true")),
                                row(kLoss + item("_step", "10")), row(kLoss)});
  CHECK(find(run, Role::step)->value == Values{0, 1, 2, 3, 10, 11});
  CHECK(noted(run, "step.wrong_type")->count == 4);
}

TEST_CASE("values: NaN, infinities, nested keys, media, texts") {
  const std::string nested = message(1, message(2, "val") + message(2, "acc") + message(16, "0.75"));
  const std::string media = message(1, message(2, "pic") + message(2, "_type") + message(16, "\"image-file\"")) +
                            message(1, message(2, "pic") + message(2, "height") + message(16, "24"));
  const Run run = read_records({row(item("loss", "NaN") + nested + media + item("note", "\"warm\"")),
                                row(item("loss", "-Infinity") + item("t", R"({"_type": "table-file", "rows": 3})")),
                                row(item("loss", "1e-3") + item("deep", R"({"a": {"b": 2}})"))});
  const auto& loss = series(run, "loss")->value;
  REQUIRE(loss.size() == 3);
  CHECK(std::isnan(loss[0]));
  CHECK(loss[1] == -INFINITY);
  CHECK(loss[2] == 1e-3);
  CHECK(series(run, "val/acc")->value == Values{0.75});
  CHECK(series(run, "deep/a/b")->value == Values{2});
  CHECK(series(run, "pic/height") == nullptr);
  CHECK(noted(run, "value.media")->count == 2);
  CHECK(noted(run, "value.text")->count == 1);
}

TEST_CASE("settings: the last value counts, W&B's own are left out") {
  const Run run = read_records(
      {message(17, message(4, item("lr", "0.1") + item("_wandb", R"({"x": 1})") + item("gone", "1"))),
       config(item("lr", "0.2") + message(1, message(2, "opt") + message(2, "name") + message(16, "\"sgd\""))),
       config(message(2, message(1, "gone")) + item("model", R"({"width": 64})")), row(kLoss), exit_record(0)});
  CHECK(run.config == Config{{"lr", 0.2}, {"model.width", 64.0}, {"opt.name", std::string("sgd")}});
  CHECK(noted(run, "config.changed")->where.line == 2);
}

TEST_CASE("a program names its own axis") {
  const std::string axis = item("train/updates_done", "100");
  const Run run = read_records(
      {message(12, message(2, "*") + message(4, "train/updates_done")), row(0, kLoss + axis), row(1, kLoss + axis)});
  CHECK(find(run, Role::step)->logged_as == "train/updates_done");
}

TEST_CASE("how the run ended") {
  CHECK(noted(read_records({row(kLoss), exit_record(0)}), "run.exit_code") == nullptr);
  CHECK(noted(read_records({row(kLoss)}), "run.no_exit_record") != nullptr);
  const Run crashed = read_records(
      {row(kLoss), printed("Traceback (most recent call last):\n  File \"a.py\", line 1\n    x()\nValueError: old\n\n"),
       printed("During handling, another exception occurred:\n\nTraceback (most recent call last):\n  File \"a.py\""),
       printed(", line 2\n    y()\nRuntimeError: out of | memory\nwandb: done\n"), exit_record(1)});
  CHECK_THAT(noted(crashed, "run.exit_code")->text, Catch::Matchers::Contains("exit code 1"));
  CHECK_THAT(noted(crashed, "run.exit_code")->text, Catch::Matchers::Contains("`RuntimeError: out of"));
  CHECK_THAT(noted(read_records({row(kLoss), exit_record(255)}), "run.exit_code")->text,
             Catch::Matchers::Contains("interrupted"));
}

TEST_CASE("a run without history says what it has") {
  CHECK_THROWS_WITH(read_records({config(item("lr", "1")), exit_record(1)}),
                    Catch::Matchers::Contains("no history: 1 settings, exit code 1"));
  CHECK_THROWS_WITH(read_records({row(item("_step", "1"))}), Catch::Matchers::Contains("no numbers in 1 rows"));
}

TEST_CASE("records over several blocks, and a block that is damaged") {
  const std::string big = printed(std::string(70000, 'x'));
  std::string log(kWandbHeader);
  log += test::chunk(1, row(kLoss));
  std::size_t at = 0;
  for (char type = 2; at < big.size(); type = 3) {
    const std::size_t left = 32768 - log.size() % 32768 - 7, n = std::min(left, big.size() - at);
    log += test::chunk(at + n == big.size() ? 4 : type, big.substr(at, n));
    at += n;
  }
  log += test::chunk(1, row(kLoss)) + test::chunk(1, exit_record(0));
  const Run whole = read_bytes(log);
  CHECK(whole.lines == 4);
  CHECK(series(whole, "loss")->value.size() == 2);
  // In the first block everything behind the damage is lost, and the end of the long record means nothing.
  std::string damaged = log;
  damaged[100] ^= 1;
  const Run rest = read_bytes(damaged);
  CHECK(noted(rest, "record.bad_checksum")->count == 1);
  CHECK(series(rest, "loss")->value.size() == 2);
  CHECK(noted(rest, "run.no_exit_record") == nullptr);
  // A record that begins where another has not ended.
  const Run restarted = read_bytes(std::string(kWandbHeader) + test::chunk(1, row(kLoss)) + test::chunk(2, "lost") +
                                   test::chunk(1, row(kLoss)));
  CHECK(series(restarted, "loss")->value.size() == 2);
  CHECK(noted(restarted, "record.bad_checksum")->count == 1);
  for (const std::size_t cut : {3U, 9U, 12U}) {
    const Run shorter = read_bytes(std::string_view(log).substr(0, log.size() - cut));
    CHECK(noted(shorter, "record.cut") != nullptr);
  }
}

TEST_CASE("a run folder") {
  const test::TemporaryFolder folder("wandb");
  const std::string name = "offline-run-20240101_000000-abc/";
  folder.write(name + "run-abc.wandb",
               test::wandb({message(17, message(4, item("lr", "0.1"))), row(0, kLoss), row(1, kLoss), exit_record(0)}));
  folder.write(name + "files/config.yaml",
               "wandb_version: 1\n_wandb:\n  value: {a: 1}\nlr:\n  desc: null\n  value: 0.1\nseed:\n  value: 7\n");
  folder.write(name + "files/wandb-summary.json", R"({"_step": 9, "loss": 0.1})");
  folder.write(name + "files/wandb-metadata.json", R"({"program": "train.py", "args": ["--lr", "0.1"]})");
  folder.write(name + "logs/debug.log", "step:1/9 loss:3\nstep:2/9 loss:3\n");
  const Run run = read_run(folder.path() / name, {});
  CHECK(run.format == "wandb");
  CHECK(run.config.at("lr") == ConfigValue(0.1));
  CHECK(run.config.at("seed") == ConfigValue(7.0));
  CHECK(run.config.at("wandb.program") == ConfigValue(std::string("train.py")));
  CHECK(run.config.count("wandb_version") == 0);
  CHECK_THAT(noted(run, "summary.ahead")->text, Catch::Matchers::Contains("step 9"));
  std::vector<Note> notes;
  CHECK(find_runs(folder.path(), notes).size() == 1);
}

TEST_CASE("messages damaged behind right checksums are read or refused too") {
  std::mt19937 random(5);
  const Records sound = {
      message(17, message(4, item("lr", "0.1"))),        row(3, kLoss + item("_step", "3")),
      config(item("model", R"({"width": 64})")),         printed("Traceback (most recent call last):\nE\n"),
      message(12, message(2, "*") + message(4, "loss")), exit_record(1)};
  for (int i = 0; i < 10000; ++i) {
    Records records = sound;
    for (std::size_t k = 1 + random() % 4; k > 0; --k) {
      auto& record = records[random() % records.size()];
      record[random() % record.size()] = static_cast<char>(random());
    }
    records.push_back(row(kLoss));
    const std::string bytes = test::wandb(records);
    Input input = Input::of(bytes);
    RunBuilder builder;
    wandb.read(input, builder);
    const std::string breach = broken_invariant(builder.finish(input.lines()));
    if (!breach.empty()) FAIL(breach);
  }
}
