// The arithmetic of D0.6 and the graph of consequences.
#include "diagnosis/weigh.hpp"

#include "support/catch.hpp"

using namespace expanalyze;

namespace {

Evidence line(double weight, double strength = 1, char group = 0) { return {"", {}, weight, strength, group, {}}; }

Finding found(std::string_view id, double p) {
  Finding f;
  f.id = id;
  f.probability = p;
  return f;
}

}  // namespace

TEST_CASE("log-odds add up, correlated lines count half") {
  CHECK(log_odds(-2.2, {}) == -2.2);
  const std::vector<Evidence> plain{line(3), line(-1.6, 0.5)};
  CHECK(log_odds(-2.2, plain) == Approx(-2.2 + 3 - 0.8));
  // In group a the larger (3) counts fully, the other (1.6) half.
  const std::vector<Evidence> grouped{line(1.6, 1, 'a'), line(3, 1, 'a'), line(0.7)};
  CHECK(log_odds(0, grouped) == Approx(3 + 0.8 + 0.7));
  // Two equal ones: one fully, one half.
  const std::vector<Evidence> twins{line(2, 1, 'b'), line(2, 1, 'b')};
  CHECK(log_odds(0, twins) == Approx(3));
}

TEST_CASE("what the logs lack lowers completeness") {
  CHECK(completeness(std::vector<Evidence>{line(3), line(-1)}, 4) == Approx(0.5));
  CHECK(completeness(std::vector<Evidence>{}, 0) == 1);
}

TEST_CASE("a likely cause takes its consequence off the headline, an unlikely one does not") {
  std::vector<Finding> findings{found("divergence", .99), found("lr_too_high", .8)};
  explain_away(findings);
  CHECK(findings[0].symptom_of == "lr_too_high");
  CHECK(findings[1].symptom_of.empty());
  std::vector<Finding> weak{found("divergence", .99), found("lr_too_high", .4)};
  explain_away(weak);
  CHECK(weak[0].symptom_of.empty());
}

TEST_CASE("evidence is graded around its threshold") {
  CHECK(graded_above(1.5, 1.5) == Approx(0.5));
  CHECK(graded_above(3, 1.5) > 0.99);
  CHECK(graded_above(0.75, 1.5) < 0.01);
  CHECK(graded_above(-1, 1.5) == 0);
  CHECK(graded_above(std::nan(""), 1.5) == 0);
  CHECK(graded_below(0.5, 1) == Approx(graded_above(2, 1)));
  CHECK(graded_below(0, 1) == 1);
}

TEST_CASE("settings of the optimizer explain a divergence, and a smaller model is explained by nothing else") {
  for (const auto cause : {"momentum_mismatch", "warmup_instability", "beta2_mismatch"}) {
    std::vector<Finding> findings{found("divergence", .98), found(cause, .73)};
    explain_away(findings);
    CHECK(findings[0].symptom_of == cause);
  }
  std::vector<Finding> sizes{found("capacity_limited", .7), found("dead_units", .9)};
  sizes[0].slots["smaller_model"] = 1;
  explain_away(sizes);
  CHECK(sizes[0].symptom_of.empty());
  sizes[0].slots.clear();
  explain_away(sizes);
  CHECK(sizes[0].symptom_of == "dead_units");
}
