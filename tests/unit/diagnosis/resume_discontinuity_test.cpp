#include "support/catch.hpp"
#include "support/formula_runs.hpp"

TEST_CASE("resume_discontinuity: steps that stand twice") {
  test::Side resumed;
  resumed.resume_from = 299;
  resumed.resume_to = 200;
  const test::Pair pair = test::compare({}, resumed);
  CHECK(test::probability(pair, "resume_discontinuity") > 0.66);
  CHECK(expanalyze::finding(pair.diagnosis, "resume_discontinuity")->slots.at("repeated_steps") == 100);
  CHECK(expanalyze::finding(pair.diagnosis, "resume_discontinuity")->slots.at("resumed_at") == 200);
}

TEST_CASE("resume_discontinuity: one record written twice is a habit of loggers") {
  test::Side twice;
  twice.resume_from = 200;
  twice.resume_to = 200;
  CHECK(test::probability({}, twice, "resume_discontinuity") < 0.05);
  CHECK(test::probability({}, {}, "resume_discontinuity") < 0.05);
}
