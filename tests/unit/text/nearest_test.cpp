#include "text/nearest.hpp"

#include "support/catch.hpp"

using namespace expanalyze;

TEST_CASE("edit distance of known pairs") {
  CHECK(edit_distance("kitten", "sitting") == 3);  // the textbook pair
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("same", "same") == 0);
}

TEST_CASE("did_you_mean offers what is near, else all there is") {
  const std::vector<std::string> names{"regressed", "improved", "failed"};
  CHECK(did_you_mean("regresed", names) == "did you mean regressed?");
  CHECK(did_you_mean("zzz", names) == "known: regressed, improved, failed");
  CHECK(did_you_mean("x", {}) == "there is none to choose from");
}
