// The hot path against the general one: a line that both read means the same to both.
#include "import/flat_json.hpp"

#include <bit>
#include <random>

#include "import/json_lines.hpp"
#include "import/json_text.hpp"
#include "io/input.hpp"
#include "store/run_builder.hpp"
#include "support/catch.hpp"
#include "support/same_run.hpp"
#include "text/scan.hpp"

using namespace expanalyze;

namespace {

/// Both parsers on the same lines, each into a run of its own; lines that the hot path refuses are left out of both.
struct Pair {
  RowGroup rows;
  FlatJson flat{rows};
  RunBuilder general;
  std::uint32_t line = 0;
  std::size_t read = 0, refused = 0;

  void feed(const std::string& text) {
    ++line;
    if (!flat.read(text, line)) {
      ++refused;
      return;
    }
    ++read;
    std::vector<std::string> repeated;
    const auto json = parse_json(text, &repeated);
    INFO(text);
    REQUIRE(json.has_value());
    REQUIRE(json->is_object());
    REQUIRE(repeated.empty());
    for (const auto& [key, value] : json->items()) {
      REQUIRE_FALSE(value.is_structured());
      if (is_tag_key(key) && value.is_string()) REQUIRE_FALSE(is_config_word(value.get<std::string>()));
    }
    general.begin_record(line);
    read_values(*json, general, line);
  }

  void same() {
    RunBuilder fast;
    fast.append(rows);
    CHECK(test::difference(fast.finish(line), general.finish(line)) == "");
  }
};

const std::vector<std::string> kValues{
    "1", "0", "-3", "0.5", "-0.0", "1e5", "1E-5", "2.5e+3", "12345678901234567890", "0.1234567890123456789", "NaN",
    "Infinity", "-Infinity", "true", "false", "null", "\"train\"", "\"0.5\"", "\" 7 \"", "\"nan\"", "\"1:02:03\"",
    "\"\"", "\"a \\\"b\\\"\"", "\"M\xC3\xBCller\"", "\"\\u00fc\"", "1e308", "5e-324", "1.7976931348623157e308",
    // left to the general parser
    "1e999", "-1e999", "-0", "01", "1.", ".5", "+1", "nan", "inf", "tru", "[1, 2]", "{\"b\": 1}", "\"M\xFCller\"",
    "\"\\x\"", "\"tab\there\"", "\"open", "", "1 2", "0x1f", "\"config\""};
const std::vector<std::string> kKeys{"step", "loss", "val/loss",  "mode", "type", "a",
                                     "ab",   "a b",  "k\\u00e9y", "",     "event"};

std::string object(std::mt19937& random) {
  std::string text = random() % 9 == 0 ? " { " : "{";
  const std::size_t n = random() % 6;
  const bool tight = random() % 2 == 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (i > 0) text += tight ? "," : ", ";
    text += '"' + kKeys[random() % kKeys.size()] + (tight ? "\":" : "\": ");
    text += kValues[random() % (random() % 4 == 0 ? kValues.size() : 28)];
  }
  return text + (random() % 9 == 0 ? " }\r" : "}");
}

}  // namespace

TEST_CASE("the hot path reads every usual value as the general one does") {
  Pair pair;
  for (const auto& value : kValues)
    for (const auto& key : kKeys) pair.feed("{\"step\": 1, \"" + key + "\": " + value + ", \"z\": 2}");
  CHECK(pair.read > 200);
  CHECK(pair.refused > 100);
  pair.same();
}

TEST_CASE("the hot path on lines of all shapes, whole and damaged") {
  static constexpr std::string_view kBytes = "{}[]\",:\\0-eN. ";
  std::mt19937 random(11);
  Pair pair;
  for (int i = 0; i < 30000; ++i) {
    std::string text = object(random);
    if (i % 3 == 0) text[random() % text.size()] = kBytes[random() % kBytes.size()];
    if (i % 7 == 0) text.resize(random() % (text.size() + 1));
    pair.feed(text);
  }
  CHECK(pair.read > 3000);
  pair.same();
}

TEST_CASE("numbers are read to the last bit") {
  std::mt19937_64 random(5);
  const auto check = [](const std::string& text) {
    double value = 0;
    const char* end = scan_number(text.data(), text.data() + text.size(), value);
    INFO(text);
    REQUIRE(end == text.data() + text.size());
    REQUIRE(std::bit_cast<std::uint64_t>(value) == std::bit_cast<std::uint64_t>(std::stod(text)));
  };
  for (int i = 0; i < 100000; ++i) {
    char text[64];
    const auto bits = random();
    const double any = std::bit_cast<double>(bits), usual = static_cast<double>(bits) * 0x1p-64;
    if (std::isnormal(any)) {
      std::snprintf(text, sizeof text, "%.17g", any);
      if (std::string_view(text).find_first_of("einf") != 0) check(text);
    }
    std::snprintf(text, sizeof text, "%.*f", static_cast<int>(random() % 20), usual);
    check(text);
    std::snprintf(text, sizeof text, "%.*e", static_cast<int>(random() % 19), usual * 1e-5);
    check(text);
    std::snprintf(text, sizeof text, "%llu", static_cast<unsigned long long>(bits >> (random() % 64)));
    check(text);
  }
  for (const auto* other : {"", "-", ".5", "1.", "01", "1e", "1e+", "-0", "abc", "+1", "-.5"}) {
    double value = 0;
    const std::string text = other;
    INFO(text);
    CHECK(scan_number(text.data(), text.data() + text.size(), value) == nullptr);
  }
}

TEST_CASE("any number of threads and any blocks give the same run") {
  std::mt19937 random(3);
  std::string text = "{\"lr\": 0.1, \"width\": 8}\n";
  for (int i = 0; text.size() < (5U << 20U); ++i) {
    const auto at = static_cast<int>(random() % 1000);
    text += "{\"step\": " + std::to_string(i) + ", \"loss\": " + std::to_string(1.0 / (1 + i)) + ", \"note\": \"n" +
            std::to_string(at) + "\"}\n";
    if (i % 50 == 7) text += "{\"step\": " + std::to_string(i) + ", \"val/loss\": NaN, \"x\": null}\n";
    if (at == 1) text += "no JSON\n";
    if (at == 2) text += "{\"step\": 1, \"nested\": {\"a\": [1, 2, 3]}, \"new" + std::to_string(i) + "\": 1}\n";
    if (at == 3) text += "{\"config\": {\"lr\": " + std::to_string(i) + "}, \"a\": 1, \"a\": 2}\n";
  }
  text += "{\"step\": 5, \"lo";
  const auto read = [&](unsigned threads, bool piecewise) {
    std::size_t at = 0;
    const auto pieces = [&](char* to, std::size_t most) {
      const std::size_t n = std::min({most, std::size_t{100001}, text.size() - at});
      std::copy_n(text.data() + at, n, to);
      at += n;
      return n;
    };
    Input input = piecewise ? Input(pieces, "x") : Input::of(text);
    RunBuilder builder(threads);
    read_json_lines(input, builder);
    Run run = builder.finish(input.lines());
    CHECK(broken_invariant(run) == "");
    return run;
  };
  const Run one = read(1, false);
  CHECK(one.config.size() == 2);
  for (const unsigned threads : {1U, 2U, 4U})
    for (const bool piecewise : {false, true}) CHECK(test::difference(one, read(threads, piecewise)) == "");
}

TEST_CASE("a key that stands twice is told, and the later value kept") {
  const auto read = [](std::string_view text) {
    Input input = Input::of(text);
    RunBuilder builder;
    read_json_lines(input, builder);
    return builder.finish(input.lines());
  };
  const std::string rows = "{\"step\": 1, \"loss\": 2}\n{\"step\": 2, \"loss\": 1}\n";
  for (const auto* twice : {"{\"step\": 3, \"loss\": 5, \"loss\": 7}\n", "{\"step\": 3, \"loss\": null, \"loss\": 7}\n",
                            "{\"step\": 3, \"loss\": 5, \"l\\u006fss\": 7}\n"}) {
    const Run run = read(rows + twice);
    CHECK(test::noted(run, "key.repeated") != nullptr);
    CHECK(test::series(run, "loss")->value.back() == 7);
    CHECK(test::noted(run, "value.null") == nullptr);
  }
}

TEST_CASE("a line of 20000 keys costs no more a key than a short one") {
  std::string wide = "{\"step\": 1";
  for (int i = 0; i < 19000; ++i) wide += ", \"key_with_a_long_name_" + std::to_string(i) + "\": [1]";
  wide += "}\n";
  std::string text = "{\"step\": 0, \"loss\": 1}\n";
  for (int i = 0; i < 5; ++i) text += wide;
  Input input = Input::of(text);
  RunBuilder builder;
  read_json_lines(input, builder);  // searching for each key took 0.5 s a line
  CHECK(builder.values() == 2 + 5 * 19001);
}
