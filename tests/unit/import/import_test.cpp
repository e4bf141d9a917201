// Directories, labels, config files.
#include "expanalyze/import.hpp"

#include <fmt/format.h>

#include "expanalyze/error.hpp"
#include "import/config_file.hpp"
#include "support/catch.hpp"
#include "support/run.hpp"

using namespace expanalyze;
using test::noted;

namespace {

constexpr const char* kRows = "{\"step\": 1, \"loss\": 2}\n{\"step\": 2, \"loss\": 1}\n";

Error error_of(const std::filesystem::path& path, const ImportOptions& options = {}) {
  try {
    read_run(path, options);
  } catch (const Error& e) {
    return e;
  }
  FAIL("no error for " << path);
  return {Error::Kind::usage, ""};
}

}  // namespace

TEST_CASE("a directory with one log is that run, with the config beside it") {
  const test::TemporaryFolder folder("dir");
  folder.write("muon_lr3/metrics.jsonl", kRows);
  folder.write("muon_lr3/params.json", R"({"lr": 3.0, "env": {"name": "Pong"}})");
  folder.write("muon_lr3/other.csv", "step,loss\n1,2\n2,1\n");
  const Run run = read_run(folder.path() / "muon_lr3", {});
  CHECK(run.label == "muon_lr3");
  CHECK(run.config.at("env.name") == ConfigValue(std::string("Pong")));
  CHECK(run.config_source.find("params.json") != std::string::npos);
  CHECK(noted(run, "input.other_logs") != nullptr);
}

TEST_CASE("a directory of several runs asks for a sweep") {
  const test::TemporaryFolder folder("several");
  folder.write("a.jsonl", kRows);
  folder.write("b.jsonl", kRows);
  folder.write("sub/c/metrics.jsonl", kRows);
  folder.write("sub/d/metrics.jsonl", kRows);
  folder.write("sub/d/broken.jsonl", "nothing\n");
  CHECK(error_of(folder.path()).hint.find("sweep") != std::string::npos);
  CHECK(error_of(folder.path() / "sub").hint.find("2 runs lie below") != std::string::npos);
  std::vector<Note> notes;
  const auto runs = find_runs(folder.path(), notes);
  REQUIRE(runs.size() == 4);
  CHECK(runs[0].filename() == "a.jsonl");
  CHECK(runs[3].parent_path().filename() == "d");
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].code == "input.not_a_log");
}

TEST_CASE("a directory of seeds, and one run of several") {
  const test::TemporaryFolder folder("seeds");
  folder.write("a.jsonl", kRows);
  folder.write("b.jsonl", kRows);
  folder.write("notes.md", "step loss\n");
  const auto runs = read_runs(folder.path(), {});
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].label == "a");
  CHECK(runs[1].label == "b");
  CHECK(read_run(folder.path().string() + "#2", {}).label == "b");
  CHECK_THROWS_AS(read_runs(folder.path().string() + "#3", {}), Error);
}

TEST_CASE("a file that is called after a side of the data") {
  const test::TemporaryFolder folder("sides");
  const std::string rows = "epoch\tloss\tprec1\n42\t2.27\t49.5\n43\t2.26\t49.6\n";
  const auto read = [&](const char* name, const std::string& text) {
    folder.write(name, text);
    return read_run(folder.path() / name, {});
  };
  const Run val = read("val.log", rows), train = read("train.log", rows), run = read("first_try.log", rows);
  REQUIRE(find(val, Role::eval_loss) != nullptr);
  CHECK(find(val, Role::eval_loss)->name == "eval/loss");
  CHECK(find(val, Role::train_loss) == nullptr);
  CHECK(find(val, Role::eval_metric) != nullptr);
  CHECK(noted(val, "side.from_name") != nullptr);
  CHECK(find(train, Role::train_loss) != nullptr);
  CHECK(find(train, Role::eval_metric) == nullptr);
  CHECK(find(train, Role::train_metric) != nullptr);
  CHECK(find(run, Role::train_loss) != nullptr);
  CHECK(noted(run, "side.from_name") == nullptr);

  const Run tried = read("test.csv", "step,loss,lr\n1,2,0.1\n2,1,0.1\n");
  CHECK(find(tried, Role::train_loss) != nullptr);
  const Run both = read("train.csv", "step,loss,val_loss,prec1\n1,2,2,50\n2,1,1,60\n");
  CHECK(find(both, Role::eval_metric) != nullptr);
  const Run whole = read("train.jsonl", "{\"step\":1,\"loss\":2}\n{\"step\":2,\"loss\":1}\n{\"step\":2,\"bleu\":20}\n");
  CHECK(find(whole, Role::eval_metric) != nullptr);
  const Run earned = read("training.csv", "step,loss,episode_reward_mean\n1,2,50\n2,1,60\n");
  CHECK(find(earned, Role::eval_metric) != nullptr);
}

TEST_CASE("the notes of a file of several runs are told once") {
  const test::TemporaryFolder folder("noted");
  std::string text;
  for (int run = 0; run < 3; ++run)
    for (int step = 0; step < 9; ++step) {
      text +=
          fmt::format("{{\"step\": {}, \"loss\": {}, \"time_s\": {}}}\n", step, 3.0 / (1 + step) + 0.01 * run, step);
      if (run == 1 && step == 4) text += "a warning\n";
      if (step == 6 && run != 1) text += "{\"step\": 6, \"loss\": \n";
    }
  const auto runs = read_runs(folder.write("all.jsonl", text), {});
  REQUIRE(runs.size() == 3);
  std::size_t left = 0;
  for (const Run& run : runs)
    for (const Note& note : run.notes)
      if (note.code.starts_with("line.")) left += note.count;
  CHECK(left == 3);
  CHECK(runs[0].lines_understood + left == runs[0].lines);
}

TEST_CASE("among several logs, one that turns out to be none is a note; alone it is an error") {
  const test::TemporaryFolder folder("one_bad");
  folder.write("events.jsonl", "{\"msg\": \"hello\"}\n{\"msg\": \"there\"}\n");
  CHECK(error_of(folder.path()).kind == Error::Kind::input);
  folder.write("seed1.jsonl", kRows);
  folder.write("seed2.jsonl", kRows);
  const auto runs = read_runs(folder.path(), {});
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].label == "seed1");
  REQUIRE(noted(runs[0], "input.not_a_log") != nullptr);
  CHECK(noted(runs[0], "input.not_a_log")->text.find("events.jsonl: no numbers") != std::string::npos);
}

TEST_CASE("options") {
  const test::TemporaryFolder folder("options");
  const auto log = folder.write("a.jsonl", kRows);
  CHECK(error_of(log, {{}, "jsnol", {}}).hint == "did you mean jsonl?");
  CHECK(error_of(log, {{{Role::eval_loss, "lose"}}, "", {}}).kind == Error::Kind::usage);
  const auto config = folder.write("elsewhere.yaml", "lr: 0.1\n");
  CHECK(read_run(log, {{}, "jsonl", config}).config.at("lr") == ConfigValue(0.1));
  CHECK(error_of(log, {{}, "", folder.path() / "no.yaml"}).kind == Error::Kind::input);
}

TEST_CASE("config files of three kinds") {
  const test::TemporaryFolder folder("config");
  SECTION("YAML, W&B's form, quoted words, non-numbers") {
    const auto c = read_config_file(folder.write("c.yaml",
                                                 "lr:\n  desc: null\n  value: 0.0003\n_wandb:\n  value: {v: 1}\nopt: "
                                                 "{name: adamw, betas: [0.9, 0.95]}\nid: '007'\n"
                                                 "clip: .inf\nflag: true\nnone: ~\n"));
    CHECK(c.at("lr") == ConfigValue(0.0003));
    CHECK(c.at("opt.name") == ConfigValue(std::string("adamw")));
    CHECK(c.at("opt.betas") == ConfigValue(std::string("[0.9,0.95]")));
    CHECK(c.at("id") == ConfigValue(std::string("007")));
    CHECK(std::get<double>(c.at("clip")) > 1e300);
    CHECK(c.at("flag") == ConfigValue(true));
    CHECK(c.at("none") == ConfigValue());
    CHECK(c.size() == 7);
  }
  SECTION("TOML") {
    const auto c = read_config_file(folder.write("c.toml", "lr = 1e-3\n[model]\nwidth = 96\nact = \"relu\"\n"));
    CHECK(c.at("lr") == ConfigValue(1e-3));
    CHECK(c.at("model.width") == ConfigValue(96.0));
    CHECK(c.at("model.act") == ConfigValue(std::string("relu")));
  }
  SECTION("damaged ones say where") {
    CHECK_THROWS_AS(read_config_file(folder.write("c.toml", "lr = \n")), Error);
    CHECK_THROWS_AS(read_config_file(folder.write("c.yaml", "a: [1, 2\nb: }")), Error);
    CHECK_THROWS_AS(read_config_file(folder.write("c.json", "{\"lr\": ")), Error);
    CHECK_THROWS_AS(read_config_file(folder.write("d.json", "[1, 2]")), Error);
  }
  SECTION("one that nobody named and that is damaged stops nothing") {
    const auto log = folder.write("a.jsonl", kRows);
    folder.write("config.json", "{\"lr\": ");
    CHECK(noted(read_run(log, {}), "config.unreadable") != nullptr);
  }
}
