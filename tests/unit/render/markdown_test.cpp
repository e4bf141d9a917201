// The page: what it must say, how wide it may be, and that log text stays text.
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "expanalyze/render.hpp"
#include "render/prose.hpp"
#include "support/catch.hpp"
#include "text/format.hpp"
#include "unit/render/made_up.hpp"

using namespace expanalyze;
using Json = nlohmann::json;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Line breaks of wrapping are not part of what a page says.
std::string unwrapped(const std::string& text) { return std::regex_replace(text, std::regex("\n +"), " "); }

std::set<std::string> numbers_in(const std::string& text) {
  static const std::regex form(R"((^|[^\w.])(\d+(\.\d+)?(e[-+]\d+)?)(?![\w]))");
  std::set<std::string> out;
  for (std::sregex_iterator it(text.begin(), text.end(), form), end; it != end; ++it) out.insert((*it)[2]);
  return out;
}

/// Every way in which a page may write the numbers of a document.
void gather(const Json& j, std::set<std::string>& out) {
  if (j.is_structured()) out.insert(std::to_string(j.size()));
  if (j.is_structured())
    for (const auto& item : j) gather(item, out);
  if (j.is_string()) out.merge(numbers_in(j.get<std::string>()));
  if (!j.is_number()) return;
  const double v = std::abs(j.get<double>());
  for (const int digits : {2, 3, 4, 6})
    for (const std::string& text : {number(v, digits), percent(v, digits)}) out.merge(numbers_in(text));
  for (const std::string& text : {duration(v), flop_count(v), count(v)}) out.merge(numbers_in(text));
}

}  // namespace

TEST_CASE("the page says the four steps in order, the verdict first") {
  const std::string page = render_markdown(made_up::report());
  std::size_t at = 0;
  for (const char* part :
       {"# `clipped` against `plain`", "**Verdict: regressed.**", "## 1. Metric Review", "## 2. Diagnosis",
        "## 3. Theory Update", "## 4. V-Next Recipe", "## Inputs and data quality"}) {
    const std::size_t found = page.find(part, at);
    INFO(part);
    REQUIRE(found != std::string::npos);
    at = found;
  }
}

TEST_CASE("findings: words for the probability, evidence for and against with its place, symptoms under their root") {
  const std::string page = unwrapped(render_markdown(made_up::report()));
  CHECK(holds(page, "### `gradient_clipping_saturated`: very likely (0.93)"));
  CHECK(holds(page, "- **+** 99 % of steps are clipped (`clipped`, `clip_frac`, line 17, step 13)"));
  CHECK(holds(page, "- **−** the baseline is clipped too"));
  CHECK(holds(page, "Symptom of `gradient_clipping_saturated`: `lr_too_low`, likely (0.71)."));
  CHECK_FALSE(holds(page, "### `label_noise`"));  // below 0.33: named only
  CHECK(holds(page, "Weaker, with their evidence in the JSON report: `label_noise`"));
  CHECK(holds(page, "`dead_units`: no share of dead units is logged. To log: dead_relu_frac every 50 steps."));
}

TEST_CASE("a symptom whose root is not shown stands on its own") {
  Report r = made_up::report();
  r.diagnosis.findings.front().probability = 0.2;
  CHECK(holds(render_markdown(r), "### `lr_too_low`: likely (0.71)"));
}

TEST_CASE("paths: change, expectation at 80 %, cost, kill criterion, plan") {
  const std::string page = unwrapped(render_markdown(made_up::report()));
  CHECK(holds(page, "### Path 1, hyperparameter: raise `clip` from 0.02 to 1.37"));
  CHECK(holds(page, "clip: 0.02 → 1.37"));
  CHECK(holds(page, "-0.11 [-0.13, -0.06] (80 %)"));
  CHECK(holds(page, "at step 61: `clip_frac > 0.3`"));
  CHECK(holds(page, "\n2. Watch clip_frac."));
}

TEST_CASE("what earlier steps say twice is said once, and the legend of gaps only where there is one") {
  Report r = made_up::report();
  CHECK(holds(render_markdown(r), "x: no finite value here"));
  r.review.sketches.front().experiment.back() = 0.7;
  r.review.final_quality.sentences = {"Neither side has a plateau."};
  r.review.final_quality.plateau = "neither side has a plateau.";
  r.diagnosis.findings.front().soul = r.diagnosis.soul;
  const std::string page = unwrapped(render_markdown(r));
  CHECK_FALSE(holds(page, "x: no finite value here"));
  CHECK_FALSE(holds(page, "neither side"));
  CHECK(page.find("fiftieth of its") == page.rfind("fiftieth of its"));
}

TEST_CASE("a number comes with its interval or with the reason why it has none") {
  const std::string page = render_markdown(made_up::report());
  CHECK(holds(page, "+0.122 [+0.112, +0.132]"));
  CHECK(holds(page, "0.027 (one seed)"));
  CHECK(holds(page, "+23.4 % [+21.4, +25.4]"));
  CHECK(holds(page, "not reached"));
}

TEST_CASE("every number on the page is in the JSON document") {
  const Report r = made_up::report();
  std::set<std::string> known{"1", "2", "3", "4", "80", "90", "0.33"};  // headings, stated levels of confidence
  gather(Json::parse(render_json(r)), known);
  for (const std::string& n : numbers_in(render_markdown(r))) {
    INFO("on the page only: " << n);
    CHECK(known.count(n) == 1);
  }
}

TEST_CASE("no line but a heading is wider than the page") {
  for (const std::string& page : {render_markdown(made_up::report()), render_markdown(made_up::hostile_report()),
                                  render_markdown(made_up::sweep()), render_markdown(Report{})})
    for (const std::string& line : lines_of(page)) {
      INFO(line);
      CHECK((render::display_width(line) <= render::kPageWidth || line.front() == '#'));
    }
}

TEST_CASE("hostile log text stays inside code spans") {
  bool fenced = false;
  for (const std::string& line : lines_of(render_markdown(made_up::hostile_report()))) {
    INFO(line);
    for (const char c : line) CHECK((static_cast<unsigned char>(c) >= 0x20 && c != 0x7F));
    CHECK(line.substr(0, 2) != "::");
    CHECK(line.substr(0, 7) != "# Owned");
    CHECK_FALSE(holds(line, "\xe2\x80\xae"));
    if (line.substr(0, 3) == "```")
      fenced = !fenced;
    else if (!fenced) {
      CHECK(std::count(line.begin(), line.end(), '`') % 2 == 0);
      CHECK_FALSE(holds(std::regex_replace(line, std::regex("`[^`]*`"), ""), "<s"));
    }
  }
  CHECK_FALSE(fenced);
}

TEST_CASE("sections with nothing to say give the reason") {
  const std::string page = unwrapped(render_markdown(Report{}));
  CHECK(holds(page, "No cause reaches a probability of 0.33"));
  CHECK(holds(page, "No theory card applies"));
  CHECK(holds(page, "No path: no diagnosis is likely enough"));
  CHECK(holds(page, "The settings of one side or both are unknown"));
  CHECK_FALSE(std::regex_search(page, std::regex("(#+ [^\n]*\n\n)#")));  // no heading with nothing under it
}

TEST_CASE("a sweep page shows failed rows with their reason") {
  const std::string page = render_markdown(made_up::sweep());
  CHECK(holds(page, "| `lr_low`  |    2 | improved |"));
  CHECK(holds(page, "Failed or not comparable: the loss is not a number from step 19 on"));
  CHECK(holds(page, "sweep.not_computed"));
}
