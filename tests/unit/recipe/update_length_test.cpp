// R-eps and R-lr by group carry the finding's number under the experiment's own key.
#include "expanalyze/recipe.hpp"
#include "support/catch.hpp"
#include "support/made_run.hpp"

using namespace expanalyze;
using made::Plan;

namespace {

/// Behind all the way.
Plan slow(Plan p) {
  p.train = p.eval = [](double t) { return 0.7 + 2.0 / std::sqrt(1 + t / 10); };
  return p;
}

const Path* path_of(const Report& report, std::string_view move) {
  for (const Path& p : report.recipe.paths)
    if (p.move == move) return &p;
  return nullptr;
}

}  // namespace

TEST_CASE("epsilon goes to a hundredth of what divides the baseline's updates") {
  Plan b;
  b.config = {{"optim.adam_eps", 1e-8}};
  b.also["grad_norm"] = [](double) { return 2.0; };
  b.also["update_norm"] = [lr = b.lr](double t) { return lr(t) * 2.0 / 4e-3; };
  Plan e = slow(b);
  e.config["optim.adam_eps"] = 1.0;
  e.also["update_norm"] = [lr = b.lr](double t) { return lr(t) * 2.0 / 1.004; };
  const Report report = made::report({b}, {e});
  CHECK(report.diagnosis.headline == "adam_epsilon_dominates");
  const Path* path = path_of(report, "smaller_epsilon");
  REQUIRE(path);
  CHECK(std::get<double>(path->changes.at("optim.adam_eps")) == Approx(4e-5));
}

TEST_CASE("the rate of another optimizer makes its steps as long as the baseline's") {
  Plan b;
  b.config = {{"optimizer", std::string("adamw")}, {"lr", 0.01}};
  b.also["update_rms"] = [](double) { return 3e-4; };
  Plan e = slow(b);
  e.config["optimizer"] = std::string("lion");
  e.also["update_rms"] = [](double) { return 3e-5; };
  const Report report = made::report({b}, {e});
  CHECK(report.diagnosis.headline == "update_scale_mismatch");
  const Path* path = path_of(report, "match_update_length");
  REQUIRE(path);
  CHECK(std::get<double>(path->changes.at("lr")) == Approx(0.1));
}
