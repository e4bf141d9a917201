#include "pipeline/seed_groups.hpp"

#include <algorithm>
#include <filesystem>
#include <map>

#include "store/recipe.hpp"
#include "store/same_content.hpp"
#include "text/format.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
/// A UUID or another name drawn at random says nothing about the recipe: hexadecimal digits, at least 8, of both kinds.
bool is_random_name(std::string_view label) {
  std::size_t digits = 0, letters = 0;
  for (const char c : label) {
    if (is_digit(c))
      ++digits;
    else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
      ++letters;
    else if (c != '-')
      return false;
  }
  return digits + letters >= 8 && digits > 0 && letters > 0;
}

bool is_separator(char c) { return c == '_' || c == '-' || c == '.' || c == '=' || c == '/' || c == ' '; }

/// Apart from path, seed and names of the run: a log copied under another seed's name is no second seed.
bool same_content(const Run& a, const Run& b) {
  return recipe_of(a.config) == recipe_of(b.config) && same_records(a, b);
}

}  // namespace

std::string without_seed(std::string_view label) {
  if (is_random_name(label)) return {};
  std::size_t end = label.size();
  while (end > 0 && is_digit(label[end - 1])) --end;
  if (end == label.size()) return std::string(label);
  const std::string head = lower(label.substr(0, end));

  std::size_t word = head.size();
  if (head.ends_with("#"))  // run 3 of a file that several runs were written to
    return std::string(label.substr(0, end - 1));
  if (head.ends_with("seed"))
    word -= 4;
  else if (head.ends_with("seed=") || head.ends_with("seed_") || head.ends_with("seed-"))
    word -= 5;
  else if (head.ends_with("s"))
    word -= 1;
  else
    return std::string(label);

  const bool whole_word = word == 0 || is_separator(head[word - 1]);
  const bool lone_s = head.size() - word == 1 && word == 0;  // "s1" may be a name; "x_s1" is a seed
  if (!whole_word || lone_s) return std::string(label);
  while (word > 0 && is_separator(head[word - 1])) --word;
  return std::string(label.substr(0, word));
}

std::string seed_stem(const Run& run) {
  std::string stem = without_seed(run.parts > 1 ? run.label.substr(0, run.label.rfind('#')) : run.label);
  if (!stem.empty()) return stem;
  std::filesystem::path folder = std::filesystem::path(run.path).parent_path();
  while (!folder.empty() && folder != folder.parent_path()) {
    stem = without_seed(folder.filename().string());
    if (!stem.empty()) return stem;
    folder = folder.parent_path();
  }
  return run.label;
}

void make_labels_unique(std::vector<Run>& runs) {
  std::map<std::string, std::size_t> times;
  for (const Run& run : runs) ++times[run.label];
  std::vector<std::filesystem::path> folder;
  for (const Run& run : runs) {
    std::filesystem::path path = std::filesystem::path(run.path).parent_path();
    // A label that is the folder's name already stands for it.
    folder.push_back(path.filename() == run.label ? path.parent_path() : path);
  }
  // A folder helps only against a run that stands in another one.
  const auto folder_helps = [&](std::size_t i) {
    for (std::size_t k = 0; k < runs.size(); ++k)
      if (k != i && runs[k].label == runs[i].label && folder[k] != folder[i]) return true;
    return false;
  };
  bool changed = true;
  while (changed) {
    changed = false;
    std::vector<std::size_t> todo;
    for (std::size_t i = 0; i < runs.size(); ++i)
      if (times[runs[i].label] > 1 && folder_helps(i)) todo.push_back(i);
    for (const std::size_t i : todo) {
      const std::string name = folder[i].filename().string();
      if (name.empty() || name == "." || name == "..") continue;
      runs[i].label = name + "/" + runs[i].label;
      folder[i] = folder[i].parent_path();
      changed = true;
    }
    times.clear();
    for (const Run& run : runs) ++times[run.label];
  }
  // The same path twice, or files in one folder that share a stem: a number.
  std::map<std::string, std::size_t> seen;
  for (Run& run : runs)
    if (times[run.label] > 1 && ++seen[run.label] > 1) run.label += " #" + std::to_string(seen[run.label]);
}

std::vector<SeedGroup> seed_groups(const RunStore& runs) {
  struct Key {
    std::string stem;
    Config recipe;
  };
  std::vector<Key> keys;
  std::vector<SeedGroup> groups;
  for (RunId id = 0; id < runs.runs.size(); ++id) {
    const Key key{seed_stem(runs.runs[id]), recipe_of(runs.runs[id].config)};
    const auto same = std::find_if(keys.begin(), keys.end(),
                                   [&](const Key& k) { return k.stem == key.stem && k.recipe == key.recipe; });
    if (same != keys.end()) {
      groups[static_cast<std::size_t>(same - keys.begin())].runs.push_back(id);
      continue;
    }
    // The second recipe under one stem keeps its run's own label.
    const bool taken = std::any_of(keys.begin(), keys.end(), [&](const Key& k) { return k.stem == key.stem; });
    groups.push_back({taken ? runs.runs[id].label : key.stem, {id}});
    keys.push_back(key);
  }
  return groups;
}

std::vector<RunId> without_duplicates(const RunStore& runs, const std::vector<RunId>& ids, std::vector<Note>& notes) {
  std::vector<RunId> kept;
  for (const RunId id : ids) {
    const Run& run = runs.runs[id];
    const auto twin = std::find_if(kept.begin(), kept.end(), [&](RunId k) { return same_content(runs.runs[k], run); });
    if (twin == kept.end()) {
      kept.push_back(id);
      continue;
    }
    notes.push_back({"input.duplicate",
                     code_span(run.path) + " holds the same records as " + code_span(runs.runs[*twin].path) +
                         ": it counts as one run, not as another seed.",
                     {run.label, {}, 0},
                     1});
  }
  return kept;
}

}  // namespace expanalyze
