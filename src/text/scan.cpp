// Digits are gathered into one integer m, eight at a time (Lemire 2021, "Number parsing at a gigabyte per second",
// arXiv:2101.11408). m · 10^e is exact in one operation while m <= 2^53 and |e| <= 22 (Clinger 1990, PLDI); the rest
// goes to std::from_chars, which is as exact and about three times as slow.
#include "text/scan.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>

namespace expanalyze {

namespace {

constexpr std::uint64_t kExact = std::uint64_t{1} << 53U;
constexpr auto kPowers = std::to_array<double>({1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                                1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22});

bool digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

/// The eight bytes at `p` are digits: adds them to `m`.
bool take_eight(const char* p, std::uint64_t& m) {
  if constexpr (std::endian::native != std::endian::little) return false;
  std::uint64_t v = 0;
  std::memcpy(&v, p, 8);
  constexpr std::uint64_t kHigh = 0xF0F0F0F0F0F0F0F0U, kZeros = 0x3030303030303030U, kSix = 0x0606060606060606U;
  if (((v & kHigh) | (((v + kSix) & kHigh) >> 4U)) != (kZeros | (kZeros >> 4U))) return false;
  v -= kZeros;
  v = v * 10 + (v >> 8U);  // pairs
  constexpr std::uint64_t kMask = 0x000000FF000000FFU;
  v = (((v & kMask) * 0x000F424000000064U) + (((v >> 16U) & kMask) * 0x0000271000000001U)) >> 32U;
  m = m * 100000000 + v;
  return true;
}

const char* take_digits(const char* p, const char* end, std::uint64_t& m) {
  while (end - p >= 8 && take_eight(p, m)) p += 8;
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
  // 19 digits cannot overflow m.
  if (digits > 19 || m > kExact || exponent < -22 || exponent > 22) return careful(text, p, value);
  const auto whole = static_cast<double>(m);
  const double size = exponent < 0 ? whole / kPowers[static_cast<std::size_t>(-exponent)]
                                   : whole * kPowers[static_cast<std::size_t>(exponent)];
  value = minus ? -size : size;
  return p;
}

}  // namespace expanalyze
