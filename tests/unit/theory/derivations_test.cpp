// Every derivation is evaluated: its slots follow from each other by its formula, and the formula shows the result.
#include "theory/derivations.hpp"

#include <cmath>

#include "made_up.hpp"
#include "support/catch.hpp"
#include "text/format.hpp"

using namespace expanalyze;

namespace {

/// A run with a number for everything that a derivation asks of the config or the log.
made_up::World rich() {
  made_up::World world;
  for (Run* run : {&world.baseline(), &world.experiment()}) {
    const bool e = run == &world.experiment();
    run->config = {{"lr", e ? 0.03 : 0.003},
                   {"clip", 0.5},
                   {"beta1", 0.9},
                   {"beta2", 0.99},
                   {"eps", 1e-3},
                   {"weight_decay", 0.2},
                   {"momentum", e ? 0.5 : 0.9},
                   {"batch_size", e ? 16.0 : 64.0},
                   {"depth", 10.0},
                   {"warmup", 20.0}};
    made_up::add(*run, "grad_norm", made_up::constant(100, e ? 2 : 1), Role::grad_norm);
    made_up::add(*run, "param_norm", made_up::constant(100, 5), Role::param_norm);
  }
  world.review.final_quality.baseline.value = 1;
  world.review.final_quality.experiment.value = 1.2;
  RunEnd end;
  end.run = 1;
  end.last_step = 1000;
  world.review.ends.push_back(end);
  return world;
}

TheoryUpdate derived(const std::string& id, const TheoryCard& card = {}) {
  const made_up::World world = rich();
  const Derivation* found = derivation(id);
  REQUIRE(found != nullptr);
  return derive(*found, CardInputs(world.input(), card));
}

void shows(const TheoryUpdate& update, double value, int significant = 3) {
  INFO(update.derivation << ": " << update.latex);
  CHECK(update.latex.find(number(value, significant)) != std::string::npos);
}

}  // namespace

TEST_CASE("every derivation runs on a run with much, and on one with nothing") {
  const made_up::World much = rich();
  const made_up::World nothing;
  for (const Derivation& d : derivations()) {
    INFO(d.id);
    for (const made_up::World* world : {&much, &nothing})
      for (const auto& [name, value] : derive(d, CardInputs(world->input(), {})).slots) {
        INFO(name);
        CHECK(std::isfinite(value));
      }
  }
}

TEST_CASE("the key number of a derivation is its formula at its slots") {
  const auto clip = derived("gradient_clipping_saturated");
  CHECK(clip.slots.at("lr_effective") == Approx(0.03 * 0.5 / 2));
  shows(clip, 0.03 * 0.5 / 2);

  const auto decay = derived("excessive_weight_decay");
  CHECK(decay.slots.at("tau") == Approx(1 / (decay.slots.at("lr") * decay.slots.at("weight_decay"))));
  CHECK(decay.slots.at("weight_decay_new") == Approx(1 / (0.03 * 0.3 * 1000)));
  shows(decay, decay.slots.at("tau"));

  const auto beta2 = derived("beta2_mismatch");
  CHECK(beta2.slots.at("memory") == Approx(100));
  CHECK(beta2.slots.at("largest_first_update") == Approx((1 - 0.9) / std::sqrt(1 - 0.99)));
  shows(beta2, 100, 4);

  const auto warm = derived("warmup_instability");
  CHECK(warm.slots.at("warmup_least") == Approx(2 / (1 - 0.99)));
  shows(warm, 200, 4);

  const auto momentum = derived("momentum_mismatch");
  CHECK(momentum.slots.at("step_factor") == Approx((1 - 0.9) / (1 - 0.5)));
  CHECK(momentum.slots.at("lr_new") == Approx(0.03 / momentum.slots.at("step_factor")));
  shows(momentum, 0.2);

  const auto step = derived("lr_too_high");
  CHECK(step.slots.at("rho") == Approx(10));
  CHECK(step.slots.at("lr_new") == Approx(0.003));
  shows(step, 10);

  const auto limit = derived("divergence");
  CHECK(limit.slots.at("sharpness_limit") == Approx((2 + 2 * 0.5) / 0.03));
  shows(limit, 100);

  const auto exploding = derived("exploding_gradients");
  CHECK(exploding.slots.at("gain_per_layer") == Approx(std::pow(2.0, 0.1)));
  shows(exploding, std::pow(2.0, 0.1));

  const auto batch = derived("batch_too_small");
  CHECK(batch.slots.at("batch_ratio") == Approx(16.0 / 64));
  CHECK(batch.slots.at("lr_new_adam") == Approx(0.03 * std::sqrt(0.25)));

  TheoryCard width;
  width.inputs = {{"lr", "0.01"}, {"width", "1024"}, {"base_width", "256"}};
  const auto moved = derived("width_transfer", width);
  CHECK(moved.slots.at("lr_hidden") == Approx(0.01 * 256 / 1024));
  shows(moved, 0.0025);

  TheoryCard average;
  average.inputs = {{"decay", "0.999"}};
  CHECK(derived("weight_average", average).slots.at("ema_window") == Approx(1000));
  shows(derived("weight_average", average), 1000, 4);
}

TEST_CASE("a penalty on log Z is computed at the logged one") {
  made_up::World world;
  made_up::add(world.experiment(), "log_z", made_up::constant(50, 30), Role::log_z);
  TheoryCard card;
  card.inputs = {{"log_z", "log_z"}};
  const auto update = derive(*derivation("log_z"), CardInputs(world.input(), card));
  CHECK(update.slots.at("z_loss") == Approx(0.09));
  shows(update, 0.09);
}
