// Digits are gathered into one integer m, up to eight at a time (Lemire 2021, "Number parsing at a gigabyte per
// second", arXiv:2101.11408). m · 10^e is then one multiplication by the leading 64 bits of 5^e, and the few numbers
// for which these do not settle the rounding (2 in 1024) go to std::from_chars, as do all with more digits or larger
// exponents.
#include "text/scan.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>

namespace expanalyze {

namespace {

__extension__ using Wide = unsigned __int128;

/// significand · 2^exponent <= 5^e < (significand + 1) · 2^exponent, with the high bit of `significand` set.
struct PowerOfFive {
  std::uint64_t significand;
  int exponent;
};

/// 5^27 < 2^63.
constexpr int kMostPower = 27;

constexpr PowerOfFive power_of_five(int e) {
  std::uint64_t p = 1;
  for (int i = 0; i < (e < 0 ? -e : e); ++i) p *= 5;
  const auto bits = static_cast<int>(std::bit_width(p));
  if (e >= 0) return {p << (64 - bits), bits - 64};
  return {static_cast<std::uint64_t>((Wide{1} << (63 + bits)) / p), -63 - bits};
}

constexpr auto kPowers = [] {
  std::array<PowerOfFive, 2 * kMostPower + 1> all{};
  for (int e = -kMostPower; e <= kMostPower; ++e) all[static_cast<std::size_t>(e + kMostPower)] = power_of_five(e);
  return all;
}();

bool digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

constexpr auto kTens = std::to_array<std::uint64_t>({1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000});

/// The number that eight digits make, the first in the lowest byte.
std::uint64_t eight_digits(std::uint64_t v) {
  v = v * 10 + (v >> 8U);  // pairs
  constexpr std::uint64_t kMask = 0x000000FF000000FFU;
  return (((v & kMask) * 0x000F424000000064U) + (((v >> 16U) & kMask) * 0x0000271000000001U)) >> 32U;
}

inline const char* take_digits(const char* p, const char* end, std::uint64_t& m) {
  if constexpr (std::endian::native == std::endian::little) {
    while (end - p >= 8) {
      std::uint64_t v = 0;
      std::memcpy(&v, p, 8);
      v ^= 0x3030303030303030U;
      // The high bit of a byte that is more than 9. A carry out of such a byte spoils only what stands behind it.
      const std::uint64_t others = ((v + 0x7676767676767676U) | v) & 0x8080808080808080U;
      if (others == 0) {
        m = m * kTens[8] + eight_digits(v);
        p += 8;
        continue;
      }
      const auto n = static_cast<std::size_t>(std::countr_zero(others)) / 8;
      if (n > 0) m = m * kTens[n] + eight_digits(v << (64 - 8 * n));  // as if zeros stood in front
      return p + n;
    }
  }
  for (; digit(*p); ++p) m = m * 10 + static_cast<std::uint64_t>(*p - '0');
  return p;
}

/// "e-05" at `p`; nullptr when digits are missing.
const char* take_exponent(const char* p, int& exponent) {
  ++p;
  const bool minus = *p == '-';
  if (minus || *p == '+') ++p;
  if (!digit(*p)) return nullptr;
  int e = 0;
  for (; digit(*p); ++p) e = e < 10000 ? e * 10 + (*p - '0') : e;
  exponent += minus ? -e : e;
  return p;
}

const char* careful(const char* text, const char* end, double& value) {
  const auto [behind, error] = std::from_chars(text, end, value);
  return error == std::errc() && behind == end ? end : nullptr;
}

/// m · 10^e, rounded to nearest, m > 0 and |e| <= kMostPower; false where 64 bits of the product do not say how to
/// round.
bool times_power(std::uint64_t m, int e, double& value) {
  const auto [power, exponent] = kPowers[static_cast<std::size_t>(e + kMostPower)];
  const int shift = std::countl_zero(m);
  // The product lies in [high, high + 2): less than 1 is dropped here, and less than 1 was in the power.
  const auto high = static_cast<std::uint64_t>((Wide{m << shift} * power) >> 64U);
  const int spare = 11 - std::countl_zero(high);
  const std::uint64_t half = std::uint64_t{1} << (spare - 1), rest = high & (2 * half - 1);
  if (rest == half - 1 || rest == half) return false;
  const std::uint64_t significand = (high >> spare) + (rest > half ? 1 : 0);
  // A significand that was rounded up to 2^53 carries into the exponent.
  const int scale = exponent + e + 64 - shift + spare;
  const auto biased = static_cast<std::uint64_t>(scale + 1023 + 52 - 1);
  value = std::bit_cast<double>((biased << 52U) + significand);
  return true;
}

}  // namespace

const char* scan_number(const char* text, const char* end, double& value) {
  const bool minus = text < end && *text == '-';
  const char* const first = text + (minus ? 1 : 0);
  std::uint64_t m = 0;
  const char* p = take_digits(first, end, m);
  std::ptrdiff_t digits = p - first;
  if (digits == 0 || (digits > 1 && *first == '0')) return nullptr;
  int exponent = 0;
  const bool fraction = *p == '.';
  if (fraction) {
    const char* const point = p++;
    p = take_digits(p, end, m);
    const auto decimals = p - point - 1;
    if (decimals == 0) return nullptr;
    digits += decimals;
    exponent = -static_cast<int>(decimals < 10000 ? decimals : 10000);
  }
  const bool scientific = *p == 'e' || *p == 'E';
  if (scientific) p = take_exponent(p, exponent);
  if (p == nullptr) return nullptr;
  if (minus && m == 0 && !fraction && !scientific) return nullptr;
  if (digits > 19) return careful(text, p, value);  // m may have overflowed
  double size = 0;
  if (exponent == 0)
    size = static_cast<double>(m);
  else if (exponent < -kMostPower || exponent > kMostPower || (m > 0 && !times_power(m, exponent, size)))
    return careful(text, p, value);
  value = minus ? -size : size;
  return p;
}

}  // namespace expanalyze
