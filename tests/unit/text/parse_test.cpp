#include "text/parse.hpp"

#include <array>
#include <cmath>
#include <limits>

#include "support/catch.hpp"

using namespace expanalyze;

TEST_CASE("numbers as logs write them") {
  CHECK(number_from("0.5") == 0.5);
  CHECK(number_from(" +3e-4\t") == 3e-4);
  CHECK(number_from("-12") == -12.0);
  CHECK(number_from("5.") == 5.0);
  CHECK(number_from("Infinity") == std::numeric_limits<double>::infinity());
  CHECK(number_from("-inf") == -std::numeric_limits<double>::infinity());
  CHECK(std::isnan(number_from("NaN").value()));
  CHECK(number_from("1e999") == std::numeric_limits<double>::infinity());
  CHECK(number_from("-1e999") == -std::numeric_limits<double>::infinity());
  CHECK(number_from("1e-999") == 0.0);
}

TEST_CASE("what is no number") {
  for (const auto* text : {"", " ", "abc", "1,5", "1 2", "0x10", "nanms", "nan(1)", "++1", "+-1", "1e", "--"})
    CHECK_FALSE(number_from(text).has_value());
}

TEST_CASE("durations as Python prints a timedelta") {
  CHECK(duration_from("0:32:48") == 1968.0);
  CHECK(duration_from("9 days, 21:39:23") == 9 * 86400.0 + 77963.0);
  CHECK(duration_from("1 day, 0:00:00") == 86400.0);
  CHECK(duration_from("0:00:01.25") == 1.25);
  CHECK(duration_from("14:41") == 881.0);
  for (const auto* text : {"", "12", "a:b", "1:2:3:4", "1:2x", "days, 1:00:00", "1 day 1:00:00", "2018-08-20 22:27"})
    CHECK_FALSE(duration_from(text).has_value());
}
