#include "text/nearest.hpp"

#include "support/catch.hpp"

using namespace expanalyze;

TEST_CASE("nearest allows a third of the word to change, nearest first") {
  // From "sitten": kitten 1 replacement, sitting 2 changes, mitigate more than a third of six letters.
  const std::vector<std::string> names{"sitting", "kitten", "mitigate"};
  CHECK(nearest("sitten", names) == std::vector<std::string>{"kitten", "sitting"});
  CHECK(nearest("sitten", names, 1) == std::vector<std::string>{"kitten"});
}

TEST_CASE("did_you_mean offers what is near, else all there is") {
  const std::vector<std::string> names{"regressed", "improved", "failed"};
  CHECK(did_you_mean("regresed", names) == "did you mean regressed?");
  CHECK(did_you_mean("zzz", names) == "known: regressed, improved, failed");
  CHECK(did_you_mean("x", {}) == "there is none to choose from");
}
