// A log record by record, through the builder and all surgery.
#pragma once

#include <cmath>

#include "store/run_builder.hpp"
#include "store/surgery.hpp"
#include "support/catch.hpp"
#include "support/run.hpp"

namespace test {

using namespace expanalyze;

/// A console-like log: one line a record.
class Log {
 public:
  Log& at(double step) {
    builder_.begin_record(++line_);
    builder_.value("step", step);
    return *this;
  }
  Log& row() {
    builder_.begin_record(++line_);
    return *this;
  }
  Log& with(std::string_view key, double v) {
    builder_.value(key, v);
    return *this;
  }
  Log& says(std::string_view key, ConfigValue v) {
    builder_.config(key, std::move(v), ++line_);
    builder_.understood(line_);
    return *this;
  }
  std::vector<Run> runs() {
    Run run = builder_.finish(line_);
    CHECK(broken_invariant(run) == "");
    auto out = after_surgery(std::move(run), builder_.stated());
    for (const Run& each : out) CHECK(broken_invariant(each) == "");
    return out;
  }
  Run run() {
    auto all = runs();
    REQUIRE(all.size() == 1);
    return std::move(all.front());
  }

 private:
  RunBuilder builder_;
  std::uint32_t line_ = 0;
};

inline const Series& of(const Run& run, Role role) {
  const Series* s = find(run, role);
  REQUIRE(s != nullptr);
  return *s;
}

inline double falling(double step) { return 1 + 3 / std::sqrt(1 + step); }
/// As noisy as a batch, and never the same twice.
inline double noise(double x) { return 0.05 * std::sin(12.9898 * x); }

}  // namespace test
