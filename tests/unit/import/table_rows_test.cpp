// The hot path of tables, against the careful one and over any blocks and threads.
#include <algorithm>
#include <random>

#include "import/table.hpp"
#include "import/table_header.hpp"
#include "io/input.hpp"
#include "store/run_builder.hpp"
#include "support/catch.hpp"
#include "support/same_run.hpp"

using namespace expanalyze;

namespace {

Run read(std::string_view text, unsigned threads = 1) {
  Input input = Input::of(text);
  RunBuilder builder(threads);
  read_table(input, builder);
  Run run = builder.finish(input.lines());
  CHECK(broken_invariant(run) == "");
  return run;
}

std::vector<double> values(const Run& run, std::string_view key) {
  const Series* s = test::series(run, key);
  REQUIRE(s != nullptr);
  return s->value;
}

const std::vector<std::string> kCells{
    "1", "-0",   "0.5",  "+3",    " 7 ",   "1e5",     ".5",    "1.",     "007", "nan", "inf", "-Inf",
    "",  "none", "true", "False", "train", "1:02:03", "1e999", "1e-999", "a b", "NaN", "0x1", "12345678901234567890"};

}  // namespace

TEST_CASE("a cell means the same with and without quotes") {
  std::mt19937 random(1);
  std::string plain = "step,loss,mode\n", quoted = plain;
  for (int i = 0; i < 5000; ++i) {
    for (int column = 0; column < 3; ++column) {
      const auto& cell = column == 0 && i < 5 ? kCells[0] : kCells[random() % kCells.size()];
      plain += cell + (column == 2 ? "\n" : ",");
      quoted += '"' + cell + (column == 2 ? "\"\n" : "\",");
    }
  }
  CHECK(test::difference(read(plain), read(quoted)) == "");
}

TEST_CASE("quotes in any places mean what they mean in a row that is split with care") {
  static const std::vector<std::string> kPieces{"\"", "\"\"", ",", ",",     "a",      "b c",
                                                "1",  "0.25", "#", "\"a\"", "\"x,y\""};
  std::mt19937 random(4);
  const std::string header = "step,loss,mode\n1,2,a\n1,2,a\n";
  std::string odd = header, careful = header;
  std::size_t rows = 0;
  for (int i = 0; i < 200000; ++i) {
    std::string row = "7,";
    for (auto n = 2 + random() % 8; n > 0; --n) row += kPieces[random() % kPieces.size()];
    const auto fields = split_row(row, ',');
    if (fields.size() != 3 || std::count(row.begin(), row.end(), '"') % 2 == 1) continue;
    odd += row + "\n";
    for (std::string field : fields) {
      for (auto at = field.find('"'); at != std::string::npos; at = field.find('"', at + 2)) field.insert(at, 1, '"');
      careful += '"' + field + "\",";
    }
    careful.back() = '\n';
    ++rows;
  }
  CHECK(rows > 10000);
  CHECK(test::difference(read(odd), read(careful)) == "");
}

TEST_CASE("tables are the same for any number of threads, quoted rows over the ends of blocks included") {
  std::mt19937 random(2);
  std::string text = "# made up\nstep,loss,why\n";
  for (int i = 0; text.size() < (5U << 20U); ++i) {
    text += std::to_string(i) + "," + std::to_string(1.0 / (i + 1));
    const auto kind = random() % 50;
    text += kind == 0   ? ",\"two\nlines, " + std::string(random() % 3000, 'x') + "\"\n"
            : kind == 1 ? ",\"open\n"
            : kind == 2 ? "\n"
            : kind == 3 ? ",word" + std::to_string(i) + "\n"
                        : ",ok\r\n";
    if (kind == 4) text += "step,loss,why\n";
  }
  const Run one = read(text, 1);
  CHECK(test::noted(one, "table.header_again") != nullptr);
  for (const unsigned threads : {2U, 4U}) CHECK(test::difference(one, read(text, threads)) == "");
}

TEST_CASE("decimal commas, where the delimiter is none") {
  const Run run = read("step;loss;note\n1;0,5;a\n2;0,25;b\n3;-1,5e-3;c\n");
  CHECK(values(run, "loss") == std::vector<double>{0.5, 0.25, -1.5e-3});
  CHECK(test::noted(run, "number.decimal_comma") != nullptr);
  CHECK(test::series(read("step;loss;note\n1;0.5;1,234\n2;0.25;5,678\n"), "note") == nullptr);
}

TEST_CASE("comments within a table are no broken rows") {
  const Run run = read("step,loss\n1,2\n# resumed from checkpoint, at 1, by hand\n2,1\n");
  CHECK(run.lines_understood == 4);
  CHECK(test::noted(run, "line.unreadable") == nullptr);
}

TEST_CASE("a last row without a newline") {
  const auto last = [](std::string_view text, std::string_view key) { return values(read(text), key); };
  SECTION("printed like the rows above it: whole") {
    CHECK(last("step,loss\n1,2.50\n2,1.25\n3,1.10", "loss").size() == 3);
    CHECK(last("loss,step\n2.5,10\n1.2,20\n1.1,30", "step").size() == 3);
    CHECK(last("loss,mode\n2.5,train\n1.2,train\n1.1,train", "loss").size() == 3);
    CHECK(last("step,loss\n1,0.1234567890123456\n2,0.12345678901234567\n3,0.123456789012345", "loss").size() == 3);
  }
  SECTION("shorter: the last cell may be cut, the others are whole") {
    for (const auto* text : {"step,loss\n1,2.50\n2,1.25\n3,1.1", "step,loss\n1,2.50\n2,1.25\n3,1.",
                             "step,loss\n1,2.50\n2,1.25\n3,1", "step,loss\n1,2.5e-05\n2,1.5e-05\n3,1.5e-0"}) {
      INFO(text);
      const Run run = read(text);
      CHECK(values(run, "step") == std::vector<double>{1, 2, 3});
      CHECK(values(run, "loss").size() == 2);
      CHECK(test::noted(run, "line.cut") != nullptr);
    }
    CHECK(last("loss,step\n2.5,1000\n1.2,2000\n1.1,30", "step").size() == 2);
  }
  SECTION("fewer fields: left out") {
    const Run run = read("step,loss\n1,2.50\n2,1.25\n3");
    CHECK(values(run, "step").size() == 2);
    CHECK(test::noted(run, "line.cut") != nullptr);
  }
}

TEST_CASE("rows end where their quotes do") {
  CHECK(whole_rows("a,b\n1,2\n") == 8);
  CHECK(whole_rows("a,b\n1,\"2\n") == 4);
  CHECK(whole_rows("a,b\n1,\"2\n3\"\n") == 12);
  std::string never = "1,\"2\n";
  for (int i = 0; i < 200; ++i) never += "3,4\n";
  CHECK(whole_rows(never) == never.size());
}
