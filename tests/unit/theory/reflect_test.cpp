// Step 3 as a whole, on runs made up after the three situations that the built-in cards know.
#include <cmath>

#include "made_up.hpp"
#include "support/catch.hpp"
#include "theory/working_assumptions.hpp"

using namespace expanalyze;
using made_up::constant;
using made_up::noise;
using made_up::World;

namespace {

Theory reflected(const World& w) { return reflect(w.runs, w.comparison, w.review, w.diagnosis, theory_cards()); }

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

World muon(const std::string& rule, double eps, double steps, double residual) {
  World w;
  w.experiment().config = {{"opt", std::string("muon")}, {"ns_adaptive", rule}, {"ns_eps", eps}, {"ns_steps", 5.0}};
  made_up::add(w.experiment(), "optim/avg_steps", constant(300, steps));
  made_up::add(w.experiment(), "optim/ortho_err", noise(60, residual, 0.01, 1), Role::mechanism, 5);
  w.final_values(2.3, 2.3, 0.01);
  return w;
}

}  // namespace

TEST_CASE("a tolerance below the floor: the rule is dead, and the update says from where it lives") {
  const Theory t = reflected(muon("fro", 0.02, 5, 0.39));
  REQUIRE(t.wrong_assumption.has_value());
  CHECK(t.wrong_assumption->second == "halts_early");
  CHECK(t.update.derivation == "newton_schulz");
  CHECK(t.update.slots.at("eps_live") == Approx(0.45));
  CHECK(t.update.slots.at("eps_factor") == Approx(22.5));
  CHECK(t.update.slots.at("ns_steps") == 5);
  CHECK(says(t.update.text, "`ns_eps` = 0.02"));
  CHECK(says(t.update.text, "0.30-0.41"));
  CHECK(says(t.update.text, "22.5 times looser"));
  CHECK(says(t.update.latex, "=22.5"));
}

TEST_CASE("a fixed number of iterations claims no early halt") {
  const Theory t = reflected(muon("", 0.3, 5, 0.39));
  CHECK_FALSE(t.wrong_assumption.has_value());
  CHECK(says(t.verdict, "Cards: "));
  CHECK_FALSE(t.update.text.empty());
}

TEST_CASE("too few iterations leave the update outside its band") {
  World w = muon("", 0.3, 1, 0.95);
  const Theory t = reflected(w);
  REQUIRE(t.wrong_assumption.has_value());
  CHECK(t.wrong_assumption->second == "update_is_orthogonal");
  CHECK(t.update.slots.at("ns_steps_needed") >= 4);
  CHECK(t.update.slots.at("ns_steps_needed") <= 6);
}

TEST_CASE("a trace that decides is blamed before its consequence") {
  World w = muon("trace", 0.8, 2, 0.84);
  made_up::add(w.experiment(), "optim/gram_trace", noise(60, 10, 0.5, 2), Role::mechanism, 5);
  made_up::add(w.experiment(), "optim/gram_spec", noise(60, 2, 0.1, 3), Role::mechanism, 5);
  const Theory t = reflected(w);
  REQUIRE(t.wrong_assumption.has_value());
  CHECK(t.wrong_assumption->first == "spectral_proxies");
  CHECK(t.update.slots.at("intrinsic_dimension") == Approx(5).margin(0.2));
  CHECK(t.update.slots.count("eps_trace") == 0);  // d times eps is for rules on the size of l1
  CHECK(says(t.update.text, "instead of the trace"));
}

TEST_CASE("a trace that bounds a size gets its threshold multiplied by d") {
  World w;
  w.experiment().config = {{"norm_rule", std::string("trace")}, {"trace_eps", 0.02}};
  made_up::add(w.experiment(), "gram_trace", noise(200, 10, 0.5, 2));
  made_up::add(w.experiment(), "gram_spec", noise(200, 2, 0.02, 3));
  const Theory t = reflected(w);
  CHECK(t.update.derivation == "spectral_proxies");
  CHECK(t.update.slots.at("eps_trace") == Approx(0.1).margin(0.005));
}

TEST_CASE("every headline gets a working assumption that speaks of this run") {
  for (const auto rows :
       {optimisation_assumptions(), gradient_assumptions(), model_assumptions(), outcome_assumptions()})
    for (const WorkingAssumption& row : rows) {
      INFO(row.id);
      World w;  // nothing logged but the final values: sentences without numbers must fall away
      w.final_values(0.51, 0.62, 0.05);
      w.review.config_diff.push_back({"lr", 0.003, 0.03, ConfigDifference::Class::declared});
      w.diagnosis.headline = row.id;
      const Theory t = reflected(w);
      CHECK(t.update.derivation == row.id);
      CHECK_FALSE(t.update.text.empty());
      CHECK_FALSE(says(t.update.text, "nan"));
      CHECK_FALSE(says(t.update.latex, "nan"));
      CHECK_FALSE(says(t.verdict, "nan"));
      CHECK((says(t.update.text, "0.62") || says(t.update.text, "+0.11") || says(t.verdict, "0.62")));
      for (const auto& [name, value] : t.update.slots) CHECK(std::isfinite(value));
    }
}

TEST_CASE("clipping: the learning rate that acted is computed") {
  World w;
  w.final_values(0.39, 0.96, 0.1);
  w.experiment().config = {{"lr", 0.03}, {"clip", 0.5}};
  made_up::add(w.experiment(), "grad_norm", constant(100, 2), Role::grad_norm);
  w.diagnosis.headline = "gradient_clipping_saturated";
  const Theory t = reflected(w);
  CHECK(t.update.slots.at("lr_effective") == Approx(0.0075));  // 0.03 * 0.5 / 2
  CHECK(t.update.slots.at("clip_new") == Approx(2));
}

TEST_CASE("weight decay: the memory is 1 / (lr wd)") {
  World w;
  w.final_values(0.39, 0.96, 0.1);
  w.experiment().config = {{"lr", 0.003}, {"weight_decay", 10.0}};
  w.diagnosis.headline = "excessive_weight_decay";
  CHECK(reflected(w).update.slots.at("tau") == Approx(33.3333).epsilon(1e-4));
}

TEST_CASE("seeds: the number that would show the difference") {
  World w;
  w.final_values(3.28, 3.278, 0.01);
  w.review.final_quality.seed_sd = 0.0013;
  w.review.final_quality.seed_sd_source = SeedSdSource::prior;
  w.diagnosis.headline = "seed_noise_only";
  CHECK(reflected(w).update.slots.at("seeds_needed") == 7);  // handbook B4.6: sigma .0013, difference .002
}

TEST_CASE("an unknown headline is answered by its evidence, and log text cannot break out") {
  World w;
  w.final_values(1, 2, 0.1);
  w.review.metric.name = "val`loss\n::error";
  Finding f;
  f.id = "never_heard_of";
  f.soul = "It was the moon.";
  w.diagnosis.findings.push_back(f);
  w.diagnosis.headline = "never_heard_of";
  const Theory t = reflected(w);
  CHECK(says(t.update.text, "It was the moon."));
  CHECK_FALSE(says(t.update.text, "\n::error"));
}
