// What is written reads back as the same settings, in either syntax.
#include "import/config_write.hpp"

#include <limits>

#include "import/config_file.hpp"
#include "support/catch.hpp"

using namespace expanalyze;

namespace {

Config hostile() {
  return {{"optim.lr", 1e-05},
          {"optim.betas", std::string("[0.9,0.95]")},
          {"optim.name", std::string("adamw")},
          {"steps", 600.0},
          {"amp", true},
          {"none", {}},
          {"norway", std::string("no")},
          {"version", std::string("1.10")},
          {"time", std::string("12:30:45")},
          {"word", std::string("null")},
          {"note", std::string("a: b # c\n\x1b[31m- d")},
          {"dash", std::string("- x")},
          {"empty", std::string()},
          {"odd key: yes", 2.5},
          {"true", 3.0},
          {"nan word", std::string("nan")},
          {"star", std::string("*x")},
          {"quoted", std::string("\"a\" 'b' \\n")},
          {"unicode", std::string("café ✓")},
          {"small", 3e-308},
          {"large", 1e300},
          {"list", std::string("[{\"a\":1,\"b\":\"no\"},[],null]")},
          {"map", std::string("{}")}};
}

}  // namespace

TEST_CASE("settings come back as they were written") {
  for (const char* name : {"next.json", "next.yaml", "next.yml"}) {
    INFO(name);
    const WrittenConfig written = written_config(hostile(), name);
    INFO(written.text);
    CHECK(written.lost.empty());
    CHECK(parse_config(written.text, name) == hostile());
  }
}

TEST_CASE("keys are nested at their dots") {
  const Config config{{"a.b", 1.0}, {"a.c.d", std::string("x")}};
  CHECK(written_config(config, "n.json").text ==
        "{\n  \"a\": {\n    \"b\": 1,\n    \"c\": {\n      \"d\": \"x\"\n    }\n  }\n}\n");
  CHECK(written_config(config, "n.yaml").text == "a:\n  b: 1\n  c:\n    d: x\n");
}

TEST_CASE("keys that cannot be nested stay flat") {
  // "x.value" alone below x would be read as one of W&B's wrappers.
  for (const Config& config :
       {Config{{"a", 1.0}, {"a.b", 2.0}}, Config{{"x.value", 1.0}}, Config{{".a", 1.0}, {"b.", 2.0}}})
    for (const char* name : {"n.json", "n.yaml"}) {
      const WrittenConfig written = written_config(config, name);
      CHECK(written.lost.empty());
      CHECK(parse_config(written.text, name) == config);
    }
}

TEST_CASE("what a syntax cannot hold is named") {
  const Config config{{"cap", std::numeric_limits<double>::infinity()}, {"gap", std::nan("")}, {"lr", 0.1}};
  CHECK(written_config(config, "n.json").lost == std::vector<std::string>{"cap", "gap"});
  CHECK(written_config(config, "n.yaml").lost.empty());
}

TEST_CASE("only JSON and YAML are written") {
  CHECK(can_write_config("a/b.JSON"));
  CHECK(can_write_config("b.yml"));
  CHECK_FALSE(can_write_config("b.toml"));
  CHECK_FALSE(can_write_config("json"));
}
