// Every kind of claim on series whose answer is known by construction.
#include "theory/claims.hpp"

#include <cmath>

#include "made_up.hpp"
#include "support/catch.hpp"
#include "theory/claim_tests.hpp"

using namespace expanalyze;
using made_up::constant;
using made_up::noise;
using made_up::World;

namespace {

Claim claim(const std::string& kind, std::map<std::string, std::string> expect, const std::string& proxy = "p",
            const std::string& target = "q") {
  Claim c;
  c.id = "c";
  c.text = "a claim";
  c.kind = kind;
  c.proxy = proxy;
  c.target = target;
  c.expect = std::move(expect);
  c.from_share = 0;
  c.log_request = "log it";
  return c;
}

ClaimTest run(const Claim& c, const World& world, double confidence = 0.95) {
  return claim_kind(c.kind)->test(c, world.input(), confidence);
}

World with(std::vector<double> p, std::vector<double> q = {}) {
  World world;
  made_up::add(world.experiment(), "p", std::move(p));
  if (!q.empty()) made_up::add(world.experiment(), "q", std::move(q));
  return world;
}

std::vector<double> sum(std::vector<double> a, const std::vector<double>& b, double weight) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += weight * b[i];
  return a;
}

std::vector<double> walk(std::size_t n, std::uint64_t key) {
  auto x = noise(n, 0, 1, key);
  for (std::size_t i = 1; i < n; ++i) x[i] += x[i - 1];
  return x;
}

}  // namespace

TEST_CASE("bound") {
  const Claim below = claim("bound", {{"hi", "1"}});
  CHECK(run(below, with(noise(400, 0, 0.2, 1))).status == ClaimStatus::supported);
  CHECK(run(below, with(noise(400, 1, 0.2, 1))).status == ClaimStatus::contradicted);
  CHECK(run(below, with(noise(60, 0, 0.6, 1))).status == ClaimStatus::mixed);  // 4.8 % beyond expected, 5 % allowed
  CHECK(run(below, World{}).status == ClaimStatus::untestable);
  CHECK(run(below, with({0.5, 1.5, 0.5, 1.5})).status == ClaimStatus::untestable);
}

TEST_CASE("a bound on a constant counts the raw records") {
  const auto test = run(claim("bound", {{"hi", "4.5"}}), with(constant(200, 5)));
  CHECK(test.status == ClaimStatus::contradicted);
  CHECK(test.statistic.value == 1);
  CHECK(test.statistic.low == Approx(0.981).margin(0.001));  // Wilson: 200 / (200 + 1.96^2)
  CHECK(test.sentence.find("never moved from 5") != std::string::npos);
  CHECK(test.effect == Approx(1));
}

TEST_CASE("a limit comes from the config, or from the logs without one") {
  World world = with(constant(100, 5));
  const Claim c = claim("bound", {{"hi", "0.9 * config.cap|max.p"}});
  CHECK(run(c, world).status == ClaimStatus::contradicted);  // 0.9 * 5
  world.experiment().config["train.cap"] = 8.0;
  const auto test = run(c, world);
  CHECK(test.status == ClaimStatus::supported);
  CHECK(test.expected.find("`train.cap` (8) = 7.2") != std::string::npos);
  CHECK(run(claim("bound", {{"hi", "config.absent"}}), world).status == ClaimStatus::untestable);
}

TEST_CASE("an autocorrelated series is worth fewer records") {
  CHECK(autocorrelation_time(noise(2000, 0, 1, 3)) == Approx(1).margin(0.3));
  auto x = noise(4000, 0, 1, 4);
  for (std::size_t i = 1; i < x.size(); ++i) x[i] += 0.8 * x[i - 1];
  CHECK(autocorrelation_time(x) == Approx(9).margin(3));  // (1 + .8) / (1 - .8)
  CHECK(autocorrelation_time(constant(50, 2)) == 1);
}

TEST_CASE("ratio_range") {
  Claim c = claim("ratio_range", {{"lo", "0.5"}, {"hi", "2"}});
  c.tolerance = 0.1;
  const auto q = noise(300, 10, 1, 5);
  const auto scaled = [&q](double factor, double trend) {
    std::vector<double> p;
    for (std::size_t i = 0; i < q.size(); ++i)
      p.push_back(q[i] * factor * std::exp(trend * static_cast<double>(i) / 300));
    return p;
  };
  CHECK(run(c, with(scaled(1, 0), q)).status == ClaimStatus::supported);
  CHECK(run(c, with(scaled(3, 0), q)).status == ClaimStatus::contradicted);
  CHECK(run(c, with(scaled(0.52, 1.25), q)).status ==
        ClaimStatus::contradicted);  // inside the range, but drifting by e^1.25 > 2
  CHECK(run(c, with(scaled(1, 0))).status == ClaimStatus::untestable);
}

TEST_CASE("correlation is of changes, not of levels") {
  const Claim c = claim("correlation", {{"rho", "0.7"}});
  const auto a = walk(400, 6);
  const auto b = walk(400, 7);
  CHECK(run(c, with(sum(a, b, 0.1), a)).status == ClaimStatus::supported);
  // Both rise together, yet nothing that happens to one shows in the other.
  std::vector<double> p, q;
  for (std::size_t i = 0; i < 400; ++i) {
    p.push_back(static_cast<double>(i) + noise(400, 0, 1, 8)[i]);
    q.push_back(static_cast<double>(i) + noise(400, 0, 1, 9)[i]);
  }
  CHECK(run(c, with(p, q)).status == ClaimStatus::contradicted);
  CHECK(run(c, with(sum(a, b, 1.0), a)).status == ClaimStatus::mixed);  // rho of innovations 1 / sqrt 2
  CHECK(run(c, with(constant(400, 1), a)).status == ClaimStatus::untestable);
}

TEST_CASE("monotone") {
  const Claim c = claim("monotone", {});
  const auto p = noise(300, 0, 1, 10);
  const auto e = noise(300, 0, 1, 11);
  CHECK(run(c, with(p, sum(p, e, 0.2))).status == ClaimStatus::supported);
  CHECK(run(c, with(p, sum(e, p, -3))).status == ClaimStatus::contradicted);
  CHECK(run(c, with(p, sum(e, p, 0.6))).status == ClaimStatus::mixed);  // tau > 0, but R2 about .36 / 1.36
  CHECK(run(c, with(p, constant(300, 1))).status == ClaimStatus::untestable);
}

TEST_CASE("invariant") {
  const Claim c = claim("invariant", {{"value", "1"}, {"tol", "0.1"}});
  CHECK(run(c, with(noise(300, 1, 0.2, 12))).status == ClaimStatus::supported);
  CHECK(run(c, with(noise(300, 1.5, 0.2, 12))).status == ClaimStatus::contradicted);
  CHECK(run(c, with(noise(300, 1.1, 0.2, 12))).status == ClaimStatus::mixed);
  CHECK(run(c, with(noise(10, 1, 0.2, 12))).status == ClaimStatus::untestable);
}

TEST_CASE("scaling finds the exponent") {
  const Claim c = claim("scaling", {{"exponent", "2"}, {"tol", "0.1"}});
  const auto power = [](double exponent) {
    const auto x = noise(300, 0, 0.5, 13);
    const auto e = noise(300, 0, 0.02, 14);
    std::vector<double> p, q;
    for (std::size_t i = 0; i < x.size(); ++i) {
      p.push_back(std::exp(x[i]));
      q.push_back(std::exp(exponent * x[i] + e[i]));
    }
    return with(p, q);
  };
  CHECK(run(c, power(2)).status == ClaimStatus::supported);
  CHECK(run(c, power(2)).statistic.value == Approx(2).margin(0.02));
  CHECK(run(c, power(1)).status == ClaimStatus::contradicted);
  CHECK(run(c, power(2.1)).status == ClaimStatus::mixed);
  CHECK(run(c, with(constant(100, 1), constant(100, 2))).status == ClaimStatus::untestable);
}

TEST_CASE("rate of decay") {
  const Claim c = claim("rate", {{"hi", "-0.01"}});
  const auto decay = [](double rate) {
    const auto e = noise(300, 0, 0.05, 15);
    std::vector<double> p;
    for (std::size_t i = 0; i < e.size(); ++i) p.push_back(std::exp(rate * static_cast<double>(i) + e[i]));
    return with(p);
  };
  CHECK(run(c, decay(-0.02)).status == ClaimStatus::supported);
  CHECK(run(c, decay(-0.001)).status == ClaimStatus::contradicted);
  CHECK(run(c, decay(-0.01)).status == ClaimStatus::mixed);
  CHECK(run(c, with(constant(5, 1))).status == ClaimStatus::untestable);
}

TEST_CASE("effect on the final metric") {
  const Claim c = claim("effect", {{"lo", "0.01"}});
  World world;
  world.final_values(1, 0.9, 0.02);
  CHECK(run(c, world).status == ClaimStatus::supported);
  world.final_values(1, 1.1, 0.02);
  CHECK(run(c, world).status == ClaimStatus::contradicted);
  world.final_values(1, 0.99, 0.02);
  CHECK(run(c, world).status == ClaimStatus::mixed);
  world.review.modifiers.emplace_back("confounded");
  CHECK(run(c, world).status == ClaimStatus::untestable);
}

TEST_CASE("order") {
  const auto jump = [](std::size_t at, std::uint64_t key) {
    auto x = noise(300, 0, 1, key);
    for (std::size_t i = at; i < x.size(); ++i) x[i] -= 8;
    return x;
  };
  CHECK(run(claim("order", {}), with(jump(120, 1), jump(200, 2))).status == ClaimStatus::supported);
  CHECK(run(claim("order", {}), with(jump(200, 1), jump(120, 2))).status == ClaimStatus::contradicted);
  CHECK(run(claim("order", {}), with(jump(150, 1), jump(150, 2))).status == ClaimStatus::mixed);
  CHECK(run(claim("order", {}), World{}).status == ClaimStatus::untestable);
  CHECK(run(claim("order", {}), with({1, 2}, {2, 1})).status == ClaimStatus::untestable);
  const auto test = run(claim("order", {}), with(noise(100, 0, 1, 1), noise(100, 0, 1, 2)));
  CHECK(test.status == ClaimStatus::untestable);
  CHECK(test.sentence.find("do not both leave") != std::string::npos);
}

TEST_CASE("claims of one card share one error rate") {
  // 12 of 100 records beyond a limit that 5 % may pass: Wilson's lower bound is 0.070 at 95 %, 0.048 at 99.5 % (10
  // claims).
  std::vector<double> values(100, 0);
  for (std::size_t i = 0; i < 11; ++i) values[i * 8 + (i * i) % 5] = 2;
  World world = with(values);
  TheoryCard card;
  card.id = "card";
  card.claims.assign(1, claim("bound", {{"hi", "1"}}));
  std::vector<double> effects;
  const auto alone = test_claims(card, world.input(), effects);
  CHECK(alone[0].status == ClaimStatus::contradicted);
  CHECK(alone[0].statistic.confidence == Approx(0.95));
  card.claims.assign(10, claim("bound", {{"hi", "1"}}));
  const auto together = test_claims(card, world.input(), effects);
  CHECK(together[0].status == ClaimStatus::mixed);
  CHECK(together[0].statistic.confidence == Approx(0.995));
}

TEST_CASE("runs are pooled, and a prefix in the name does not matter") {
  World world;
  world.runs.runs.push_back({});
  world.comparison.experiment = {1, 2};
  made_up::add(world.runs.runs[1], "optim/p", constant(50, 0));
  made_up::add(world.runs.runs[2], "optim/p", constant(50, 0));
  const auto test = run(claim("bound", {{"hi", "1"}}), world);
  CHECK(test.statistic.n == 100);
  CHECK(test.sentence.find("`optim/p` of 2 runs") != std::string::npos);
}
