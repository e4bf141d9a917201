#include "pipeline/pick_series.hpp"

#include <algorithm>
#include <set>

#include "text/parse.hpp"

namespace expanalyze {

namespace {

struct Wanted {
  std::string_view name;
  Labels labels;
};

/// "name{key=value,key=value}"; the whole text is the name where it does not end like that.
Wanted take_labels(std::string_view text) {
  const auto open = text.rfind('{');
  if (open == std::string_view::npos || text.back() != '}') return {text, {}};
  Wanted wanted{trim(text.substr(0, open)), {}};
  std::string_view rest = text.substr(open + 1, text.size() - open - 2);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos) return {text, {}};
    wanted.labels.emplace_back(trim(pair.substr(0, equals)), trim(pair.substr(equals + 1)));
  }
  return wanted;
}

bool has_labels(const Series& series, const Labels& labels) {
  return std::all_of(labels.begin(), labels.end(), [&](const auto& label) {
    return std::find(series.labels.begin(), series.labels.end(), label) != series.labels.end();
  });
}

template <class Test>
std::vector<const Series*> all_that(const Run& run, Test test) {
  std::vector<const Series*> found;
  for (const Series& series : run.series)
    if (test(series)) found.push_back(&series);
  return found;
}

std::vector<const Series*> of_role(const Run& run, Role role, const Labels& labels) {
  if (const Series* best = find(run, role); best != nullptr && labels.empty()) return {best};
  return all_that(run, [&](const Series& s) { return s.role == role && has_labels(s, labels); });
}

}  // namespace

std::vector<const Series*> pick_series(const Run& run, std::string_view text) {
  if (text.empty()) return {};
  if (auto exact = all_that(run, [&](const Series& s) { return s.logged_as == text; }); !exact.empty()) return exact;
  const Wanted wanted = take_labels(text);
  for (const auto member : {&Series::logged_as, &Series::name})
    if (auto found =
            all_that(run, [&](const Series& s) { return s.*member == wanted.name && has_labels(s, wanted.labels); });
        !found.empty())
      return found;
  const auto role = role_from(wanted.name);
  return role ? of_role(run, *role, wanted.labels) : std::vector<const Series*>{};
}

std::vector<std::string> series_names(const std::vector<Run>& runs) {
  std::set<std::string> names;
  for (const Run& run : runs)
    for (const Series& series : run.series) {
      names.insert(series.logged_as);
      names.insert(series.name);
    }
  return {names.begin(), names.end()};
}

}  // namespace expanalyze
