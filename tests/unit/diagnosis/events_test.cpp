// What happened in a run, and the cards that read it: spikes that heal and that do not, odd batches, who came first.
#include "diagnosis/events.hpp"

#include <algorithm>

#include "diagnosis/case.hpp"
#include "support/catch.hpp"
#include "support/evidence.hpp"
#include "support/made_run.hpp"

using namespace expanalyze;
using made::Plan;

namespace {

double probability(const Report& report, std::string_view id) {
  const Finding* f = finding(report.diagnosis, id);
  return test::by_evidence(f);
}

bool says(const Report& report, std::string_view id, std::string_view words) {
  const Finding* f = finding(report.diagnosis, id);
  return f && std::any_of(f->evidence.begin(), f->evidence.end(),
                          [&](const Evidence& e) { return e.text.find(words) != std::string::npos; });
}

bool untestable(const Report& report, std::string_view id) {
  const auto& all = report.diagnosis.untestable;
  return std::any_of(all.begin(), all.end(), [&](const Untestable& u) { return u.id == id; });
}

/// 3000 steps of 0.5 + 3 / sqrt(t); every run sees other batches unless the order says so.
Plan base(std::uint64_t order = 1) {
  Plan p;
  p.steps = 3000;
  p.eval_every = 150;
  p.order = order;
  p.noise = 0.005;
  p.train = [](double t) { return 0.5 + 3 / std::sqrt(t + 20); };
  p.eval = p.train;
  p.lr = [](double t) { return 0.01 * (1 - t / 3000); };
  p.also["grad_norm"] = [](double t) { return 1 + 0.1 * std::sin(1.7 * t) + 0.05 * std::sin(0.9 * t * t); };
  p.also["wall_time"] = [](double t) { return 2 * t; };
  return p;
}

/// From `at` on the loss stands higher by the factor exp(height), falls back with time constant 10 to `rest`.
made::Of spike(made::Of f, double at, double height, double rest = 0) {
  return [=](double t) { return t < at ? f(t) : f(t) * (1 + rest + height * std::exp(-(t - at) / 10)); };
}

made::Of worse(made::Of f, double by) {
  return [=](double t) { return f(t) * (t > 1500 ? 1 + by : 1); };
}

}  // namespace

TEST_CASE("the events of a run have their place, cost and time") {
  Plan p = base();
  p.train = spike(p.train, 2000, 0.6);
  p.also["grad_norm"] = [f = p.also["grad_norm"]](double t) { return f(t) * (t > 1995 && t < 2010 ? 20 : 1); };
  const Run run = made::run(p);
  const RunEvents events = events_of(run);
  REQUIRE(events.spikes.size() == 1);
  const SpikeEvent& s = events.spikes.front();
  CHECK(s.place.step == 2000);
  CHECK(s.place.series == "train_loss");
  CHECK(s.place.run == "run");
  CHECK(s.place.line > 2000);
  CHECK(s.lr == Approx(0.01 / 3));
  CHECK(gradient_leads(s));
  CHECK(s.after.recovery == stats::Recovery::recovering);
  CHECK(s.after.lost_steps > 10);
  CHECK(s.after.lost_steps < 60);
  CHECK(s.lost_hours == Approx(2 * s.after.lost_steps / 3600));
  CHECK(totals({events}).spikes == 1);
  CHECK(say(s).find("nan") == std::string::npos);
}

TEST_CASE("a logged number that moves first is named with its lag; one that follows is not") {
  Plan p = base();
  const stats::CounterRng rng(99);
  const auto wave = [rng](double t) { return 0.05 * rng.normal(static_cast<std::uint64_t>(t + 10)); };
  p.train = [f = p.train, wave](double t) { return f(t) * std::exp(wave(t - 4)); };
  p.also["router_heat"] = [wave](double t) { return std::exp(wave(t)); };
  p.also["router_echo"] = [wave](double t) { return std::exp(wave(t - 9)); };
  const Run run = made::run(p);
  const auto first = leaders(events_of(run));
  REQUIRE(first.size() == 1);
  CHECK(first.front().series->logged_as == "router_heat");
  CHECK(first.front().lead.lag == 4);
}

TEST_CASE("loss_spikes_recovering: three that heal, with a table and the Poisson test") {
  Plan e = base(2);
  for (const double at : {900.0, 1200.0, 1500.0, 1800.0, 2100.0, 2600.0}) e.train = spike(e.train, at, 0.5);
  e.eval = worse(e.eval, 0.5);
  const Report report = made::report({base(1)}, {e});
  CHECK(probability(report, "loss_spikes_recovering") > 0.5);
  CHECK(says(report, "loss_spikes_recovering", "20 per 10000 steps against 0 in the baseline"));
  CHECK(says(report, "loss_spikes_recovering", "step 2100: the loss stood"));
  CHECK(says(report, "loss_spikes_recovering", "steps ("));  // of the wall clock
  CHECK(probability(report, "loss_spikes_nonrecovering") == 0);
  // Near miss: one small spike costs less than 0.2 % of the run.
  Plan one = base(2);
  one.train = spike(one.train, 2000, 0.08);
  CHECK(finding(made::report({base(1)}, {one}).diagnosis, "loss_spikes_recovering") == nullptr);
}

TEST_CASE("loss_spikes_recovering: on the same batches small spikes show, and common ones are the data's") {
  Plan e = base(1);
  e.train = spike(e.train, 2000, 0.015);  // three times the batch noise, which is common and cancels
  e.train = [f = e.train](double t) { return 1.01 * f(t) + 0.0003 * std::sin(2.3 * t * t); };
  const Report small = made::report({base(1)}, {e});
  REQUIRE(small.review.pairing.paired);
  const auto looked_at = [](const Report& report) {
    const auto& clear = report.diagnosis.clear;
    const auto it =
        std::find_if(clear.begin(), clear.end(), [](const Clear& c) { return c.id == "loss_spikes_recovering"; });
    return it == clear.end() ? std::string{} : it->looked_at;
  };
  CHECK(looked_at(small).find("on the same batches 1 of the difference") != std::string::npos);
  Plan b = base(1);
  for (const double at : {900.0, 1500.0, 2100.0}) b.train = spike(b.train, at, 0.5), e.train = spike(e.train, at, 0.5);
  CHECK(looked_at(made::report({b}, {e})).find("3 stand in the baseline as well") != std::string::npos);
}

TEST_CASE("loss_spikes_nonrecovering: the curve runs on above its trend") {
  Plan e = base(2);
  e.train = spike(e.train, 1500, 0.5, 0.15);
  e.eval = worse(e.eval, 0.15);
  const Report report = made::report({base(1)}, {e});
  const Finding* f = finding(report.diagnosis, "loss_spikes_nonrecovering");
  REQUIRE(f);
  CHECK(f->probability > 0.5);
  CHECK(f->slots.at("step") == 1500);
  CHECK(f->slots.at("offset") == Approx(std::log(1.15)).margin(0.03));
  CHECK(f->evidence.front().where.front().step == 1500);
  CHECK(says(report, "loss_spikes_nonrecovering", "steps up there"));
  // Near misses: it heals; and the learning rate was restarted there.
  Plan heals = base(2);
  heals.train = spike(heals.train, 1500, 0.5);
  CHECK(finding(made::report({base(1)}, {heals}).diagnosis, "loss_spikes_nonrecovering") == nullptr);
  e.lr = [](double t) { return t < 1500 ? 0.01 * (1 - t / 1600) : 0.01; };
  CHECK(probability(made::report({base(1)}, {e}), "loss_spikes_nonrecovering") < f->probability - 0.3);
  // Quiet, and too short to say.
  CHECK(finding(made::report({base(1)}, {base(2)}).diagnosis, "loss_spikes_nonrecovering") == nullptr);
  Plan brief = base(2);
  brief.steps = 100;
  CHECK(untestable(made::report({brief}, {brief}), "loss_spikes_nonrecovering"));
}

TEST_CASE("data_batch_anomaly: the same batches stand out in both runs") {
  const auto with_odd = [](Plan p, double shift) {
    p.train = [f = p.train, shift](double t) { return t > 500 && std::fmod(t - shift, 300) == 0 ? 1.6 * f(t) : f(t); };
    return p;
  };
  Plan e = with_odd(base(1), 0);
  e.train = [f = e.train](double t) { return 1.02 * f(t); };
  const Report both = made::report({with_odd(base(1), 0)}, {e});
  REQUIRE(both.review.pairing.paired);
  CHECK(probability(both, "data_batch_anomaly") > 0.66);
  CHECK(says(both, "data_batch_anomaly", "8 of its 8 odd batches stand at the same step"));
  CHECK(finding(both.diagnosis, "data_batch_anomaly")->effect_share == 0);
  CHECK(both.diagnosis.headline != "data_batch_anomaly");
  // Near miss: only a few, as clean data have them.
  const auto with_few = [](Plan p) {
    p.train = [f = p.train](double t) { return t == 1000 || t == 1500 || t == 2200 ? 1.6 * f(t) : f(t); };
    return p;
  };
  Plan few = with_few(base(1));
  few.train = [f = few.train](double t) { return 1.02 * f(t); };
  CHECK(probability(made::report({with_few(base(1))}, {few}), "data_batch_anomaly") < 0.33);
  // Near miss: as many, at other steps: the baseline saw the same data and stood still.
  CHECK(probability(made::report({with_odd(base(1), 7)}, {e}), "data_batch_anomaly") < 0.33);
  CHECK(finding(made::report({base(1)}, {base(2)}).diagnosis, "data_batch_anomaly") == nullptr);
}

TEST_CASE("data_batch_anomaly: one place of the epoch, again and again") {
  Plan e = base(2);
  e.also["epoch"] = [](double t) { return t / 500; };
  e.train = [f = e.train](double t) { return std::fmod(t, 500) == 130 && t > 200 ? 1.7 * f(t) : f(t); };
  const Report report = made::report({base(1)}, {e});
  CHECK(probability(report, "data_batch_anomaly") > 0.5);
  CHECK(says(report, "data_batch_anomaly", "stand at one place of the epoch of 500 steps"));
}

TEST_CASE("divergence: the signal that left its band first, with the steps between, the last losses and their growth") {
  const auto gone = [](double t) { return t < 2040 ? 0.0 : 0.08 * (t - 2040); };
  Plan e = base(2);
  e.train = [f = e.train, gone](double t) { return t > 2100 ? std::nan("") : f(t) * std::exp(gone(t)); };
  e.eval = [f = e.eval](double t) { return t > 2100 ? std::nan("") : f(t); };
  e.also["grad_norm"] = [f = e.also["grad_norm"]](double t) {
    return t < 2010 ? f(t) : f(t) * std::exp(0.1 * (t - 2010));
  };
  const Report report = made::report({base(1)}, {e});
  REQUIRE(probability(report, "divergence") > 0.9);
  CHECK(says(report, "divergence", "`grad_norm` left its band"));
  CHECK(says(report, "divergence", "steps before the loss did"));
  CHECK(says(report, "divergence", "its last losses until step"));
  CHECK(says(report, "divergence", "records stand 1 steps apart"));
  // The other way round nothing is claimed.
  e.also["grad_norm"] = [f = base(2).also["grad_norm"]](double t) {
    return t < 2080 ? f(t) : f(t) * std::exp(0.3 * (t - 2080));
  };
  CHECK_FALSE(says(made::report({base(1)}, {e}), "divergence", "steps before the loss did"));
}

TEST_CASE("events of empty, short and broken runs") {
  CHECK(events_of(Run{}).series == nullptr);
  CHECK(departures(Run{}, 10).tested == 0);
  CHECK(leaders(events_of(Run{})).empty());
  Plan p = base();
  p.train = [](double) { return std::nan(""); };
  CHECK(events_of(made::run(p)).series == nullptr);
  p.train = [](double) { return 1.0; };
  p.noise = 0;
  const Run flat = made::run(p);
  CHECK(events_of(flat).spikes.empty());
  CHECK(leaders(events_of(flat)).empty());
  CHECK(log_difference(events_of(flat), events_of(flat)).value.front() == 0);
  CHECK(log_difference(events_of(flat), events_of(Run{})).empty());
}
