#include "store/roles.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <set>

#include "expanalyze/error.hpp"
#include "store/key.hpp"
#include "store/run_builder.hpp"
#include "text/format.hpp"
#include "text/nearest.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

/// One series that could take a role.
struct Candidate {
  Series* series;
  Meaning meaning;
  bool test = false;
  std::size_t falls = 0;  ///< how often the next value is smaller
  bool declared = false;  ///< by the format: values and neighbours correct nothing
};

std::size_t falls(const std::vector<double>& value) {
  std::size_t n = 0;
  for (std::size_t i = 1; i < value.size(); ++i) n += value[i] < value[i - 1] ? 1 : 0;
  return n;
}

bool constant(const std::vector<double>& value) {
  return value.size() >= 3 && std::all_of(value.begin(), value.end(), [&](double v) { return v == value.front(); });
}

bool cumulative(Role role) {
  return role == Role::tokens || role == Role::samples || role == Role::flops || role == Role::wall;
}

/// Unix time in s began in 1970: no run lasts 1e8 s (3 years), every clock since 1973 is beyond.
constexpr double kUnixSeconds = 1e8;

/// Seconds, milliseconds, microseconds or nanoseconds: between 1973 and 5138 only one of them makes a year.
double unix_factor(double stamp) {
  double factor = 1;
  while (stamp * factor > 1000 * kUnixSeconds && factor > 1e-9) factor *= 1e-3;
  return factor;
}

/// Corrects by the values what the name alone cannot tell.
void check_values(Candidate& c) {
  const auto& value = c.series->value;
  Meaning& m = c.meaning;
  if (m.role == Role::wall && !value.empty() && value.front() * m.factor > kUnixSeconds) {
    m.role = Role::timestamp;
    m.name = "timestamp";
  }
  if (m.role == Role::timestamp && !value.empty() && value.front() > kUnixSeconds)
    m.factor = unix_factor(value.front());
  // A counter that falls at more than a quarter of its points, or never moves, counts within a step ("tokens": 524288).
  const bool counts = value.size() < 3 || (c.falls * 4 <= value.size() && !constant(value));
  if (!cumulative(m.role) || counts) return;
  const bool seconds = m.role == Role::wall;
  m.role = seconds ? Role::step_time : Role::mechanism;
  m.name = seconds ? "step_time" : "";
}

/// A2.1: exact name 3, scope-free 2, denser 1; a test set stands behind a validation set.
int score(const Candidate& c, std::size_t densest) {
  return (c.meaning.fit == 3 ? 3 : 0) + (c.meaning.fit >= 2 ? 2 : 0) + (c.series->value.size() == densest ? 1 : 0) -
         (c.test ? 1 : 0);
}

bool better_name(const Candidate& a, const Candidate& b, std::size_t densest) {
  if (score(a, densest) != score(b, densest)) return score(a, densest) > score(b, densest);
  return a.meaning.order < b.meaning.order;
}

/// The step axis must rise: whatever falls back least often counts updates. Evaluation rows of MMEngine hold the epoch
/// under `step`, where `iter` counts updates; batch numbers start again with each epoch.
bool better_step(const Candidate& a, const Candidate& b, std::size_t densest) {
  const bool a_dense = a.series->value.size() * 2 >= densest, b_dense = b.series->value.size() * 2 >= densest;
  if (a_dense != b_dense) return a_dense;
  if (a.falls != b.falls) return a.falls < b.falls;
  return better_name(a, b, densest);
}

std::size_t densest_of(const std::vector<Candidate*>& candidates) {
  std::size_t most = 0;
  for (const auto* c : candidates) most = std::max(most, c->series->value.size());
  return most;
}

std::string reason(const Candidate& winner, const std::vector<Candidate*>& all) {
  if (winner.declared) return "the format says so";
  if (winner.meaning.role == Role::step && all.size() > 1) return "falls back least often";
  if (winner.meaning.fit == 3) return "exact name";
  if (all.size() == 1) return "the only key of that kind";
  const auto as_good = [&](const Candidate* c) { return c != &winner && c->meaning.order == winner.meaning.order; };
  if (std::none_of(all.begin(), all.end(), as_good) && winner.meaning.fit != 2) return "the best known of its kind";
  return winner.meaning.fit == 2 ? "name without a scope" : "first of its kind in the log";
}

RoleChoice choose(Role role, const std::vector<Candidate*>& candidates) {
  const std::size_t densest = densest_of(candidates);
  const Candidate* best = candidates.front();
  for (const auto* c : candidates) {
    const bool labels_differ = c->series->labels.empty() != best->series->labels.empty();
    const bool better = labels_differ                   ? c->series->labels.empty()
                        : c->declared != best->declared ? c->declared
                        : role == Role::step            ? better_step(*c, *best, densest)
                                                        : better_name(*c, *best, densest);
    if (better) best = c;
  }
  RoleChoice choice{role, best->series->logged_as, reason(*best, candidates), {}};
  for (const auto* c : candidates)
    if (c->series->logged_as != choice.logged_as && choice.others.size() < 20)
      choice.others.push_back(c->series->logged_as);
  return choice;
}

/// Terms of a loss stay losses only where no whole loss is logged on that side.
void demote_components(std::vector<Candidate>& candidates) {
  for (const Role role : {Role::train_loss, Role::eval_loss}) {
    const bool whole = std::any_of(candidates.begin(), candidates.end(), [&](const Candidate& c) {
      return c.meaning.role == role && !c.meaning.component && !c.series->value.empty();
    });
    for (auto& c : candidates)
      if (whole && !c.declared && c.meaning.role == role && c.meaning.component) c.meaning = {};
  }
}

/// One number beside a curve of the same kind is a summary: the `train_loss` of Hugging Face's last row is a mean over
/// the run.
void demote_summaries(std::vector<Candidate>& candidates) {
  for (const Role role : {Role::train_loss, Role::eval_loss, Role::eval_metric, Role::train_metric}) {
    const bool curve = std::any_of(candidates.begin(), candidates.end(), [&](const Candidate& c) {
      return c.meaning.role == role && c.series->value.size() >= 3;
    });
    for (auto& c : candidates)
      if (curve && !c.declared && c.meaning.role == role && c.series->value.size() == 1) c.meaning = {};
  }
}

/// A bare "accuracy" is of training where evaluations say so by their names; else it is all the evaluation there is.
void settle_bare_metrics(std::vector<Candidate>& candidates, const std::vector<Key>& keys) {
  const bool eval_named = std::any_of(candidates.begin(), candidates.end(), [&](const Candidate& c) {
    return (c.meaning.role == Role::eval_metric || c.meaning.role == Role::eval_loss) &&
           keys[static_cast<std::size_t>(&c - candidates.data())].side == DataSide::eval;
  });
  if (!eval_named) return;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    auto& m = candidates[i].meaning;
    const auto& words = keys[i].words;
    const bool accuracy = std::find(words.begin(), words.end(), "accuracy") != words.end();
    if (candidates[i].declared || m.role != Role::eval_metric || keys[i].side != DataSide::none || !accuracy) continue;
    m.role = Role::train_metric;
    m.name.clear();
  }
}

/// The side that the name of the file states, for keys that state none.
class FileSide {
 public:
  /// It counts where no key states one; and what moves weights is no evaluation, whatever its name: "test.log" can be
  /// the log of a first try.
  FileSide(const Run& run, DataSide side) : side_(side) {
    for (const Series& s : run.series) {
      if (side_ == DataSide::none) return;
      const Role role = meaning(s.logged_as).role;
      const bool trains = role == Role::lr || role == Role::grad_norm || role == Role::update_norm ||
                          role == Role::loss_scale || role == Role::skipped_steps;
      if (take_apart(s.logged_as).side != DataSide::none || (trains && side_ == DataSide::eval)) side_ = DataSide::none;
      if (role == Role::train_loss) loss_rows_.insert(s.rows);
    }
  }

  [[nodiscard]] Meaning meaning_of(const Series& series, std::vector<Note>& notes) const {
    const Meaning alone = meaning(series.logged_as);
    // In a file of training what stands beside the loss is measured on its batches; what has rows of its own may be
    // the evaluation of a run whose one log is called "train.log".
    if (side_ == DataSide::none || (side_ == DataSide::train && loss_rows_.count(series.rows) == 0)) return alone;
    Meaning m = meaning(series.logged_as, side_);
    if (m.role != alone.role)
      add_note(notes, "side.from_name",
               fmt::format("names such as {} do not say of what data they are: by the name of the file, of {}",
                           code_span(series.logged_as), side_ == DataSide::eval ? "evaluation" : "training"));
    return m;
  }

 private:
  DataSide side_;
  std::set<RowsId> loss_rows_;
};

void apply_map(Run& run, std::vector<Candidate>& candidates, const std::map<Role, std::string>& map) {
  std::set<std::string> keys;
  for (const auto& series : run.series) keys.insert(series.logged_as);
  for (const auto& [role, key] : map) {
    if (keys.count(key) == 0) {
      const std::vector<std::string> known(keys.begin(), keys.end());
      throw Error(Error::Kind::usage,
                  fmt::format("--map {}={}: {} has no such key", to_string(role), one_line(key), run.path),
                  one_line(did_you_mean(key, known), 600));
    }
    for (auto& c : candidates) {
      if (c.series->logged_as == key) {
        c.meaning.role = role;
        c.meaning.name.clear();
      } else if (c.meaning.role == role) {
        c.meaning.role = Role::mechanism;
      }
    }
  }
}

void convert(Run& run, Candidate& c) {
  if (c.meaning.factor == 1) return;
  for (double& v : c.series->value) v *= c.meaning.factor;
  const auto& rows = run.rows[c.series->rows];
  add_note(run.notes, "unit.converted",
           fmt::format("{} is read in base units: its values are multiplied by {}", code_span(c.series->logged_as),
                       number(c.meaning.factor)),
           rows.line.empty() ? 0 : rows.line.front(), c.series->logged_as);
}

void write_series(Run& run, Candidate& c, const Key& key) {
  Series& s = *c.series;
  s.role = c.meaning.role;
  s.unit = c.meaning.unit;
  s.name = key.name;
  for (const auto& label : key.labels)
    if (std::find(s.labels.begin(), s.labels.end(), label) == s.labels.end()) s.labels.push_back(label);
  std::sort(s.labels.begin(), s.labels.end());
  convert(run, c);
}

/// A shortened name ("optim/avg_steps" → "avg_steps") must still be the only one of its kind.
void undo_clashes(std::vector<Candidate>& candidates) {
  std::map<std::pair<std::string, Labels>, std::size_t> uses;
  for (const auto& c : candidates) ++uses[{c.series->name, c.series->labels}];
  for (auto& c : candidates)
    if (uses[{c.series->name, c.series->labels}] > 1) c.series->name = c.series->logged_as;
}

/// A column that says what a clock says, value for value, is in seconds as well: AlgoPerf's `score`.
void repeat_units(std::vector<Candidate>& candidates) {
  for (auto& c : candidates) {
    if (c.declared || c.meaning.role != Role::mechanism || c.series->unit != Unit::one) continue;
    if (c.series->value.size() < 3 || constant(c.series->value)) continue;
    const auto same = [&](const Candidate& o) {
      return o.series->unit == Unit::seconds && o.series->rows == c.series->rows && o.series->value == c.series->value;
    };
    if (std::any_of(candidates.begin(), candidates.end(), same)) c.series->unit = Unit::seconds;
  }
}

bool chosen_singly(Role role) { return role != Role::none && role != Role::mechanism && role != Role::layer_grad_norm; }

}  // namespace

bool is_bookkeeping(std::string_view key) {
  static constexpr std::array<std::string_view, 27> kWords{
      "done", "finished", "completed", "terminated", "truncated", "id",    "uid",     "uuid",    "pid",
      "rank", "seed",     "fold",      "worker",     "node",      "trial", "version", "device",  "index",
      "idx",  "shard",    "phase",     "host",       "date",      "ip",    "port",    "restore", "timestamp"};
  // Of a matrix, not of a process.
  if (meaning(key).role == Role::effective_rank) return false;
  std::string word;
  const auto known = [&] { return std::find(kWords.begin(), kWords.end(), word) != kWords.end(); };
  for (const char c : key) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      continue;
    }
    if (known()) return true;
    word.clear();
  }
  return known();
}

void assign_roles(Run& run, const std::map<Role, std::string>& map, const std::map<std::string, Meaning>& declared,
                  DataSide side) {
  const FileSide of_file(run, side);
  std::vector<Candidate> candidates;
  std::vector<Key> keys;
  for (auto& series : run.series) {
    keys.push_back(take_apart(series.logged_as));
    candidates.push_back({&series, {}, keys.back().test, falls(series.value)});
    if (const auto said = declared.find(series.logged_as); said != declared.end()) {
      candidates.back().meaning = said->second;
      candidates.back().declared = true;
      continue;
    }
    candidates.back().meaning = of_file.meaning_of(series, run.notes);
    if (candidates.back().meaning.role == Role::grad_norm && !series.labels.empty())
      candidates.back().meaning.role = Role::layer_grad_norm;
    check_values(candidates.back());
  }
  demote_components(candidates);
  demote_summaries(candidates);
  settle_bare_metrics(candidates, keys);
  apply_map(run, candidates, map);
  for (std::size_t i = 0; i < candidates.size(); ++i) write_series(run, candidates[i], keys[i]);
  repeat_units(candidates);

  std::map<Role, std::vector<Candidate*>> wanting;
  for (auto& c : candidates)
    if (chosen_singly(c.meaning.role)) wanting[c.meaning.role].push_back(&c);
  for (const auto& [role, list] : wanting) {
    run.roles.push_back(choose(role, list));
    if (map.count(role) != 0) run.roles.back().why = "--map";
    for (auto* c : list)
      if (c->series->logged_as == run.roles.back().logged_as && !c->meaning.name.empty())
        c->series->name = c->meaning.name;
  }
  undo_clashes(candidates);
}

}  // namespace expanalyze
