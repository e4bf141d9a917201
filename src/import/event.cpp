// Field numbers as in tensorflow/core/util/event.proto, framework/{summary,tensor,tensor_shape,types}.proto and
// tensorboard/plugins/hparams/plugin_data.proto.
#include "import/event.hpp"

#include <cmath>
#include <optional>

#include "io/wire.hpp"

namespace expanalyze {

namespace {

enum DataType : std::uint64_t {
  kFloat = 1,
  kDouble = 2,
  kInt32 = 3,
  kUint8 = 4,
  kInt16 = 5,
  kInt8 = 6,
  kInt64 = 9,
  kBool = 10,
  kBfloat16 = 14,
  kUint16 = 17,
  kHalf = 19,
  kUint32 = 22,
  kUint64 = 23
};

/// IEEE 754 binary16: 1 sign, 5 exponent, 10 fraction bits.
double half(std::uint64_t bits) {
  const int exponent = static_cast<int>(bits >> 10U & 31U);
  const auto fraction = static_cast<double>(bits & 1023U);
  double v = 0;
  if (exponent == 31)
    v = fraction == 0 ? INFINITY : NAN;
  else
    v = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 1024, exponent - 25);
  return (bits & 0x8000U) != 0 ? -v : v;
}

/// bfloat16 is the upper half of a binary32.
double bfloat16(std::uint64_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits << 16U)); }

std::size_t size_of(std::uint64_t type) {
  switch (type) {
    case kUint8:
    case kInt8:
    case kBool:
      return 1;
    case kInt16:
    case kUint16:
    case kHalf:
    case kBfloat16:
      return 2;
    case kFloat:
    case kInt32:
    case kUint32:
      return 4;
    case kDouble:
    case kInt64:
    case kUint64:
      return 8;
    default:
      return 0;  // texts, complex numbers, handles
  }
}

/// `bits` in the lowest size_of(type) bytes; a varint of a negative number fills all eight.
double number_of(std::uint64_t type, std::uint64_t bits) {
  switch (type) {
    case kFloat:
      return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    case kDouble:
      return std::bit_cast<double>(bits);
    case kHalf:
      return half(bits);
    case kBfloat16:
      return bfloat16(bits);
    case kInt8:
      return static_cast<std::int8_t>(bits);
    case kInt16:
      return static_cast<std::int16_t>(bits);
    case kInt32:
      return static_cast<std::int32_t>(bits);
    case kInt64:
      return static_cast<double>(static_cast<std::int64_t>(bits));
    default:
      return static_cast<double>(bits);
  }
}

/// Dimensions of a TensorShape hold one element: none, or all of them 1.
bool one_element(std::string_view shape) {
  WireReader dimensions(shape);
  for (WireField f; dimensions.next(f);) {
    if (!f.message(2)) continue;
    WireReader dimension(f.bytes);
    std::uint64_t size = 0;
    for (WireField d; dimension.next(d);)
      if (d.is(1, WireType::varint)) size = d.bits;
    if (size != 1) return false;
  }
  return true;
}

std::uint64_t bits_of(std::string_view bytes) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bits |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return bits;
}

/// float_val 5, double_val 6, int_val 7, int64_val 10, bool_val 11, half_val 13, uint32_val 16, uint64_val 17.
bool holds_numbers(std::uint64_t field) {
  return (field >= 5 && field <= 7) || field == 10 || field == 11 || field == 13 || field == 16 || field == 17;
}

/// The only number of a field that is repeated, packed or not.
std::optional<std::uint64_t> only_value(const WireField& f) {
  if (f.type != WireType::bytes) return f.bits;
  const std::size_t fixed = f.number == 5 ? 4 : f.number == 6 ? 8 : 0;
  if (fixed > 0) return f.bytes.size() == fixed ? std::optional(bits_of(f.bytes)) : std::nullopt;
  WireReader packed(f.bytes);
  std::uint64_t value = 0;
  return packed.varint(value) && packed.at_end() ? std::optional(value) : std::nullopt;
}

/// The number of a tensor with one element; nullopt for any other.
std::optional<double> tensor_number(std::string_view tensor) {
  WireReader fields(tensor);
  std::uint64_t type = 0;
  std::string_view content;
  std::optional<std::uint64_t> value;
  for (WireField f; fields.next(f);) {
    if (f.is(1, WireType::varint)) type = f.bits;
    if (f.message(2) && !one_element(f.bytes)) return std::nullopt;
    if (f.message(4)) content = f.bytes;
    if (!holds_numbers(f.number) || (f.type == WireType::bytes && f.bytes.empty())) continue;
    if (value) return std::nullopt;
    value = only_value(f);
    if (!value) return std::nullopt;
  }
  const std::size_t size = size_of(type);
  if (fields.broken() || size == 0) return std::nullopt;
  if (content.size() == size) return number_of(type, bits_of(content));
  if (!content.empty()) return std::nullopt;
  // A value that is 0 need not be stored.
  return number_of(type, value.value_or(0));
}

void read_metadata(std::string_view metadata, SummaryValue& value) {
  WireReader fields(metadata);
  for (WireField f; fields.next(f);) {
    if (!f.message(1)) continue;
    WireReader plugin(f.bytes);
    for (WireField p; plugin.next(p);) {
      if (p.message(1)) value.plugin = p.bytes;
      if (p.message(2)) value.content = p.bytes;
    }
  }
}

bool read_value(std::string_view bytes, SummaryValue& value) {
  WireReader fields(bytes);
  std::string_view tensor;
  for (WireField f; fields.next(f);) {
    if (f.message(1)) {
      value.tag = f.bytes;
    } else if (f.is(2, WireType::fixed32)) {
      value.number = f.float32();
      value.has_number = value.simple = true;
    } else if (f.message(4) || f.message(5) || f.message(6)) {
      value.plugin = f.number == 4 ? "images" : f.number == 5 ? "histograms" : "audio";
    } else if (f.message(8)) {
      tensor = f.bytes;
    } else if (f.message(9)) {
      read_metadata(f.bytes, value);
    }
  }
  if (!value.has_number && !tensor.empty()) {
    const auto number = tensor_number(tensor);
    value.has_number = number.has_value();
    value.number = number.value_or(0);
  }
  return !fields.broken();
}

bool read_summary(std::string_view bytes, std::vector<SummaryValue>& values) {
  WireReader fields(bytes);
  bool whole = true;
  for (WireField f; fields.next(f);) {
    if (!f.message(1)) continue;
    values.emplace_back();
    whole = read_value(f.bytes, values.back()) && whole;
  }
  return whole && !fields.broken();
}

/// google.protobuf.Value: 1 null, 2 number, 3 text, 4 truth; 5 and 6 are nested and no setting.
ConfigValue setting(std::string_view bytes) {
  WireReader fields(bytes);
  ConfigValue value;
  for (WireField f; fields.next(f);) {
    if (f.is(2, WireType::fixed64)) value = f.float64();
    if (f.message(3)) value = std::string(f.bytes);
    if (f.is(4, WireType::varint)) value = f.bits != 0;
  }
  return value;
}

}  // namespace

void read_event(std::string_view data, Event& event) {
  event.wall_time = 0;
  event.step = 0;
  event.version = {};
  event.values.clear();
  WireReader fields(data);
  bool whole = true;
  for (WireField f; fields.next(f);) {
    if (f.is(1, WireType::fixed64)) event.wall_time = f.float64();
    if (f.is(2, WireType::varint)) event.step = f.int64();
    if (f.message(3)) event.version = f.bytes;
    if (f.message(5)) whole = read_summary(f.bytes, event.values) && whole;
  }
  event.broken = !whole || fields.broken();
}

std::vector<std::pair<std::string_view, ConfigValue>> session_settings(std::string_view content) {
  std::vector<std::pair<std::string_view, ConfigValue>> settings;
  WireReader plugin(content);
  for (WireField p; plugin.next(p);) {
    if (!p.message(3)) continue;
    WireReader session(p.bytes);
    for (WireField s; session.next(s);) {
      if (!s.message(1)) continue;
      auto& [key, value] = settings.emplace_back();
      WireReader entry(s.bytes);
      for (WireField e; entry.next(e);) {
        if (e.message(1)) key = e.bytes;
        if (e.message(2)) value = setting(e.bytes);
      }
    }
  }
  return settings;
}

}  // namespace expanalyze
