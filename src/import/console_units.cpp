#include "import/console_units.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "text/parse.hpp"

namespace expanalyze {

namespace {

struct Spelled {
  std::string_view text;
  ConsoleUnit unit;
};

// Single letters as consoles use them: "12.3m" are minutes, "12.3M" a million, "1.2B" a billion.
constexpr auto kExact = std::to_array<Spelled>({
    {"%", {Measure::percent, 1}},
    {"s", {Measure::time, 1}},
    {"m", {Measure::time, 60}},
    {"h", {Measure::time, 3600}},
    {"d", {Measure::time, 86400}},
    {"k", {Measure::scale, 1e3}},
    {"K", {Measure::scale, 1e3}},
    {"M", {Measure::scale, 1e6}},
    {"G", {Measure::scale, 1e9}},
    {"B", {Measure::scale, 1e9}},
    {"T", {Measure::scale, 1e12}},
    {"x", {Measure::count, 1}},
});

constexpr auto kWords = std::to_array<Spelled>({
    {"ns", {Measure::time, 1e-9}},         {"us", {Measure::time, 1e-6}},
    {"µs", {Measure::time, 1e-6}},         {"ms", {Measure::time, 1e-3}},
    {"msec", {Measure::time, 1e-3}},       {"sec", {Measure::time, 1}},
    {"secs", {Measure::time, 1}},          {"second", {Measure::time, 1}},
    {"seconds", {Measure::time, 1}},       {"min", {Measure::time, 60}},
    {"mins", {Measure::time, 60}},         {"minute", {Measure::time, 60}},
    {"minutes", {Measure::time, 60}},      {"hr", {Measure::time, 3600}},
    {"hrs", {Measure::time, 3600}},        {"hour", {Measure::time, 3600}},
    {"hours", {Measure::time, 3600}},      {"day", {Measure::time, 86400}},
    {"days", {Measure::time, 86400}},      {"bytes", {Measure::bytes, 1}},
    {"kb", {Measure::bytes, 1e3}},         {"mb", {Measure::bytes, 1e6}},
    {"gb", {Measure::bytes, 1e9}},         {"tb", {Measure::bytes, 1e12}},
    {"kib", {Measure::bytes, 1024}},       {"mib", {Measure::bytes, 1048576}},
    {"gib", {Measure::bytes, 1073741824}}, {"tib", {Measure::bytes, 1099511627776}},
    {"it", {Measure::count, 1}},           {"its", {Measure::count, 1}},
    {"iter", {Measure::count, 1}},         {"iters", {Measure::count, 1}},
    {"step", {Measure::count, 1}},         {"steps", {Measure::count, 1}},
    {"tok", {Measure::count, 1}},          {"token", {Measure::count, 1}},
    {"tokens", {Measure::count, 1}},       {"sample", {Measure::count, 1}},
    {"samples", {Measure::count, 1}},      {"ex", {Measure::count, 1}},
    {"example", {Measure::count, 1}},      {"examples", {Measure::count, 1}},
    {"batch", {Measure::count, 1}},        {"batches", {Measure::count, 1}},
    {"img", {Measure::count, 1}},          {"imgs", {Measure::count, 1}},
    {"image", {Measure::count, 1}},        {"images", {Measure::count, 1}},
    {"epoch", {Measure::count, 1}},        {"epochs", {Measure::count, 1}},
    {"tflops", {Measure::rate, 1}},        {"gflops", {Measure::rate, 1}},
    {"tflop", {Measure::rate, 1}},         {"flops", {Measure::rate, 1}},
});

/// "it/s", "/s", "TFLOP/s/GPU": a rate; "ms/step": a time per step; else none.
std::optional<ConsoleUnit> quotient(std::string_view text) {
  const auto slash = text.find('/');
  const std::string_view below = text.substr(slash + 1);
  if (below.empty()) return std::nullopt;
  const auto over = slash == 0 ? std::nullopt : console_unit(text.substr(0, slash));
  if (over && over->measure == Measure::time) return ConsoleUnit{Measure::time_per, over->factor};
  const auto under = console_unit(below.substr(0, below.find('/')));
  if (under && under->measure == Measure::time) return ConsoleUnit{Measure::rate, 1};
  return std::nullopt;
}

}  // namespace

std::optional<ConsoleUnit> console_unit(std::string_view text) {
  constexpr std::size_t kLongest = 20;
  if (text.empty() || text.size() > kLongest) return std::nullopt;
  for (const auto& [spelled, unit] : kExact)
    if (text == spelled) return unit;
  if (text.find('/') != std::string_view::npos) return quotient(text);
  const std::string word = lower(text);
  for (const auto& [spelled, unit] : kWords)
    if (word == spelled) return unit;
  return std::nullopt;
}

}  // namespace expanalyze
