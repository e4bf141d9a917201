// Acceptance of step 3: twenty cards with a wrong assumption and twenty with a sound one, as a user writes them, over
// runs from a seeded generator. All nine kinds are among them, wrong and sound.
#include <fmt/format.h>

#include <cmath>
#include <cstdio>

#include "made_up.hpp"
#include "support/catch.hpp"
#include "theory/cards.hpp"
#include "theory/claims.hpp"

using namespace expanalyze;

namespace {

std::vector<double> map(const std::vector<double>& x, double (*f)(double)) {
  std::vector<double> y;
  for (const double v : x) y.push_back(f(v));
  return y;
}

std::vector<double> plus(std::vector<double> a, const std::vector<double>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += b[i];
  return a;
}

/// A run as it might be logged: 300 records whose relations are known. `seed` changes the noise only.
made_up::World trained(std::uint64_t seed) {
  using made_up::noise;
  constexpr std::size_t n = 300;
  made_up::World world;
  const auto add = [&](const char* name, std::vector<double> x) {
    made_up::add(world.experiment(), name, std::move(x));
  };
  auto level = noise(n, 0, 1, seed);
  add("level", level);
  add("follower", plus(level, noise(n, 0, 0.2, seed + 1)));
  add("stranger", noise(n, 0, 1, seed + 2));
  add("opposite", plus(map(level, [](double v) { return -v; }), noise(n, 0, 0.2, seed + 3)));
  const auto size = map(level, [](double v) { return std::exp(v); });
  add("size", size);
  add("square", plus(map(size, [](double v) { return v * v; }), noise(n, 0, 1e-3, seed + 4)));
  add("twice", plus(map(size, [](double v) { return 2 * v; }), noise(n, 0, 1e-3, seed + 5)));
  add("share", noise(n, 0.3, 0.05, seed + 6));
  std::vector<double> falling, rising;
  for (std::size_t i = 0; i < n; ++i) {
    falling.push_back(std::exp(-0.01 * static_cast<double>(i)));
    rising.push_back(1 + 0.01 * static_cast<double>(i));
  }
  for (auto* x : {&falling, &rising}) {
    const auto scatter = noise(n, 1, 0.02, seed + (x == &falling ? 7 : 8));
    for (std::size_t i = 0; i < n; ++i) (*x)[i] *= scatter[i];
  }
  add("falling", falling);
  add("rising", rising);
  for (const auto& [name, at] : {std::pair("early", 120U), std::pair("late", 200U)}) {
    auto x = noise(n, 0, 1, seed + 9 + at);
    for (std::size_t i = at; i < n; ++i) x[i] += 8;
    add(name, x);
  }
  add("pinned", made_up::constant(n, 5));
  world.experiment().config = {{"cap", 5.0}, {"share_target", 0.3}};
  world.final_values(1.0, 0.9, 0.02);
  return world;
}

struct Assumption {
  const char* kind;
  const char* proxy;
  const char* target;
  const char* expect;
  bool sound;
};

std::string card_of(const Assumption& a) {
  std::string toml = fmt::format(
      "id = \"c\"\ntitle = \"t\"\nsource = \"s\"\n[[claim]]\nid = \"a\"\ntext = \"t\"\nkind = \"{}\"\nexpect = {{ {} "
      "}}\n"
      "log_request = \"log it\"\n",
      a.kind, a.expect);
  if (*a.proxy != 0) toml += fmt::format("proxy = \"{}\"\n", a.proxy);
  if (*a.target != 0) toml += fmt::format("target = \"{}\"\n", a.target);
  return toml;
}

constexpr Assumption kAll[] = {
    {"bound", "share", "", "hi = 0.2", false},
    {"bound", "share", "", "hi = \"2 * config.share_target\"", true},
    {"bound", "share", "", "lo = 0.4", false},
    {"bound", "share", "", "lo = 0.1, hi = 0.5", true},
    {"bound", "pinned", "", "hi = \"0.9 * config.cap\"", false},
    {"bound", "pinned", "", "hi = \"config.cap\"", true},
    {"bound", "rising", "", "hi = \"1.2 * first.rising\"", false},
    {"bound", "falling", "", "hi = \"1.2 * first.falling\"", true},
    {"ratio_range", "twice", "size", "lo = 0.9, hi = 1.1", false},
    {"ratio_range", "twice", "size", "lo = 1.5, hi = 2.5", true},
    {"ratio_range", "rising", "pinned", "lo = 0.19, hi = 0.25", false},
    {"ratio_range", "share", "pinned", "lo = 0.02, hi = 0.2", true},
    {"ratio_range", "size", "twice", "lo = 1.0, hi = 4.0", false},
    {"ratio_range", "size", "twice", "lo = 0.3, hi = 0.7", true},
    {"correlation", "level", "stranger", "rho = 0.7", false},
    {"correlation", "level", "follower", "rho = 0.7", true},
    {"correlation", "level", "opposite", "rho = 0.7", false},
    {"correlation", "size", "square", "rho = 0.7", true},
    {"correlation", "share", "size", "rho = 0.7", false},
    {"correlation", "follower", "size", "rho = 0.7", true},
    {"monotone", "level", "opposite", "", false},
    {"monotone", "level", "follower", "", true},
    {"monotone", "level", "stranger", "", false},
    {"monotone", "size", "twice", "", true},
    {"invariant", "share", "", "value = 0.4, tol = 0.05", false},
    {"invariant", "share", "", "value = 0.3, tol = 0.05", true},
    {"invariant", "pinned", "", "value = 4, tol = 0.5", false},
    {"invariant", "pinned", "", "value = \"config.cap\", tol = 0.1", true},
    {"invariant", "share", "", "value = 0.1, tol = 0.1", false},
    {"invariant", "share", "", "value = \"config.share_target\", tol = 0.1", true},
    {"scaling", "size", "square", "exponent = 1, tol = 0.2", false},
    {"scaling", "size", "square", "exponent = 2, tol = 0.2", true},
    {"scaling", "size", "twice", "exponent = 0.5, tol = 0.2", false},
    {"scaling", "size", "twice", "exponent = 1, tol = 0.2", true},
    {"rate", "falling", "", "hi = -0.02", false},
    {"rate", "falling", "", "lo = -0.012, hi = -0.008", true},
    {"order", "late", "early", "", false},
    {"order", "early", "late", "", true},
    {"effect", "", "", "lo = 0.2", false},
    {"effect", "", "", "lo = 0.05", true},
};

}  // namespace

TEST_CASE("twenty wrong assumptions are found, twenty sound ones are left alone") {
  std::size_t wrong = 0, found = 0, sound = 0, invented = 0;
  std::uint64_t seed = 100;
  for (const Assumption& a : kAll) {
    const made_up::World world = trained(seed += 10);
    const TheoryCard card = parse_card(card_of(a), "twenty.toml");
    std::vector<double> effects;
    const ClaimResult result = test_claims(card, world.input(), effects).at(0);
    const bool contradicted = result.status == ClaimStatus::contradicted;
    (a.sound ? sound : wrong) += 1;
    if (contradicted) (a.sound ? invented : found) += 1;
    std::printf("%-11s %-8s %-8s %-36s %-5s %s\n", a.kind, a.proxy, a.target, a.expect, a.sound ? "sound" : "wrong",
                std::string(to_string(result.status)).c_str());
  }
  std::printf("found %zu of %zu wrong, invented %zu of %zu sound\n", found, wrong, invented, sound);
  CHECK(wrong == 20);
  CHECK(sound == 20);
  CHECK(found >= 18);
  CHECK(invented <= 1);
}
