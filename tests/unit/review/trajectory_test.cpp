// Views of a run: final trajectory after a rewind, clocks, tokens and FLOPs from what the log has.
#include "store/trajectory.hpp"

#include "store/run_builder.hpp"
#include "support/catch.hpp"

using namespace expanalyze;

namespace {

Run with_rows(const std::vector<std::vector<std::pair<std::string, double>>>& rows, const Config& config = {}) {
  RunBuilder builder;
  std::uint32_t line = 0;
  for (const auto& row : rows) {
    builder.begin_record(++line);
    for (const auto& [key, value] : row) builder.value(key, value);
  }
  for (const auto& [key, value] : config) builder.config(key, value);
  return builder.finish(line);
}

}  // namespace

TEST_CASE("a rewind replaces what it repeats") {
  const Run run = with_rows({{{"step", 0}, {"loss", 4}},
                             {{"step", 1}, {"loss", 3}},
                             {{"step", 2}, {"loss", 2}},
                             {{"step", 1}, {"loss", 2.9}},
                             {{"step", 2}, {"loss", 1.9}},
                             {{"step", 3}, {"loss", 1.5}}});
  const Curve curve = trajectory(run, Role::train_loss);
  CHECK(curve.step == std::vector<double>{0, 1, 2, 3});
  CHECK(curve.value == std::vector<double>{4, 2.9, 1.9, 1.5});
  CHECK(curve.line == std::vector<std::uint32_t>{1, 4, 5, 6});
  CHECK(curve.superseded == 2);
  // The store itself keeps all six records.
  CHECK(find(run, Role::train_loss)->value.size() == 6);
}

TEST_CASE("a clock that restarts after warm-up leaves the start-up time out") {
  std::vector<std::vector<std::pair<std::string, double>>> rows;
  for (int t = 0; t <= 10; ++t) rows.push_back({{"step", t}, {"loss", 4.0 - t}, {"wall_time", 3.6 * t}});
  for (int t = 11; t <= 40; ++t) rows.push_back({{"step", t}, {"loss", 1.0}, {"wall_time", 0.1 * (t - 10)}});
  const Spent wall = spent(with_rows(rows), Axis::wall);
  CHECK(wall.curve.value.back() == Approx(3.0));
  CHECK(value_at(wall.curve, 5) == 0);
}

TEST_CASE("a clock that restarts later goes on where it stood") {
  std::vector<std::vector<std::pair<std::string, double>>> rows;
  for (int t = 0; t < 100; ++t)
    rows.push_back({{"step", t}, {"loss", 1.0}, {"wall_time", 1.0 * (t < 60 ? t : t - 60)}});
  const Spent wall = spent(with_rows(rows), Axis::wall);
  CHECK(wall.curve.value.back() == Approx(59 + 39));
}

TEST_CASE("the clock of the next bar begins anew at the step where the one before ended") {
  std::vector<std::vector<std::pair<std::string, double>>> rows;
  for (int epoch = 0; epoch < 3; ++epoch)
    for (int batch = 0; batch <= 4; ++batch)
      rows.push_back({{"step", epoch * 4 + batch}, {"loss", 1.0}, {"wall_time", 5.0 * batch}});
  const Curve wall = spent(with_rows(rows), Axis::wall).curve;
  CHECK(wall.size() == 13);
  CHECK(value_at(wall, 4) == 20);
  CHECK(wall.value.back() == 60);
}

TEST_CASE("stamps at the end of steps start with the first step, where step times add up to them") {
  const auto clock = [](double step_time) {
    std::vector<std::vector<std::pair<std::string, double>>> rows;
    double stamp = 1.5e9;
    for (int t = 1; t <= 20; ++t) {
      const double took = t == 1 ? 44.0 : step_time;
      rows.push_back({{"step", t}, {"loss", 1.0}, {"timestamp", stamp += 12.1}, {"step_time", took}});
    }
    return spent(with_rows(rows), Axis::wall).curve;
  };
  CHECK(clock(12).value.front() == Approx(44));
  CHECK(clock(12).value.back() == Approx(44 + 19 * 12.1));
  CHECK(clock(3).value.front() == 0);  // it leaves out most of what a step took
}

TEST_CASE("FLOPs are 6 N D when the config knows N and the batch") {
  const Run run = with_rows({{{"step", 0}, {"loss", 4}}, {{"step", 100}, {"loss", 3}}},
                            {{"n_params", 1e6}, {"batch_size", 8.0}, {"seq_len", 32.0}});
  CHECK(spent(run, Axis::tokens).curve.value.back() == 100 * 8 * 32);
  CHECK(spent(run, Axis::flops).curve.value.back() == Approx(6 * 1e6 * 25600));
  CHECK(spent(with_rows({{{"step", 0}, {"loss", 4}}}), Axis::flops).curve.empty());
}

TEST_CASE("tokens of a step are those of all devices") {
  const auto said = [](const Config& config) {
    const Spent tokens =
        spent(with_rows({{{"step", 0}, {"loss", 4}}, {{"step", 10}, {"loss", 3}}}, config), Axis::tokens);
    return tokens.curve.empty() ? 0.0 : tokens.curve.value.back() / 10;
  };
  // The whole batch, where it is stated, holds the accumulated ones already.
  CHECK(said({{"train_batch_size", 768.0}, {"gradient_accumulation_steps", 4.0}, {"seq_length", 1024.0}}) ==
        768 * 1024);
  CHECK(said({{"batch_size", 48.0}, {"global_batch_size", 768.0}, {"world_size", 64.0}}) == 768);
  // Else micro-batch x replicas x accumulation, of which each must be known.
  const Config micro{{"micro_batch_size", 4.0}, {"gradient_accumulation_steps", 2.0}, {"seq_len", 128.0}};
  CHECK(said(micro) == 0);
  Config parts = micro;
  parts.insert({{"world_size", 64.0}, {"tensor_model_parallel_size", 4.0}, {"pipeline_model_parallel_size", 2.0}});
  CHECK(said(parts) == 4 * 8 * 2 * 128);
  Config stated = micro;
  stated.insert({"data_parallel_size", 3.0});
  CHECK(said(stated) == 4 * 3 * 2 * 128);
  // A bare `batch_size` on several devices may be that of one.
  CHECK(said({{"batch_size", 48.0}, {"world_size", 8.0}}) == 0);
  CHECK(said({{"batch_size", 48.0}, {"world_size", 1.0}, {"grad_accum", 2.0}}) == 96);
  CHECK(said({{"batch_tokens", 4096.0}, {"seq_len", 128.0}}) == 4096);
}

TEST_CASE("a mean over the steps since the record before also counts those of the first record") {
  const auto seconds = [](const std::vector<double>& steps) {
    std::vector<std::vector<std::pair<std::string, double>>> rows;
    for (const double t : steps) rows.push_back({{"step", t}, {"loss", 1.0}, {"step_time", 2.0 + 0.01 * t}});
    const Curve wall = spent(with_rows(rows), Axis::wall).curve;
    return wall.value.front() / (2.0 + 0.01 * steps.front());
  };
  CHECK(seconds({10, 20, 30}) == Approx(10));
  CHECK(seconds({9, 19, 29}) == Approx(10));         // counted from 0
  CHECK(seconds({5010, 5020, 5030}) == Approx(10));  // resumed
  CHECK(seconds({1, 10, 20, 30}) == Approx(1));
  CHECK(seconds({0, 10, 20, 30}) == Approx(1));
  CHECK(seconds({1, 2, 3}) == Approx(1));
}

TEST_CASE("what is not finite leaves a break, and the breaks of resumes stay") {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  Curve curve{.step = {0, 1, 2, 3, 4, 5, 6, 7, 8},
              .value = {9, 8, 7, kNan, 5, 4, kNan, kNan, 1},
              .line = {1, 2, 3, 4, 5, 6, 7, 8, 9},
              .superseded = 3,
              .repeated = 2,
              .breaks = {1, 5, 7}};
  const Curve copied = finite(curve);
  CHECK(copied.step == std::vector<double>{0, 1, 2, 4, 5, 8});
  CHECK(copied.value == std::vector<double>{9, 8, 7, 5, 4, 1});
  CHECK(copied.line == std::vector<std::uint32_t>{1, 2, 3, 5, 6, 9});
  CHECK(copied.breaks == std::vector<double>{1, 4, 5, 8});
  CHECK(copied.superseded == 3);
  CHECK(copied.repeated == 0);
  CHECK(curve.size() == 9);
  const Curve moved = finite(std::move(curve));
  CHECK(moved.step == copied.step);
  CHECK(moved.breaks == copied.breaks);
}

TEST_CASE("common steps lie between two ends, both included") {
  const Curve a{.step = {0, 1, 2, 3, 5, 8}, .value = {10, 11, 12, 13, 15, 18}, .line = {}, .breaks = {}};
  const Curve b{.step = {1, 3, 4, 5, 8, 9}, .value = {21, 23, 24, 25, 28, 29}, .line = {}, .breaks = {}};
  CHECK(common_steps(a, b).step == std::vector<double>{1, 3, 5, 8});
  const Common middle = common_steps(a, b, 3, 5);
  CHECK(middle.step == std::vector<double>{3, 5});
  CHECK(middle.a == std::vector<double>{13, 15});
  CHECK(middle.b == std::vector<double>{23, 25});
  CHECK(common_steps(a, b, 6, 7).step.empty());
  CHECK(common_steps(a, b, 8, 3).step.empty());
}

TEST_CASE("values between points are linear, outside there are none") {
  const Curve curve{{0, 10, 20}, {1, 2, 4}, {1, 2, 3}, 0, 0, 0, {}};
  CHECK(value_at(curve, 10) == 2);
  CHECK(value_at(curve, 15) == 3);
  CHECK(std::isnan(value_at(curve, 21)));
  CHECK(std::isnan(value_at({}, 0)));
  const Common common = common_steps(curve, {{5, 10, 20, 30}, {7, 8, 9, 10}, {1, 2, 3, 4}, 0, 0, 0, {}});
  CHECK(common.step == std::vector<double>{10, 20});
  CHECK(common.a == std::vector<double>{2, 4});
  CHECK(common.b == std::vector<double>{8, 9});
}

TEST_CASE("settings are found by their usual names, nested ones by the last part") {
  const Run run =
      with_rows({{{"step", 0}, {"loss", 4}}}, {{"optim.lr", 0.5}, {"max_steps", 70.0}, {"lr", std::string("auto")}});
  static constexpr std::string_view kLr[] = {"learning_rate", "lr"};
  CHECK(config_key(run, kLr) == "optim.lr");
  CHECK(config_number(run, kLr) == 0.5);
  CHECK(planned_steps(run) == 70);
}
