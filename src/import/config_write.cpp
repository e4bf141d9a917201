#include "import/config_write.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "import/config_file.hpp"
#include "import/json_text.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

constexpr double kExactWhole = 9007199254740992.0;  // 2^53: from here on a double is no count
constexpr std::size_t kDeepestKey = 32;             // half of what the reader allows

bool is_yaml(const std::filesystem::path& path) {
  const std::string extension = lower(path.extension().string());
  return extension == ".yaml" || extension == ".yml";
}

/// The store keeps a list as its JSON text; a word that merely looks like one would read back as the same setting.
Json text_or_list(const std::string& text) {
  if (text.empty() || (text.front() != '[' && text.front() != '{')) return text;
  const auto parsed = parse_json(text);
  return parsed && config_value(*parsed) == ConfigValue{text} ? *parsed : Json(text);
}

struct ToJson {
  Json operator()(std::monostate) const { return nullptr; }
  Json operator()(bool b) const { return b; }
  Json operator()(double d) const {
    const bool whole = std::abs(d) < kExactWhole && d == std::floor(d) && !(d == 0 && std::signbit(d));
    return whole ? Json(static_cast<std::int64_t>(d)) : Json(d);
  }
  Json operator()(const std::string& s) const { return text_or_list(s); }
};

/// False when a part of the key is taken by a value.
bool put(Json& object, std::string_view key, Json value) {
  Json* at = &object;
  for (std::size_t depth = 0;; ++depth) {
    if (!at->is_object() || depth > kDeepestKey) return false;
    const auto dot = key.find('.');
    const std::string part(key.substr(0, dot));
    if (dot == std::string_view::npos) {
      if (at->contains(part)) return false;
      (*at)[part] = std::move(value);
      return true;
    }
    if (!at->contains(part)) (*at)[part] = Json::object();
    at = &(*at)[part];
    key.remove_prefix(dot + 1);
  }
}

/// Null when the keys cannot all be nested.
Json nested(const Config& config) {
  Json out = Json::object();
  for (const auto& [key, value] : config)
    if (!put(out, key, std::visit(ToJson{}, value))) return {};
  return out;
}

Json flat(const Config& config) {
  Json out = Json::object();
  for (const auto& [key, value] : config) out[key] = std::visit(ToJson{}, value);
  return out;
}

/// Words that some version of YAML takes for something else (1.1: yes, on; 1.2: null), and what reads as a number.
bool needs_quotes(const std::string& text) {
  static constexpr std::array<std::string_view, 9> taken{"true", "false", "null", "yes", "no", "on", "off", "y", "n"};
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto inside = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '/'; };
  if (text.empty() || !letter(text.front()) || !std::all_of(text.begin(), text.end(), inside)) return true;
  return number_from(text).has_value() || std::find(taken.begin(), taken.end(), lower(text)) != taken.end();
}

void emit_text(YAML::Emitter& out, const std::string& text) {
  if (needs_quotes(text)) out << YAML::DoubleQuoted;
  out << text;
}

/// As JSON would say it, with the point that YAML 1.1 wants before an exponent: 1e-05 is a word there.
std::string number_text(const Json& number) {
  if (number.is_number_float()) {
    const double d = number.get<double>();
    if (std::isnan(d)) return ".nan";
    if (std::isinf(d)) return d > 0 ? ".inf" : "-.inf";
  }
  std::string text = number.dump();
  const auto e = text.find('e');
  if (e != std::string::npos && text.find('.') == std::string::npos) text.insert(e, ".0");
  return text;
}

void emit(YAML::Emitter& out, const Json& value, bool inside_list) {
  if (value.is_null()) {
    out << YAML::Null;
  } else if (value.is_boolean()) {
    out << (value.get<bool>() ? "true" : "false");
  } else if (value.is_number()) {
    out << number_text(value);
  } else if (value.is_string()) {
    emit_text(out, value.get_ref<const std::string&>());
  } else if (value.is_array()) {
    out << YAML::Flow << YAML::BeginSeq;
    for (const auto& item : value) emit(out, item, true);
    out << YAML::EndSeq;
  } else {
    if (inside_list || value.empty()) out << YAML::Flow;
    out << YAML::BeginMap;
    for (const auto& [key, inner] : value.items()) {
      out << YAML::Key;
      emit_text(out, key);
      out << YAML::Value;
      emit(out, inner, inside_list);
    }
    out << YAML::EndMap;
  }
}

std::string text_of(const Json& object, bool yaml) {
  if (!yaml) return object.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  YAML::Emitter out;
  emit(out, object, false);
  return std::string(out.c_str(), out.size()) + "\n";
}

bool same(const ConfigValue& a, const ConfigValue& b) {
  const auto* x = std::get_if<double>(&a);
  const auto* y = std::get_if<double>(&b);
  return a == b || (x != nullptr && y != nullptr && std::isnan(*x) && std::isnan(*y));
}

std::vector<std::string> lost_in(const std::string& text, const Config& config, const std::filesystem::path& path) {
  const Config back = parse_config(text, path);
  std::vector<std::string> out;
  for (const auto& [key, value] : config)
    if (const auto at = back.find(key); at == back.end() || !same(at->second, value)) out.push_back(key);
  return out;
}

}  // namespace

bool can_write_config(const std::filesystem::path& path) {
  return is_yaml(path) || lower(path.extension().string()) == ".json";
}

WrittenConfig written_config(const Config& config, const std::filesystem::path& path) {
  const Json tree = nested(config);
  if (tree.is_object()) {
    std::string text = text_of(tree, is_yaml(path));
    if (lost_in(text, config, path).empty()) return {std::move(text), {}};
  }
  std::string text = text_of(flat(config), is_yaml(path));
  std::vector<std::string> lost = lost_in(text, config, path);
  return {std::move(text), std::move(lost)};
}

}  // namespace expanalyze
