#include "import/python_literal.hpp"

#include <cmath>

#include "support/catch.hpp"

using namespace expanalyze;

TEST_CASE("Python literals become JSON") {
  CHECK(parse_python("{'loss': 9.8, 'lr': 1e-05, 'n': -3}")->dump() == R"({"loss":9.8,"lr":1e-05,"n":-3})");
  CHECK(parse_python(" [True, False, None] ")->dump() == "[true,false,null]");
  CHECK(parse_python("(0.9, 0.999)")->dump() == "[0.9,0.999]");
  CHECK(parse_python("(1,)")->dump() == "[1]");
  CHECK(parse_python("((1))")->dump() == "1");
  CHECK(parse_python("()")->dump() == "[]");
  CHECK(parse_python("{}")->dump() == "{}");
  CHECK(parse_python("{1, 2}")->dump() == "[1,2]");
  CHECK(parse_python("{'a': {'b': [1, {'c': ()}]},}")->dump() == R"({"a":{"b":[1,{"c":[]}]}})");
  CHECK(parse_python("{0: 1.5, (1, 2): 2}")->dump() == R"-({"0":1.5,"(1, 2)":2})-");
  CHECK(parse_python("{'a': 1, 'a': 2}")->dump() == R"({"a":2})");
}

TEST_CASE("numbers that are not finite stay numbers") {
  const auto json = parse_python("{'a': nan, 'b': inf, 'c': -inf, 'd': float('nan')}");
  REQUIRE(json);
  CHECK(std::isnan((*json)["a"].get<double>()));
  CHECK((*json)["b"].get<double>() == HUGE_VAL);
  CHECK((*json)["c"].get<double>() == -HUGE_VAL);
  CHECK(std::isnan(*json_number((*json)["d"])));
}

TEST_CASE("what repr() writes of other types") {
  CHECK(parse_python("np.float64(0.5)")->dump() == "0.5");
  CHECK(parse_python("tensor(0.25, device='cuda:0')")->dump() == "0.25");
  CHECK(parse_python("array([1.0, 2.0], dtype=float32)") == std::nullopt);  // a bare name is no literal
  CHECK(parse_python("Namespace(lr=0.1, name='x')")->dump() == R"({"lr":0.1,"name":"x"})");
  CHECK(parse_python("{'s': <Strategy.STEPS: 'steps'>}")->dump() == R"({"s":"<Strategy.STEPS: 'steps'>"})");
}

TEST_CASE("strings with quotes and escapes") {
  CHECK(*parse_python(R"("it's")") == "it's");
  CHECK(*parse_python(R"('it\'s\n\x41\u00e9')") == "it's\nA\xC3\xA9");
  CHECK(*parse_python("u'x'") == "x");
  CHECK(*parse_python(R"('C:\\dir')") == R"(C:\dir)");
}

TEST_CASE("text that is no literal, or not all of it") {
  for (const auto* text : {"", "{", "{'a'", "{'a': 1", "'a", "{'a': 1} x", "[1 2]", "{1, 'a': 2}", "nope", "f(",
                           "1.2.3", "\\", "'\\", "{'a': 1,,}", "--1", "<a"})
    CHECK_FALSE(parse_python(text));
  CHECK_FALSE(parse_python(std::string(1000, '[') + std::string(1000, ']')));
}

TEST_CASE("a literal in front of other text is taken off") {
  std::string_view text = "{'loss': 1.5}  2%|# | 1/16 [00:58]";
  REQUIRE(take_python(text));
  CHECK(text == "  2%|# | 1/16 [00:58]");
  text = "no {'a': 1}";
  CHECK_FALSE(take_python(text));
  CHECK(text == "no {'a': 1}");
}
