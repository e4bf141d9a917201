#include "pipeline/controls.hpp"

#include <algorithm>

#include "pipeline/seed_groups.hpp"
#include "store/recipe.hpp"

namespace expanalyze {

namespace {

/// The runs of `ids` that are no copy of one before them or of a compared run.
std::vector<RunId> distinct(const RunStore& runs, const std::vector<RunId>& ids, const Comparison& compared,
                            std::vector<Note>& notes) {
  std::vector<RunId> all = compared.baseline;
  all.insert(all.end(), compared.experiment.begin(), compared.experiment.end());
  std::vector<Note> known;  // of the sides themselves, said elsewhere
  all = without_duplicates(runs, all, known);
  const std::size_t sides = all.size();
  all.insert(all.end(), ids.begin(), ids.end());
  all = without_duplicates(runs, all, notes);
  return {all.begin() + static_cast<std::ptrdiff_t>(sides), all.end()};
}

bool same_recipe(const Run& a, const Run& b) {
  const Config one = recipe_of(a.config);
  return one == recipe_of(b.config) && (!one.empty() || seed_stem(a) == seed_stem(b));
}

}  // namespace

std::vector<std::vector<RunId>> control_groups(const RunStore& runs, const std::vector<RunId>& ids,
                                               const Comparison& compared, std::vector<Note>& notes) {
  std::vector<std::vector<RunId>> groups;
  for (const RunId id : distinct(runs, ids, compared, notes)) {
    const auto home = std::find_if(groups.begin(), groups.end(), [&](const std::vector<RunId>& group) {
      return same_recipe(runs.runs[group.front()], runs.runs[id]);
    });
    if (home != groups.end())
      home->push_back(id);
    else
      groups.push_back({id});
  }
  return groups;
}

}  // namespace expanalyze
