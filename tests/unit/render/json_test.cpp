// The JSON document keeps the fields that scorers and launch scripts read.
#include <nlohmann/json.hpp>

#include "expanalyze/render.hpp"
#include "support/catch.hpp"
#include "unit/render/made_up.hpp"

using namespace expanalyze;
using Json = nlohmann::json;

TEST_CASE("a report as JSON has the fields of the contract with the values of the report") {
  const Json j = Json::parse(render_json(made_up::report()));
  CHECK(j["schema"] == "expanalyze/report/1");
  CHECK(j["tool"]["name"] == "expanalyze");
  CHECK(j["inputs"]["baseline"][0]["steps"] == Json({0, 601}));
  CHECK(j["inputs"]["experiment"][0]["notes"][0]["line"] == 626);
  CHECK(j["inputs"]["config_diff"][0] ==
        Json({{"key", "clip"}, {"baseline", 10}, {"experiment", 0.02}, {"class", "declared"}}));
  CHECK(j["inputs"]["config_diff"][1]["baseline"].is_null());
  CHECK(j["inputs"]["paired"]["correlation"] == 0.9931);
  const Json& verdict = j["review"]["verdict"];
  CHECK(verdict["step"] == "regressed");
  CHECK(verdict["tokens"] == "not_assessable");
  CHECK(verdict["overall"] == "regressed");
  CHECK(verdict["modifiers"] == Json({"but_slower"}));
  CHECK(j["review"]["final"]["difference"]["low"] == 0.112);
  CHECK(j["review"]["final"]["seed_sd"]["value"] == 0.0047);
  CHECK(j["review"]["final"]["seed_sd"]["source"] == "prior");
  const Json& findings = j["diagnosis"]["findings"];
  CHECK(findings[0]["role"] == "root");
  CHECK(findings[0]["symptom_of"].is_null());
  CHECK(findings[1]["symptom_of"] == "gradient_clipping_saturated");
  CHECK(findings[0]["evidence"][1]["supports"] == false);
  CHECK(findings[0]["evidence"][0]["where"][0]["line"] == 17);
  CHECK(findings.size() == 3);  // the weak one too
  CHECK(j["theory"]["wrong_assumption"] == Json({{"card", "clipping"}, {"claim", "rare"}}));
  CHECK(j["theory"]["update"]["text"] == "A clipped step has length 0.02.\nThe rest is lost.");
  const Json& path = j["vnext"]["paths"][0];
  CHECK(path["changes"] == Json({{"clip", 1.37}}));
  CHECK(path["replaces"] == Json({{"clip", 0.02}}));
  CHECK(path["expected"]["difference"]["confidence"] == 0.8);
  CHECK(path["expected"]["cost"]["wall_ratio"] == 0.94);
  CHECK(path["kill"]["step"] == 61);
  CHECK(j["vnext"]["crucial_experiment"]["between"][1] == "label_noise");
}

TEST_CASE("numbers that JSON lacks are strings, what is unknown is null") {
  const Json j = Json::parse(render_json(made_up::report()));
  CHECK(j["review"]["ends"][1]["final_value"] == "nan");
  CHECK(j["review"]["convergence"]["levels"][1]["experiment_step"] == "inf");
  CHECK(j["theory"]["claims"][1]["statistic"]["low"] == "-inf");
  CHECK(j["review"]["wall_clock"]["break_even"].is_null());
}

TEST_CASE("a report with nothing in it is still a whole document") {
  const Json j = Json::parse(render_json(Report{}));
  CHECK(j["review"]["verdict"]["flops"] == "not_assessable");
  CHECK(j["theory"]["wrong_assumption"].is_null());
  CHECK(j["vnext"]["crucial_experiment"].is_null());
  CHECK(j["vnext"]["paths"].empty());
  CHECK_FALSE(render_markdown(Report{}).empty());
}

TEST_CASE("hostile log text cannot break the document or reach a terminal") {
  const std::string text = render_json(made_up::hostile_report());
  CHECK(Json::accept(text));
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(Json::parse(text)["inputs"]["baseline"][0]["label"].get<std::string>().find("\xe2\x80\xae") ==
        std::string::npos);
}

TEST_CASE("a sweep as JSON keeps failed rows and says what is not computed") {
  const Json j = Json::parse(render_json(made_up::sweep()));
  CHECK(j["schema"] == "expanalyze/sweep/1");
  CHECK(j["groups"][0]["label"] == "lr_low");
  CHECK(j["groups"][0]["cost"]["wall_ratio"] == 1.13);
  CHECK(j["groups"][0]["failure"].is_null());
  CHECK(j["groups"][1]["failure"] == "the loss is not a number from step 19 on");
  CHECK(j["groups"][1]["cost"]["flops_ratio"].is_null());
  CHECK(j["groups"][0]["shrunk"].is_null());
  CHECK(j["notes"].back()["code"] == "sweep.not_computed");
}
