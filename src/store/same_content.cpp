#include "store/same_content.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace expanalyze {

namespace {

bool same_number(double x, double y) {
  return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y);  // NaN equals itself here
}

bool same_numbers(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same_number);
}

bool first_of(const std::vector<double>& longer, const std::vector<double>& shorter) {
  return longer.size() >= shorter.size() && std::equal(shorter.begin(), shorter.end(), longer.begin(), same_number);
}

std::vector<const Series*> compared(const Run& run) {
  std::vector<const Series*> out;
  for (const Series& s : run.series)
    if (s.role != Role::timestamp) out.push_back(&s);
  return out;
}

}  // namespace

bool same_records(const Run& a, const Run& b) {
  const auto of_a = compared(a), of_b = compared(b);
  return std::equal(of_a.begin(), of_a.end(), of_b.begin(), of_b.end(), [&](const Series* x, const Series* y) {
    return x->logged_as == y->logged_as && x->labels == y->labels && same_numbers(x->value, y->value) &&
           same_numbers(a.rows[x->rows].step, b.rows[y->rows].step);
  });
}

bool begins_with(const Run& longer, const Run& shorter) {
  const auto parts = compared(shorter), wholes = compared(longer);
  return !parts.empty() && std::all_of(parts.begin(), parts.end(), [&](const Series* part) {
    return std::any_of(wholes.begin(), wholes.end(), [&](const Series* whole) {
      return whole->logged_as == part->logged_as && whole->labels == part->labels &&
             first_of(whole->value, part->value) &&
             first_of(longer.rows[whole->rows].step, shorter.rows[part->rows].step);
    });
  });
}

}  // namespace expanalyze
