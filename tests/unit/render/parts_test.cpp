// Prose, tables and sparklines, with expected text worked by hand.
#include <cmath>

#include "render/prose.hpp"
#include "render/sparkline.hpp"
#include "render/table.hpp"
#include "support/catch.hpp"

using namespace expanalyze::render;

TEST_CASE("wrapped breaks at 100 columns, never inside a code span") {
  std::string text(96, 'a');
  text += " `b c` d";
  CHECK(wrapped(text, "- ", "  ") == "- " + text.substr(0, 96) + "\n  `b c` d\n");
}

TEST_CASE("wrapped starts no line with what Markdown would take for structure") {
  const std::string word(98, 'a');
  CHECK(wrapped(word + " - b") == word + " -\nb\n");
  CHECK(wrapped(word + " 3. b") == word + " 3.\nb\n");
  CHECK(wrapped(word + " # b") == word + " #\nb\n");
  CHECK(wrapped(word + " ::error b") == word + " ::error\nb\n");
}

TEST_CASE("safe_prose closes what could open a tag or a code span") {
  CHECK(safe_prose("a <b>c `<i>` 1 < 2") == "a &lt;b>c `<i>` 1 < 2");
  CHECK(safe_prose("left `open") == "left `open`");
  CHECK(safe_prose("two\nlines\x1b[0m") == "two lines?[0m");
}

TEST_CASE("shortened cuts at code points and closes code spans") {
  CHECK(shortened("abcdef", 6) == "abcdef");
  CHECK(shortened("abcdef", 4) == "abc…");
  CHECK(shortened("äöüäöü", 4) == "äöü…");
  CHECK(shortened("`abcdef`", 6) == "`…def`");
  CHECK(shortened("`seeds/run_1`", 9) == "`s…run_1`");
  CHECK(shortened("`…folder/log.txt`", 9) == "`…og.txt`");
  CHECK(shortened("so `abcdef`", 6) == "so `…`");
  CHECK(last_columns("äöüäöü", 4) == "…äöü");
  CHECK(last_columns("abcd", 4) == "abcd");
}

TEST_CASE("a table is padded, aligned, and fits the page") {
  Table t({{"Name"}, {"N", Table::Align::right}});
  CHECK(t.str().empty());
  t.add({"a|b", "1"});
  t.add({"longer", "23"});
  CHECK(t.str() ==
        "| Name   |   N |\n"
        "| ------ | --: |\n"
        "| a/b    |   1 |\n"
        "| longer |  23 |\n\n");
  Table wide({{"A"}, {"B"}});
  wide.add({std::string(200, 'x'), "0.123 [0.1, 0.2]"});
  CHECK(display_width(wide.str().substr(0, wide.str().find('\n'))) == kPageWidth);
  CHECK(wide.str().find("0.123 [0.1, 0.2]") != std::string::npos);
}

TEST_CASE("a sparkline draws eight heights on the common scale and x for what is not finite") {
  const std::vector<double> a{0, 1, 2, 3, 4, 5, 6, 7}, b{7, NAN, 0, INFINITY};
  const Scale s = common_scale(a, b);
  CHECK(s.min == 0);
  CHECK(s.max == 7);
  CHECK_FALSE(s.log);
  CHECK(sparkline(a, s, 60) == "▁▂▃▄▅▆▇█");
  CHECK(sparkline(b, s, 60) == "█x▁x");
  CHECK(sparkline(a, s, 2) == "▂▇");  // means 1.5 and 5.5 of 7: 1.7 and 6.3 eighths
  CHECK(sparkline({}, s, 60).empty());
  CHECK_FALSE(common_scale(std::vector<double>{NAN}, {}).valid);
}

TEST_CASE("a side that blows up does not flatten the other one") {
  const std::vector<double> calm{2, 1}, wild{2, 1e30};
  const Scale s = common_scale(calm, wild);
  CHECK(s.cut);
  CHECK(s.max == 2);
  CHECK(sparkline(calm, s, 60) == "█▁");
  CHECK(sparkline(wild, s, 60) == "██");
}

TEST_CASE("a flat curve is a flat line, a blow-up turns the scale logarithmic") {
  const std::vector<double> flat{2, 2}, blown{1, 10, 100};
  CHECK(sparkline(flat, common_scale(flat, flat), 60) == "▄▄");
  const Scale s = common_scale(blown, {});
  CHECK(s.log);
  CHECK(sparkline(blown, s, 60) == "▁▅█");
}
