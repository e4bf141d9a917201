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

TEST_CASE("values between points are linear, outside there are none") {
  const Curve curve{{0, 10, 20}, {1, 2, 4}, {1, 2, 3}, 0};
  CHECK(value_at(curve, 10) == 2);
  CHECK(value_at(curve, 15) == 3);
  CHECK(std::isnan(value_at(curve, 21)));
  CHECK(std::isnan(value_at({}, 0)));
  const Common common = common_steps(curve, {{5, 10, 20, 30}, {7, 8, 9, 10}, {1, 2, 3, 4}, 0});
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
