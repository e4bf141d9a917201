// Text logs of known programs, by input and output.
#include <fmt/format.h>

#include <cmath>

#include "expanalyze/import.hpp"
#include "import/importers.hpp"
#include "import/text_log.hpp"
#include "io/input.hpp"
#include "store/run_builder.hpp"
#include "support/catch.hpp"
#include "support/run.hpp"

using namespace expanalyze;

namespace {

Run read(const Importer& importer, std::string_view text) {
  Input input = Input::of(text);
  RunBuilder builder;
  importer.read(input, builder);
  Run run = builder.finish(input.lines());
  CHECK(broken_invariant(run) == "");
  return run;
}

Run fixture(const std::string& path) {
  return read_run(std::string(EXPANALYZE_SOURCE_DIR) + "/tests/data/import/" + path, {});
}

const Series& of(const Run& run, Role role) {
  const auto* s = find(run, role);
  INFO(to_string(role));
  REQUIRE(s != nullptr);
  return *s;
}

std::vector<double> values(const Run& run, std::string_view key) {
  const auto* s = test::series(run, key);
  INFO(key);
  REQUIRE(s != nullptr);
  return s->value;
}

double step_of_last(const Run& run, const Series& series) { return run.rows[series.rows].step.back(); }

}  // namespace

TEST_CASE("pieces of a line") {
  CHECK(number_or_seconds("36885ms") == 36.885);
  CHECK(number_or_seconds("77.5s") == 77.5);
  CHECK(number_or_seconds("0.5m") == 30);
  CHECK(number_or_seconds("3.28") == 3.28);
  CHECK(std::isnan(number_or_seconds("nanms").value()));
  CHECK_FALSE(number_or_seconds("ms"));
  CHECK_FALSE(number_or_seconds("brotli"));
  const auto pairs = key_values("XSA:last_4 layers:[7, 8]  tok/s: 12 a=b");
  REQUIRE(pairs);
  REQUIRE(pairs->size() == 4);
  CHECK((*pairs)[1].value == "[7, 8]");
  CHECK((*pairs)[2].key == "tok/s");
  CHECK((*pairs)[3].separator == '=');
  for (const auto* text : {"", "a", "a:", "a:1 b", "\"a\": 1", "1:2", "a :1"}) CHECK_FALSE(key_values(text));
  CHECK(setting("False") == ConfigValue(false));
  CHECK(setting("1e-3") == ConfigValue(1e-3));
  CHECK(setting("[7, 8]") == ConfigValue(std::string("[7, 8]")));
}

TEST_CASE("llm.c: tel is the validation loss") {
  const Run run = fixture("llm_c/main.log");
  CHECK(of(run, Role::eval_loss).value == std::vector<double>{10.9871, 10.5980, 10.1200});
  CHECK(of(run, Role::train_loss).value.size() == 4);
  CHECK(std::isnan(of(run, Role::train_loss).value.back()));
  CHECK(of(run, Role::eval_metric).value.back() == 0.2531);
  CHECK(of(run, Role::grad_norm).value.front() == 14.21);
  CHECK(run.lines_understood == run.lines);
}

TEST_CASE("llm.c: the number at the end of an unfinished line may be cut") {
  const Run run = read(llm_c, "s:0 tel:10.9\ns:1 tel:10.8\ns:2 tel:1");
  CHECK(of(run, Role::eval_loss).value == std::vector<double>{10.9, 10.8});
  CHECK(test::noted(run, "line.cut") != nullptr);
}

TEST_CASE("modded-nanogpt: a script in front, a clock that is set back, settings") {
  const Run run = fixture("modded_nanogpt/run.txt");
  CHECK(of(run, Role::eval_loss).value == std::vector<double>{10.8258, 8.2954});
  CHECK(of(run, Role::train_loss).value.size() == 6);
  const auto clock = of(run, Role::wall).value;
  CHECK(clock[2] == Approx(9.9));
  CHECK(clock[3] == Approx(0.08));
  CHECK(std::isnan(of(run, Role::step_time).value.front()));
  CHECK(of(run, Role::memory).value.front() == 30724.0 * 1048576);
  CHECK(run.config.at("total_steps") == ConfigValue(20.0));
  CHECK(run.config.at("muon_lr") == ConfigValue(0.0375));
  CHECK(run.config.at("num_gpus") == ConfigValue(2.0));
  CHECK(run.config.at("gpu") == ConfigValue(std::string("NVIDIA H100 80GB HBM3")));
  CHECK(run.config.at("torch_version") == ConfigValue(std::string("2.6.0+cu126")));
  CHECK(test::noted(run, "log.preamble")->count >= 10);
  CHECK(run.lines_understood == run.lines);
}

TEST_CASE("modded-nanogpt: seconds, no training loss, a batch that prints a run twice") {
  const std::string once =
      "step:0/50 val_loss:10.82584 train_time:0.000s step_avg:nanms\n"
      "step:25/50 val_loss:4.50001 train_time:10.500s step_avg:420.00ms\n"
      "step:50/50 val_loss:3.30001 train_time:21.000s step_avg:420.00ms\n";
  const std::string other =
      "step:0/50 val_loss:10.82584 train_time:0.000s step_avg:nanms\n"
      "step:25/50 val_loss:4.51001 train_time:10.600s step_avg:424.00ms\n";
  const Run run = read(modded_nanogpt, once + "=== seed 2 end ===\n" + once + "W0518 a warning\n" + other);
  CHECK(values(run, "step") == std::vector<double>{0, 25, 50, 0, 25});
  CHECK(of(run, Role::wall).value.back() == Approx(10.6));
  CHECK(of(run, Role::step_time).value[1] == Approx(0.42));
  CHECK(test::noted(run, "record.repeated")->count == 2);
  CHECK(test::noted(run, "line.other")->count == 2);
}

TEST_CASE("modded-nanogpt: what an unfinished last line still tells") {
  const std::string first = "step:1/9 val_loss:5.5 train_time:100ms step_avg:nanms\n";
  CHECK(of(read(modded_nanogpt, first + "step:2/9 val_loss:4.5 train_time:200ms step_avg:9.5ms"), Role::eval_loss)
            .value.size() == 2);
  for (const auto* cut : {"step:2/9 val_loss:4", "step:2/9 val_loss:4.5 train_time:20",
                          "step:2/9 val_loss:4.5 train_time:200m", "step:2", "ste"})
    CHECK(of(read(modded_nanogpt, first + cut), Role::eval_loss).value.size() == 1);
}

TEST_CASE("parameter-golf: scores after training are no points of the curve") {
  const Run run = fixture("parameter_golf/train.log");
  CHECK(of(run, Role::eval_loss).value == std::vector<double>{6.9357, 2.9});
  CHECK(of(run, Role::eval_metric).logged_as == "val_bpb");
  CHECK(of(run, Role::eval_metric).value.back() == 1.72);
  CHECK(of(run, Role::eval_metric).unit == Unit::bits);
  CHECK(of(run, Role::wall).value.back() == Approx(6.002));
  CHECK(values(run, "final_int8_zlib_roundtrip_exact/val_bpb") == std::vector<double>{1.72601234});
  CHECK(test::series(run, "final_int8_zlib_roundtrip/val_loss")->role == Role::mechanism);
  CHECK(values(run, "Serialized model") == std::vector<double>{67224});
  CHECK(run.config.at("total_steps") == ConfigValue(140.0));
  CHECK(run.config.at("iterations") == ConfigValue(2000.0));
  CHECK(run.config.at("sdp_backends.flash") == ConfigValue(true));
  CHECK(values(run, "swa/step") == std::vector<double>{120});  // it happened, nobody set it
  CHECK(run.config.find("swa.step") == run.config.end());
  CHECK(run.config.at("stopping_early") == ConfigValue(std::string("wallclock_cap")));
  CHECK(test::noted(run, "log.warmup_steps")->count == 2);
}

TEST_CASE("parameter-golf: the later grammar in minutes") {
  const Run run = fixture("parameter_golf/later.log");
  CHECK(of(run, Role::eval_loss).value == std::vector<double>{8.3187, 2.6410});
  CHECK(of(run, Role::train_loss).value.back() == 2.8965);
  CHECK(of(run, Role::wall).value.back() == Approx(90.026));
  CHECK(of(run, Role::throughput).value.back() == 7980293);
  CHECK(values(run, "final_int6_ttt/val_bpb") == std::vector<double>{1.336032});
  CHECK(values(run, "ttt_sliding_done/elapsed") == std::vector<double>{405});
  CHECK(run.config.at("recur_layers") == ConfigValue(std::string("4,5")));
  CHECK(run.config.at("adam_eps") == ConfigValue(1e-08));
}

TEST_CASE("MLPerf: an accuracy that is a loss, a clock from run_start, samples as steps") {
  const Run run = fixture("mlperf_mllog/result_0.txt");
  const auto& loss = of(run, Role::eval_loss);
  CHECK(loss.logged_as == "eval_accuracy");
  CHECK(loss.value == std::vector<double>{0.95, 0.92});
  CHECK(step_of_last(run, loss) == 48);
  CHECK(of(run, Role::samples).value.back() == 384);
  CHECK(of(run, Role::wall).value.back() == Approx(63.5));
  CHECK(of(run, Role::lr).value.front() == 3.9e-4);
  CHECK(values(run, "throughput") == std::vector<double>{5.2, 5.3, 5.25});
  CHECK(run.config.at("run_status") == ConfigValue(std::string("success")));
  CHECK(run.config.at("opt_base_learning_rate") == ConfigValue(4e-4));
  CHECK(test::noted(run, "quality.is_loss") != nullptr);
}

TEST_CASE("MLPerf: accuracy of bert, an aborted run, epochs as the axis") {
  const auto event = [](const char* ms, const char* type, const char* key, const char* value, const char* metadata) {
    return std::string(":::MLLOG {\"time_ms\": ") + ms + ", \"event_type\": \"" + type + "\", \"key\": \"" + key +
           "\", \"value\": " + value + ", \"metadata\": " + metadata + "}\n";
  };
  const std::string start = event("1000", "INTERVAL_START", "run_start", "null", "{}");
  const std::string stop = event("61000", "INTERVAL_END", "run_stop", "null", "{\"status\": \"aborted\"}");
  const std::string name = event("1", "POINT_IN_TIME", "submission_benchmark", "\"bert\"", "{}");
  const std::string batch = event("2", "POINT_IN_TIME", "global_batch_size", "100", "{}");
  const Run bert =
      read(mlperf_mllog, name + batch + start +
                             event("31000", "POINT_IN_TIME", "eval_accuracy", "0.7", "{\"epoch_num\": 5000}") + stop);
  CHECK(of(bert, Role::eval_metric).value == std::vector<double>{0.7});
  CHECK(step_of_last(bert, of(bert, Role::eval_metric)) == 50);
  CHECK(of(bert, Role::wall).value == std::vector<double>{0, 30, 60});
  CHECK(test::noted(bert, "run.aborted") != nullptr);
  const std::string resnet = event("1", "POINT_IN_TIME", "submission_benchmark", "\"resnet\"", "{}");
  const Run epochs =
      read(mlperf_mllog,
           resnet + batch + start + event("31000", "POINT_IN_TIME", "eval_accuracy", "0.7", "{\"epoch_num\": 4.5}"));
  CHECK(find(epochs, Role::step) == nullptr);
  CHECK(step_of_last(epochs, of(epochs, Role::eval_metric)) == 4.5);
  CHECK(test::noted(epochs, "run.unfinished") != nullptr);
  const std::string samples = event("31000", "POINT_IN_TIME", "eval_accuracy", "0.7", "{\"samples_count\": 5000}");
  const Run no_batch = read(mlperf_mllog, name + start + samples);
  CHECK(step_of_last(no_batch, of(no_batch, Role::eval_metric)) == 5000);
  // NVIDIA's bert evaluates at numbers of samples that are no multiples of its batch.
  const Run between =
      read(mlperf_mllog,
           name + batch + start + event("31000", "POINT_IN_TIME", "eval_accuracy", "0.7", "{\"epoch_num\": 4951}"));
  CHECK(step_of_last(between, of(between, Role::eval_metric)) == 50);
  CHECK(test::noted(between, "axis.step.rounded")->count == 1);
  CHECK(test::noted(bert, "axis.step.rounded") == nullptr);
  CHECK(test::noted(no_batch, "axis.step.samples") != nullptr);
}

TEST_CASE("a text about logs is none, whatever it quotes") {
  std::string text =
      "# Formats\n\n**F.** Lines `:::MLLOG {\"namespace\": \"\", \"key\": \"run_start\", \"value\": null}` come "
      "first.\n"
      "Dictionaries `{'loss': 9.8, 'learning_rate': 1e-05, 'epoch': 0.01}` and a last\n"
      "`{'train_runtime': 919.09, 'train_samples_per_second': 1.088, 'epoch': 1.0}` follow. `:::MLLOG` is the mark.\n"
      "The authors report ends at\nval loss 3.3154 and 3.3098; compare them.\n\n| run | val loss |\n|---|---|\n"
      "| a | 3.1 |\n\n";
  for (int i = 0; i < 30; ++i) text += "Many more words follow,\nand they say nothing that counts.\n";
  for (const auto* importer : importers()) {
    INFO(importer->id);
    CHECK(importer->sniff({"README.md", text}).sure == 0);
  }
}

TEST_CASE("Megatron: prefixes, glued lines, what is not known") {
  const Run run = fixture("megatron/main.out");
  CHECK(values(run, "iteration") == std::vector<double>{10, 20, 30, 40, 40, 40, 40});
  CHECK(values(run, "lm loss") == std::vector<double>{12.03115});
  CHECK(values(run, "lm-loss") == std::vector<double>{11, 10});
  CHECK(values(run, "elapsed time per iteration (ms)").front() == Approx(2.1522));
  CHECK(values(run, "elapsed time per iteration (s)") == std::vector<double>{1.25, 1.30});
  CHECK(values(run, "loss scale") == std::vector<double>{8388608, 32768, 1});
  CHECK(values(run, "grad norm") == std::vector<double>{9.804, 0});
  CHECK(values(run, "timestamp") == std::vector<double>{1684831557, 1684831570});
  CHECK(of(run, Role::eval_loss).value == std::vector<double>{9.912345});
  CHECK(values(run, "test/lm loss PPL") == std::vector<double>{1.8e4});
  CHECK(of(run, Role::samples).value.back() == 160);
  CHECK(of(run, Role::skipped_steps).value.front() == 10);
  CHECK(run.config.at("lr") == ConfigValue(0.00015));
  CHECK(run.config.at("fp16") == ConfigValue(true));
  CHECK(run.config.at("total_steps") == ConfigValue(1000.0));
  CHECK(run.config.at("num_parameters") == ConfigValue(52.005e9));
  CHECK(test::noted(run, "run.cancelled") != nullptr);
  CHECK(test::noted(run, "value.unknown") != nullptr);
}

TEST_CASE("Megatron: DeepSpeed's own settings stand apart") {
  const std::string prefix = "[2021-05-25 22:30:04,196] [INFO] [config.py:752:print]   ";
  const Run run = read(
      megatron, "  world_size ...................... 64\n" + prefix + "train_batch_size ............. 768\n" + prefix +
                    "train_micro_batch_size_per_gpu  48\n" + prefix + "world_size ................... 16\n" + prefix +
                    "zero_config .................. {\n" + " iteration        1/    1000 | lm loss: 1.2E+01 |\n");
  CHECK(run.config.at("world_size") == ConfigValue(64.0));
  CHECK(run.config.at("deepspeed.world_size") == ConfigValue(16.0));
  CHECK(run.config.at("deepspeed.train_batch_size") == ConfigValue(768.0));
  CHECK(run.config.at("deepspeed.train_micro_batch_size_per_gpu") == ConfigValue(48.0));
  CHECK(run.config.size() == 5);
  CHECK(test::noted(run, "config.changed") == nullptr);
}

TEST_CASE("AlgoPerf: the dictionary is read, its rounded copy is not") {
  const Run run = fixture("algoperf_text/ogbg.log");
  CHECK(of(run, Role::step).value == std::vector<double>{1, 971});
  CHECK(of(run, Role::wall).value.back() == 246.89283227920532);
  CHECK(std::isnan(values(run, "train/loss").back()));
  CHECK(of(run, Role::eval_loss).value.back() == 0.05894341399780954);
  CHECK(test::noted(run, "record.repeated")->count == 2);
  CHECK(run.config.at("workload") == ConfigValue(std::string("ogbg")));
}

TEST_CASE("Hugging Face on the console: bars, processes, glued dictionaries") {
  const Run run = fixture("hf_stdout/console.out");
  CHECK(values(run, "loss").size() == 3);
  CHECK(std::isnan(values(run, "loss").back()));
  CHECK(values(run, "progress bar") == std::vector<double>{10, 20, 20, 40, 40});
  CHECK(of(run, Role::wall).value.back() == 84);
  CHECK(of(run, Role::eval_loss).value == std::vector<double>{8.1});
  CHECK(test::series(run, "train_loss")->role == Role::mechanism);
  CHECK(run.config.at("total_steps") == ConfigValue(40.0));
  CHECK(run.config.at("num_examples") == ConfigValue(1024.0));
  CHECK(test::noted(run, "record.repeated")->count == 5);
  CHECK(test::noted(run, "loss.missing") == nullptr);
}

TEST_CASE("Hugging Face on the console: without a loss and without bars") {
  const Run run = read(hf_stdout, "{'train_runtime': 273.01, 'epoch': 1.0}\n{'train_runtime': 272.94, 'epoch': 1.0}\n");
  CHECK(values(run, "train_runtime") == std::vector<double>{273.01});
  CHECK(test::noted(run, "loss.missing") != nullptr);
  const Run one = read(hf_stdout, "{'loss': 1.5, 'epoch': 0.1}\n{'loss': 1.5, 'epoch': 0.2}\n{'loss': 1.2, 'epo");
  CHECK(values(one, "loss").size() == 2);
  CHECK(test::noted(one, "line.cut") != nullptr);
}

TEST_CASE("Hugging Face on the console: a run that collapsed prints one record again and again") {
  std::string plain, bars, processes;
  for (int i = 1; i <= 40; ++i) {
    const std::string record = fmt::format("{{'loss': 0.0, 'grad_norm': nan, 'epoch': {:.2f}}}\n", (i + 4) / 5 / 100.0);
    plain += record;
    bars += fmt::format("{}%|#| {}/40 [00:{:02}<00:01,  1.00s/it]\n", i, i, i) + record;
    processes += record;
  }
  CHECK(values(read(hf_stdout, plain), "loss").size() == 40);
  CHECK(values(read(hf_stdout, bars), "loss").size() == 40);
  // One dataset's bar stands in front of all, and the summary says that there was one process.
  const std::string one =
      "Map: 100%|#| 7/7 [00:01<00:00, 7.0it/s]\n" + plain + "{'train_runtime': 40.1, 'epoch': 0.08}\n";
  CHECK(values(read(hf_stdout, one), "loss").size() == 40);
  // Two summaries whose timings differ say that there were two.
  processes += "{'train_runtime': 40.1, 'epoch': 0.08}\n{'train_runtime': 40.2, 'epoch': 0.08}\n";
  CHECK(test::noted(read(hf_stdout, processes), "record.repeated")->count > 10);
}

TEST_CASE("Hugging Face on the console: a line of dictionaries that fail costs its length, not its square") {
  std::string text;
  for (int i = 0; i < 200000; ++i) text += "{'a': f(b=1 c)}, 1/2 [{'a': <b ";
  text += "\n{'loss': 1.5, 'epoch': 0.1}\n";
  CHECK(values(read(hf_stdout, text), "loss").size() == 1);  // minutes otherwise
}

TEST_CASE("Hugging Face on the console: a printed configuration is no record") {
  const std::string_view text = "INFO | Model configuration: {'d_model': 128, 'eval_every': 100, 'lr': 0.1}\n";
  CHECK(hf_stdout.sniff({"train.log", text}).sure == 0);
}

TEST_CASE("Hugging Face on the console: one bar a step") {
  const Run run = fixture("hf_stdout/dicts.txt");
  CHECK(run.format == "hf_stdout");
  const auto &loss = of(run, Role::train_loss), &eval = of(run, Role::eval_loss);
  CHECK(loss.value.size() == 8);
  CHECK(run.rows[loss.rows].step == std::vector<double>{5, 10, 15, 20, 25, 30, 35, 40});
  CHECK(eval.value == std::vector<double>{3.5167, 2.5020});
  CHECK(run.rows[eval.rows].step == std::vector<double>{20, 40});
  CHECK(of(run, Role::wall).value.front() == 5);
  CHECK(run.lines_understood == run.lines - 1);  // the heading
}
