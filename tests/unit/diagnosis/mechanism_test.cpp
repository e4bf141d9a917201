// Mechanism signals without known names: what rests, what switches on, what is equal within noise, what hits a bound.
#include "diagnosis/mechanism.hpp"

#include "diagnosis/case.hpp"
#include "diagnosis/reaction.hpp"
#include "diagnosis/sameness.hpp"
#include "expanalyze/report.hpp"
#include "support/catch.hpp"
#include "support/evidence.hpp"
#include "support/made_run.hpp"

using namespace expanalyze;
using made::Plan;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

double uniform(double t, std::uint64_t key = 3) {
  return stats::CounterRng(key).uniform(static_cast<std::uint64_t>(t));
}
double normal(double t, std::uint64_t key = 5) { return stats::CounterRng(key).normal(static_cast<std::uint64_t>(t)); }

double probability(const Report& report, std::string_view id) {
  const Finding* f = finding(report.diagnosis, id);
  return test::by_evidence(f);
}

/// The card's evidence that holds a text; nullptr: none.
const Evidence* line(const Report& report, std::string_view id, std::string_view text) {
  const Finding* f = finding(report.diagnosis, id);
  if (!f) return nullptr;
  for (const auto& e : f->evidence)
    if (e.text.find(text) != std::string::npos) return &e;
  return nullptr;
}

std::string clear_text(const Report& report, std::string_view id) {
  for (const auto& c : report.diagnosis.clear)
    if (c.id == id) return c.looked_at;
  return {};
}

std::vector<SignalBehaviour> signals_of(const Plan& b, const Plan& e) {
  Comparison comparison;
  const RunStore runs = made::store({b}, {e}, comparison);
  const Review review = review_runs(runs, comparison);
  auto out = mechanism_signals(Case(runs, comparison, review));
  for (auto& s : out) s.series = nullptr;  // the store goes
  return out;
}

/// Batches in the same order, and another loss from a step on, by a jump.
Plan switched(Plan plan, double at, double jump) {
  plan.train = [f = plan.train, at, jump](double t) { return f(t) + (t >= at ? jump * std::sin(1 + t) : 0); };
  plan.eval = [f = plan.eval, at](double t) { return f(t) + (t >= at ? 1e-5 : 0); };
  plan.also["wug"] = [at](double t) { return t >= at - 1 ? 1 + std::floor((t - at + 1) / 7) : 0.0; };
  return plan;
}

}  // namespace

TEST_CASE("mechanism: every scalar of no other role is described, clocks and books are not") {
  Plan b, e;
  e.also["zorp"] = [](double) { return 7.0; };
  e.also["ticks"] = [](double t) { return 3 * t + 1; };
  e.also["worker_id"] = [](double) { return 2.0; };
  e.also["blib"] = [](double t) { return uniform(t); };
  e.also["vorpal_time"] = [](double t) { return 0.1 + 0.01 * uniform(t); };
  e.config = {{"n_layer", 7.0}, {"zorp_limit", 7.0}, {"seed", 7.0}};
  const auto signals = signals_of(b, e);
  std::vector<std::string> names;
  for (const auto& s : signals) names.push_back(s.name);
  CHECK(names == std::vector<std::string>{"blib", "zorp"});
  CHECK(signals[0].moves());
  CHECK(signals[1].at_rest());
  CHECK(signals[1].cap_key == "zorp_limit");  // not the layers, which are as many by chance
  CHECK_FALSE(signals[1].in_baseline);
}

TEST_CASE("mechanism: a bound from the config is met by value; 0 and 1 are no sign") {
  Plan b, e;
  e.config = {{"rate", 1.0}, {"cap", 4.0}};
  e.also["mimsy"] = [](double t) { return uniform(t) < 0.97 ? 4.0 : 4 * uniform(t, 8); };
  e.also["gyre"] = [](double) { return 1.0; };
  const auto signals = signals_of(b, e);
  REQUIRE(signals.size() == 2);
  CHECK(std::isnan(signals[0].cap));
  CHECK(signals[1].cap_key == "cap");
  CHECK(signals[1].at_rest());
}

TEST_CASE("inert: bit for bit, with values and digits; a knob that turns all the same spoke to nobody") {
  Plan b;
  Plan e = b;
  e.also["zorp"] = [](double t) { return uniform(t); };
  const Report report = made::report({b}, {e});
  CHECK(report.diagnosis.headline == "inert_mechanism");
  CHECK(report.diagnosis.soul.find("spoke to nobody: `zorp`") != std::string::npos);
  const Evidence* same = line(report, "inert_mechanism", "all of 421 values");  // 400 of training, 21 evaluations
  REQUIRE(same);
  CHECK(same->text.find("digits") != std::string::npos);
  CHECK(same->where.front().line > 0);
}

TEST_CASE("inert: equal up to a step names the step and what moved first") {
  Plan b;
  const Report early = made::report({b}, {switched(b, 150, 0.02)});
  CHECK(probability(early, "inert_mechanism") < 0.33);
  const std::string seen = clear_text(early, "inert_mechanism");
  CHECK(seen.find("up to step 150") != std::string::npos);
  CHECK(seen.find("`wug`, from 0 to") != std::string::npos);
  CHECK(seen.find("step 149") != std::string::npos);

  const Report late = made::report({b}, {switched(b, 380, 0.02)});
  const Finding* f = finding(late.diagnosis, "inert_mechanism");
  REQUIRE(f);
  CHECK(f->probability > 0.33);
  CHECK(f->soul.find("only in the last") != std::string::npos);
  CHECK(f->slots.at("switched_on_at") == 380);
}

TEST_CASE("inert: what grows out of the last digit is rounding, no switch") {
  Plan b;
  Plan e = b;
  e.train = [f = b.train](double t) { return f(t) + (t < 100 ? 0 : 1e-9 * std::exp((t - 100) / 25)); };
  CHECK(clear_text(made::report({b}, {e}), "inert_mechanism").find("switch") == std::string::npos);
}

TEST_CASE("inert: a run that was cut off is not the baseline, however equal it was") {
  Plan b;
  Plan e = b;
  e.steps = 250;
  CHECK(probability(made::report({b}, {e}), "inert_mechanism") < 0.9);
}

TEST_CASE("inert: equal within noise needs the same batches and a difference shown to be small") {
  Plan b;
  Plan e = b;
  e.train = [f = b.train](double t) { return f(t) + 2e-5 * normal(t); };
  e.eval = [f = b.eval](double t) { return f(t) + 1e-6; };
  const Report report = made::report({b}, {e});
  const Evidence* equal = line(report, "inert_mechanism", "a third of what would matter");
  REQUIRE(equal);
  CHECK(equal->supports());
  CHECK(equal->where.front().step == Approx(200).margin(2));
  // Other batches: nothing can be shown.
  Plan other = made::seed(e, 2, 0);
  CHECK_FALSE(line(made::report({b}, {other}), "inert_mechanism", "a third of what would matter"));
  // A difference of the size of the noise between batches.
  Plan acts = b;
  acts.train = [f = b.train](double t) { return f(t) - 0.1; };
  acts.eval = [f = b.eval](double t) { return f(t) - 0.1; };
  CHECK(probability(made::report({b}, {acts}), "inert_mechanism") < 0.1);
}

TEST_CASE("inert: a signal that leads the paired difference acts, however small the effect") {
  Plan b;
  Plan e = b;
  e.also["zorp"] = [](double t) { return normal(t); };
  e.train = [f = b.train](double t) { return f(t) + 2e-5 * normal(t, 6) + (t > 0 ? 5e-5 * normal(t - 1) : 0); };
  e.eval = [f = b.eval](double t) { return f(t) + 1e-6; };
  const Report report = made::report({b}, {e});
  CHECK_FALSE(line(report, "inert_mechanism", "a third of what would matter"));
  CHECK(probability(report, "inert_mechanism") < 0.05);
}

TEST_CASE("inert: a knob that turns while nothing turns with it, and one that something follows") {
  Plan b;
  Plan e = made::seed(b, 2, 0.001);
  e.also["zorp"] = [](double t) { return normal(t); };
  const Report deaf = made::report({b}, {e});
  const Evidence* nothing = line(deaf, "inert_mechanism", "but none of");
  REQUIRE(nothing);
  CHECK(nothing->supports());
  e.also["plonk"] = [](double t) { return t < 2 ? 0.0 : 3 + normal(t - 2) + 0.5 * normal(t, 9); };
  const Report heard = made::report({b}, {e});
  CHECK_FALSE(line(heard, "inert_mechanism", "but none of"));
  CHECK(probability(heard, "inert_mechanism") < 0.1);
}

TEST_CASE("inert: a share that stays below a thousandth has no reach") {
  Plan b;
  Plan e = made::seed(b, 2, 0.001);
  e.also["mome_gate"] = [](double t) { return 1e-4 * uniform(t); };
  CHECK(line(made::report({b}, {e}), "inert_mechanism", "never exceeded"));
  e.also["mome_gate"] = [](double t) { return 0.2 * uniform(t); };
  CHECK_FALSE(line(made::report({b}, {e}), "inert_mechanism", "never exceeded"));
}

TEST_CASE("inert: a count of what never happened weighs less beside a signal that moves") {
  Plan b;
  Plan e = made::seed(b, 2, 0.001);
  e.also["plim"] = [](double) { return 0.0; };
  const double alone = probability(made::report({b}, {e}), "inert_mechanism");
  e.also["florp"] = [](double t) { return std::exp2(10 + std::floor(t / 130)); };
  CHECK(probability(made::report({b}, {e}), "inert_mechanism") < 0.6 * alone);
}

TEST_CASE("saturated: by any name, with the step, and whether the advantage stopped there") {
  Plan b;
  b.steps = 800;
  Plan e = b;
  e.also["quux"] = [](double t) { return t < 300 ? 2 + 5 * uniform(t) : 8.0; };
  e.train = [f = b.train](double t) { return f(t) - 4e-4 * std::min(t, 300.0) + 1e-3 * normal(t); };
  e.eval = [f = b.eval](double t) { return f(t) + 0.01; };
  const Report report = made::report({b}, {e});
  const Evidence* benefit = line(report, "mechanism_saturated", "stopped growing");
  REQUIRE(benefit);
  CHECK(benefit->supports());
  CHECK(finding(report.diagnosis, "mechanism_saturated")->slots.at("since_step") == Approx(300).margin(30));
  // It went on growing: what sat at its bound was not what helped.
  e.train = [f = b.train](double t) { return f(t) - 4e-4 * t + 1e-3 * normal(t); };
  CHECK_FALSE(line(made::report({b}, {e}), "mechanism_saturated", "stopped growing"));
}

TEST_CASE("saturated: not a schedule, nor a count of events after which none came") {
  Plan b;
  Plan e = made::seed(b, 2, 0.2);
  e.also["ramp"] = [](double t) { return std::min(0.95, 0.85 + 0.1 * t / 180); };
  e.also["hits"] = [](double t) { return std::floor(std::min(t, 150.0) / 7); };
  CHECK(probability(made::report({b}, {e}), "mechanism_saturated") < 0.1);
}

TEST_CASE("saturated: most layers of a signal logged per layer") {
  Plan b;
  Plan e = made::seed(b, 2, 0.2);
  for (int layer = 0; layer < 8; ++layer)
    e.also["layers." + std::to_string(layer) + ".snark"] = [layer](double t) {
      return layer < 6 && t > 120 ? 1.0 : uniform(t, static_cast<std::uint64_t>(20 + layer));
    };
  const Report report = made::report({b}, {e});
  const Finding* f = finding(report.diagnosis, "mechanism_saturated");
  REQUIRE(f);
  CHECK(line(report, "mechanism_saturated", "6 of 8 layers"));
}

TEST_CASE("mechanism: broken and tiny input says nothing and breaks nothing") {
  Plan b, e;
  e.also["zorp"] = [](double) { return kNaN; };
  e.also["blib"] = [](double t) { return t == 3 ? 1.0 : kNaN; };
  e.also["inf"] = [](double t) { return std::fmod(t, 2) > 0 ? HUGE_VAL : -HUGE_VAL; };
  CHECK(signals_of(b, e).empty());
  b.steps = e.steps = 3;
  b.eval_every = e.eval_every = 2;
  CHECK(signals_of(b, e).empty());
  (void)made::report({b}, {e});
}

TEST_CASE("lead-lag: finds the delay and its sign, and keeps quiet on unrelated walks") {
  std::vector<double> cause, effect, walk, other;
  double w = 0, o = 0;
  for (int t = 0; t < 400; ++t) {
    cause.push_back(normal(t));
    effect.push_back(t < 3 ? 0 : -0.6 * cause[static_cast<std::size_t>(t) - 3] + normal(t, 11));
    walk.push_back(w += normal(t, 12));
    other.push_back(o += normal(t, 13));
  }
  const LeadLag lead = lead_lag(cause, effect);
  CHECK(lead.found());
  CHECK(lead.lag == 3);
  CHECK(lead.correlation < -0.3);
  CHECK_FALSE(lead_lag(walk, other).found());
  CHECK(lead_lag(walk, std::vector<double>(400, 1.0)).n == 0);
  CHECK(lead_lag(std::vector<double>(5, 1.0), std::vector<double>(5, 2.0)).n == 0);
}

TEST_CASE("sameness: digits as a log writes them") {
  CHECK(logged_digits(0.38629) == 5);
  CHECK(logged_digits(1200) == 4);
  CHECK(logged_digits(2.5e-7) == 2);
  CHECK(logged_digits(0) == 1);
  CHECK(logged_digits(-1.25) == 3);
  CHECK(logged_digits(kNaN) == 0);
}

TEST_CASE("inert: a constant that both sides log is a setting, unless the change concerns it") {
  Plan b;
  b.config = {{"quux_steps", 5.0}, {"quux_rule", std::string("off")}};
  b.also["quux_used"] = [](double) { return 5.0; };
  Plan e = made::seed(b, 2, 0.001);
  CHECK(probability(made::report({b}, {e}), "inert_mechanism") < 0.33);  // another seed of one recipe
  e.config["quux_rule"] = std::string("residual");
  const Report report = made::report({b}, {e});
  CHECK(line(report, "inert_mechanism", "`quux_used` stood at 5"));
  CHECK(probability(report, "inert_mechanism") > 0.33);
}
