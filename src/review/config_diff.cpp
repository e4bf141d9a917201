// What besides the idea under test differs between the two configs (science handbook D0.5).
#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include "review/sides.hpp"

namespace expanalyze {

namespace {

// Settings that name, place or log a run and cannot move its loss.
constexpr std::array<std::string_view, 34> kBenign{
    "seed",         "name",          "run_name",   "run_id",     "id",         "path",
    "dir",          "output_dir",    "out_dir",    "log_dir",    "logdir",     "data_dir",
    "host",         "hostname",      "time",       "timestamp",  "date",       "user",
    "project",      "group",         "tags",       "notes",      "entity",     "log_every",
    "log_interval", "logging_steps", "save_every", "save_steps", "eval_every", "eval_interval",
    "git_commit",   "git_branch",    "git_dirty",  "description"};

std::string last_word(const std::string& key) {
  std::string word = key.substr(key.find_last_of("./") == std::string::npos ? 0 : key.find_last_of("./") + 1);
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return word;
}

bool is_benign(const std::string& key) {
  const std::string word = last_word(key);
  return std::find(kBenign.begin(), kBenign.end(), word) != kBenign.end() || word.ends_with("_seed") ||
         word.ends_with("_path");
}

bool same(const ConfigValue& a, const ConfigValue& b) {
  if (const auto* x = std::get_if<double>(&a))
    if (const auto* y = std::get_if<double>(&b))
      return *x == *y || std::abs(*x - *y) <= 1e-9 * std::max(std::abs(*x), std::abs(*y)) ||
             (std::isnan(*x) && std::isnan(*y));
  if (const auto* x = std::get_if<std::string>(&a))
    if (const auto* y = std::get_if<std::string>(&b))
      return std::equal(x->begin(), x->end(), y->begin(), y->end(),
                        [](unsigned char p, unsigned char q) { return std::tolower(p) == std::tolower(q); });
  return a == b;
}

}  // namespace

std::vector<ConfigDifference> config_difference(const Run& baseline, const Run& experiment) {
  std::vector<ConfigDifference> out;
  const auto add = [&](const std::string& key, const ConfigValue& b, const ConfigValue& e) {
    if (!same(b, e))
      out.push_back(
          {key, b, e, is_benign(key) ? ConfigDifference::Class::benign : ConfigDifference::Class::consequential});
  };
  for (const auto& [key, value] : baseline.config) {
    const auto other = experiment.config.find(key);
    add(key, value, other == experiment.config.end() ? ConfigValue{} : other->second);
  }
  for (const auto& [key, value] : experiment.config)
    if (!baseline.config.contains(key)) add(key, ConfigValue{}, value);
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  return out;
}

}  // namespace expanalyze
