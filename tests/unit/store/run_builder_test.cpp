#include "store/run_builder.hpp"

#include <algorithm>
#include <cmath>

#include "expanalyze/error.hpp"
#include "support/catch.hpp"

using namespace expanalyze;

namespace {

const Series& series(const Run& run, std::string_view key, const Labels& labels = {}) {
  const auto found = std::find_if(run.series.begin(), run.series.end(),
                                  [&](const Series& s) { return s.logged_as == key && s.labels == labels; });
  REQUIRE(found != run.series.end());
  return *found;
}

bool noted(const Run& run, std::string_view code) {
  return std::any_of(run.notes.begin(), run.notes.end(), [&](const Note& n) { return n.code == code; });
}

}  // namespace

TEST_CASE("series that were logged together share their rows") {
  RunBuilder b;
  for (std::uint32_t i = 0; i < 4; ++i) {
    b.begin_record(i + 1);
    b.value("step", 10.0 * i);
    b.value("loss", 4.0 - i);
    if (i % 2 == 0) b.value("val_loss", 5.0 - i);
  }
  const Run run = b.finish(4);
  CHECK(broken_invariant(run).empty());
  CHECK(run.rows.size() == 2);
  CHECK(series(run, "step").rows == series(run, "loss").rows);
  const auto& rows = run.rows[series(run, "val_loss").rows];
  CHECK(rows.step == std::vector<double>{0, 20});
  CHECK(rows.line == std::vector<std::uint32_t>{1, 3});
  REQUIRE(find(run, Role::eval_loss) != nullptr);
  CHECK(find(run, Role::eval_loss)->name == "eval/loss");
}

TEST_CASE("rows without a step stand at the step before") {
  RunBuilder b;
  b.begin_record(1);
  b.value("step", 7);
  b.value("loss", 1);
  b.begin_record(2);
  b.value("val_loss", 2);
  const Run run = b.finish(2);
  CHECK(run.rows[find(run, Role::eval_loss)->rows].step == std::vector<double>{7});
  CHECK(noted(run, "axis.step.carried"));
}

TEST_CASE("without any step the records are counted, and it is said") {
  RunBuilder b;
  for (std::uint32_t i = 1; i <= 3; ++i) {
    b.begin_record(i);
    b.value("loss", i);
  }
  const Run run = b.finish(3);
  CHECK(run.rows[0].step == std::vector<double>{0, 1, 2});
  CHECK(noted(run, "axis.step.synthetic"));
}

TEST_CASE("the axis that falls back least often counts steps") {
  RunBuilder b;
  for (std::uint32_t i = 0; i < 10; ++i) {
    b.begin_record(i + 1);
    b.value("step", i % 5);  // within an epoch
    b.value("iter", i);
    b.value("loss", 1);
  }
  const Run run = b.finish(10);
  CHECK(find(run, Role::step)->logged_as == "iter");
}

TEST_CASE("a mean over the run does not win over the curve") {
  RunBuilder b;
  for (std::uint32_t i = 1; i <= 4; ++i) {
    b.begin_record(i);
    b.value("step", i);
    b.value(i < 4 ? "loss" : "train_loss", i);
  }
  const Run run = b.finish(4);
  CHECK(find(run, Role::train_loss)->logged_as == "loss");
  CHECK(series(run, "train_loss").role == Role::mechanism);
}

TEST_CASE("blanks are NaN only where the neighbours go on") {
  RunBuilder b;
  for (std::uint32_t i = 0; i < 12; ++i) {
    b.begin_record(i + 1);
    b.value("step", i);
    b.value("lr", 0.1);
    i < 6 ? b.value("loss", 1.0) : b.blank("loss");
    i % 4 == 0 && i < 8 ? b.value("val_loss", 1.0) : b.blank("val_loss");
  }
  const Run run = b.finish(12);
  const auto& loss = series(run, "loss");
  REQUIRE(loss.value.size() == 12);
  CHECK(loss.value[5] == 1.0);
  CHECK(std::isnan(loss.value[6]));
  CHECK(series(run, "val_loss").value == std::vector<double>{1.0, 1.0});
  CHECK(noted(run, "value.blank_is_nan"));
}

TEST_CASE("rows tagged with a split are kept apart") {
  RunBuilder b;
  for (std::uint32_t i = 0; i < 4; ++i) {
    b.begin_record(i + 1);
    b.text("mode", i == 3 ? "val" : "train");
    b.value("iter", i);
    b.value("loss", 3.0 - i);
  }
  const Run run = b.finish(4);
  CHECK(broken_invariant(run).empty());
  CHECK(find(run, Role::train_loss)->value == std::vector<double>{3, 2, 1});
  CHECK(find(run, Role::eval_loss)->logged_as == "val/loss");
}

TEST_CASE("long format: a series a layer") {
  RunBuilder b;
  std::uint32_t line = 0;
  for (int step = 0; step < 3; ++step)
    for (int layer = 0; layer < 4; ++layer) {
      b.begin_record(++line);
      b.value("step", step);
      b.value("layer", layer);
      b.text("proj", "q");
      b.value("grad_norm", 10 * layer + step);
    }
  const Run run = b.finish(line);
  CHECK(broken_invariant(run).empty());
  const auto& third = series(run, "grad_norm", {{"layer", "3"}, {"proj", "q"}});
  CHECK(third.role == Role::layer_grad_norm);
  CHECK(third.value == std::vector<double>{30, 31, 32});
  CHECK(run.rows[third.rows].step == std::vector<double>{0, 1, 2});
  CHECK(find(run, Role::grad_norm) == nullptr);
}

TEST_CASE("values become base units when they are read") {
  RunBuilder b;
  b.begin_record(1);
  b.value("step", 1);
  b.value("dt_ms", 250);
  const Run run = b.finish(1);
  CHECK(find(run, Role::step_time)->value[0] == Approx(0.25));
  CHECK(noted(run, "unit.converted"));
}

TEST_CASE("the option --map decides, and a key that is not there is a usage error") {
  const auto build = [](const std::map<Role, std::string>& map) {
    RunBuilder b;
    for (std::uint32_t i = 1; i <= 3; ++i) {
      b.begin_record(i);
      b.value("step", i);
      b.value("train_loss", 1);
      b.value("my_score", i);
    }
    return b.finish(3, map);
  };
  const Run run = build({{Role::eval_metric, "my_score"}});
  REQUIRE(find(run, Role::eval_metric) != nullptr);
  CHECK(find(run, Role::eval_metric)->logged_as == "my_score");
  CHECK(run.roles.size() == 3);
  try {
    build({{Role::eval_metric, "my_scor"}});
    FAIL("no error");
  } catch (const Error& e) {
    CHECK(e.kind == Error::Kind::usage);
    CHECK(e.hint == "did you mean my_score?");
  }
}

TEST_CASE("role words") {
  CHECK(role_from("eval_loss") == Role::eval_loss);
  CHECK_FALSE(role_from("none").has_value());
  CHECK_FALSE(role_from("evalloss").has_value());
  for (int r = 1; r <= static_cast<int>(Role::mechanism); ++r)
    CHECK(role_from(to_string(static_cast<Role>(r))) == static_cast<Role>(r));
}

TEST_CASE("the invariant sees what is broken") {
  RunBuilder b;
  b.begin_record(1);
  b.value("step", 1);
  b.value("loss", 1);
  Run run = b.finish(3);
  CHECK_FALSE(broken_invariant(run).empty());  // two lines are neither understood nor noted
  run.lines = 1;
  CHECK(broken_invariant(run).empty());
  run.series[0].value.push_back(1);
  CHECK_FALSE(broken_invariant(run).empty());
}
