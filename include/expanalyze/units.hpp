// Base units: every value in a RunStore or a Report is in one of these; prefixes appear only when a number is printed.
#pragma once

#include <compare>
#include <cstdint>

namespace expanalyze {

/// One number in one base unit: Tokens + Seconds does not compile, Tokens / Tokens is a ratio.
template <class Tag>
struct Quantity {
  double value = 0;
  friend auto operator<=>(Quantity, Quantity) = default;
  friend Quantity operator+(Quantity a, Quantity b) { return {a.value + b.value}; }
  friend Quantity operator-(Quantity a, Quantity b) { return {a.value - b.value}; }
  friend double operator/(Quantity a, Quantity b) { return a.value / b.value; }
};
using Step = Quantity<struct StepUnit>;        ///< optimizer updates, not micro-batches
using Tokens = Quantity<struct TokensUnit>;    ///< tokens (or samples) trained on, repeats included
using Seconds = Quantity<struct SecondsUnit>;  ///< wall clock
using Flops = Quantity<struct FlopsUnit>;      ///< operations, never operations per second

/// Base unit of a column of doubles.
enum class Unit : std::uint8_t { one, nats, bits, seconds, bytes, tokens, samples, steps, flops, epochs, per_second };

}  // namespace expanalyze
