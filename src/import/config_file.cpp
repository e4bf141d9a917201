#include "import/config_file.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <toml++/toml.h>
#include <array>
#include <cstdint>
#include <sstream>

#include "expanalyze/error.hpp"
#include "import/json_text.hpp"
#include "io/input.hpp"
#include "text/format.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

namespace fs = std::filesystem;

constexpr auto kNames = std::to_array<std::string_view>({"config.json", "config.yaml", "config.yml", "config.toml",
                                                         "hparams.yaml", "hparams.json", "params.json", "params.yaml",
                                                         "args.json", "args.yaml", "flags_0.json"});

[[noreturn]] void damaged(const fs::path& path, std::string_view what) {
  throw Error(Error::Kind::input, fmt::format("{}: {}", path.string(), one_line(what)),
              "check the syntax of this config file");
}

std::string join_key(const std::string& prefix, const std::string& key) {
  return prefix.empty() ? key : prefix + "." + key;
}

void flatten(const Json& object, const std::string& prefix, Config& config) {
  for (const auto& [key, value] : object.items()) {
    if (prefix.empty() && key == "_wandb") continue;
    // W&B: {"lr": {"desc": null, "value": 0.1}}
    const bool wandb = value.is_object() && value.contains("value") &&
                       (value.size() == 1 || (value.size() == 2 && value.contains("desc")));
    const Json& inner = wandb ? value["value"] : value;
    if (inner.is_object() && !inner.empty())
      flatten(inner, join_key(prefix, key), config);
    else
      config.insert_or_assign(join_key(prefix, key), config_value(inner));
  }
}

/// A whole number stays one, so that a list of them has the text that it has in JSON.
Json whole(const std::string& text, double value) {
  constexpr std::size_t kDigitsOfDouble = 15;
  const bool digits = text.size() <= kDigitsOfDouble && text.find_first_not_of("0123456789-") == std::string::npos;
  return digits ? Json(static_cast<std::int64_t>(value)) : Json(value);
}

/// yaml-cpp keeps scalars as text: a plain one is a number, a truth value or null by YAML's core schema, a quoted one a
/// word.
Json scalar(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!") return text;
  if (const auto v = number_from(text.substr(0, 1) == "." ? text.substr(1) : text); v && text != ".") {
    if (const auto decimal = number_from(text)) return whole(text, *decimal);
    if (!(*v - *v == 0)) return *v;  // .inf, .nan
  }
  const std::string word = lower(text);
  if (word == "true" || word == "false") return word == "true";
  if (word == "null" || word == "~" || word.empty()) return nullptr;
  return text;
}

/// Aliases can make a small file stand for a huge tree: nodes are counted.
constexpr std::size_t kMostNodes = 100000;

Json from_yaml(const YAML::Node& node, std::size_t depth, std::size_t& nodes) {
  if (depth > kDeepest || ++nodes > kMostNodes) throw YAML::Exception(node.Mark(), "nested too deeply, or too large");
  if (node.IsScalar()) return scalar(node);
  Json out = node.IsSequence() ? Json::array() : node.IsMap() ? Json::object() : Json();
  if (node.IsSequence())
    for (const auto& item : node) out.push_back(from_yaml(item, depth + 1, nodes));
  if (node.IsMap())
    for (const auto& item : node)
      out[item.first.IsScalar() ? item.first.Scalar() : std::string("?")] = from_yaml(item.second, depth + 1, nodes);
  return out;
}

Json parse_yaml(const fs::path& path, const std::string& text) {
  try {
    std::size_t nodes = 0;
    return from_yaml(YAML::Load(text), 0, nodes);
  } catch (const YAML::Exception& e) {
    damaged(path, e.what());
  }
}

Json parse_toml(const fs::path& path, const std::string& text) {
  try {
    std::ostringstream out;
    out << toml::json_formatter{toml::parse(text)};
    if (auto json = parse_json(out.str())) return *json;
  } catch (const toml::parse_error& e) {
    damaged(path, fmt::format("line {}: {}", e.source().begin.line, e.description()));
  }
  damaged(path, "nested too deeply, or too large");
}

}  // namespace

Config read_config_file(const fs::path& path) { return parse_config(read_file(path), path); }

Config parse_config(const std::string& text, const fs::path& path) {
  const std::string extension = lower(path.extension().string());
  Json json;
  if (extension == ".toml") {
    json = parse_toml(path, text);
  } else if (extension == ".yaml" || extension == ".yml") {
    json = parse_yaml(path, text);
  } else if (auto parsed = parse_json(text)) {
    json = std::move(*parsed);
  } else if (extension == ".json") {
    damaged(path, "is no JSON document");
  } else {
    json = parse_yaml(path, text);
  }
  if (!json.is_object() && !json.is_null()) damaged(path, "holds no settings by name");
  Config config;
  if (json.is_object()) flatten(json, {}, config);
  return config;
}

fs::path config_beside(const fs::path& log) {
  std::error_code error;
  auto own = log.parent_path() / log.stem();
  own += ".config.json";
  if (fs::is_regular_file(own, error)) return own;
  for (const auto name : kNames)
    if (const auto path = log.parent_path() / name; path != log && fs::is_regular_file(path, error)) return path;
  return {};
}

bool is_config_name(const fs::path& path) {
  const std::string name = lower(path.filename().string());
  for (const auto known : kNames)
    if (name == known) return true;
  return name.size() > 12 && name.substr(name.size() - 12) == ".config.json";
}

Error holds_settings_only() {
  return {Error::Kind::input, "holds settings, no records of a run",
          "name the log that they belong to: settings are looked for beside it, and --config FILE names others"};
}

}  // namespace expanalyze
