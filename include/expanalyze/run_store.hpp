// The columnar store that every stage reads: runs as they were logged, nothing smoothed, filled in or dropped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "expanalyze/note.hpp"
#include "expanalyze/units.hpp"

namespace expanalyze {

/// What a series means, whatever the log calls it (science handbook A2). `mechanism` is any numeric key of no other
/// role.
enum class Role : std::uint8_t {
  none,
  step,
  epoch,
  tokens,
  samples,
  wall,
  timestamp,
  flops,
  train_loss,
  eval_loss,
  eval_metric,
  train_metric,
  lr,
  grad_norm,
  param_norm,
  update_norm,
  update_rms,
  update_ratio,
  layer_grad_norm,
  step_time,
  throughput,
  memory,
  loss_scale,
  skipped_steps,
  clip_coefficient,
  clip_fraction,
  dead_fraction,
  saturated_fraction,
  activation_scale,
  attention_entropy,
  attention_logit,
  output_logit,
  log_z,
  second_moment,
  sharpness,
  effective_rank,
  mechanism
};

/// {layer=3, proj=q}: sorted by key; empty for most series.
using Labels = std::vector<std::pair<std::string, std::string>>;
using RowsId = std::size_t;  ///< index into Run::rows
using RunId = std::size_t;   ///< index into RunStore::runs

/// The rows that a set of series shares, in file order: a rewind after a resume stays visible here.
struct Rows {
  std::vector<double> step;  ///< optimizer updates
  std::vector<std::uint32_t>
      line;  ///< 1-based line in Run::path; strictly increasing unless the file is one JSON document
};

/// One logged quantity, exactly as logged.
struct Series {
  std::string name;       ///< canonical: "train/loss", "eval/loss", "grad_norm", "lr"; else the log's own word
  std::string logged_as;  ///< the log's own word
  Role role = Role::none;
  Unit unit = Unit::one;
  Labels labels;
  RowsId rows = 0;
  std::vector<double> value;  ///< one per row; NaN and ±inf are kept, they are evidence
};

/// A setting. Lists and other nested values keep their JSON text.
using ConfigValue = std::variant<std::monostate, bool, double, std::string>;
using Config = std::map<std::string, ConfigValue>;  ///< flat: nested keys are joined with '.'

/// Which key took a role, and why: each guess is shown.
struct RoleChoice {
  Role role = Role::none;
  std::string logged_as;
  std::string why;                  ///< "exact name", "only loss in the log", "--map"
  std::vector<std::string> others;  ///< keys that wanted the same role
};

struct Run {
  std::string label;       ///< short and unique in a report
  std::string path;        ///< as given
  std::string format;      ///< id of the importer
  std::string format_why;  ///< what was seen in the log that says so: "line 1 names 3 columns"
  std::size_t lines = 0, lines_understood = 0;
  std::string counted_in = "lines";  ///< what `lines` and every Rows::line count: "records" of a binary log
  std::size_t part = 1, parts = 1;   ///< this is run `part` of `parts` in its file
  Config config;
  std::string config_source;  ///< "line 1 of the log", a path, or empty: none found
  std::vector<Rows> rows;
  std::vector<Series> series;
  std::vector<RoleChoice> roles;
  std::vector<Note> notes;
};

/// The runs that a report is about. Baseline and experiment hold one run per seed.
struct Comparison {
  std::vector<RunId> baseline, experiment;
  std::vector<std::vector<RunId>> controls = {};  ///< further runs that tell what a seed does: one group a recipe
};

struct RunStore {
  std::vector<Run> runs;
};

/// The best series of a role (labels empty), or nullptr.
const Series* find(const Run& run, Role role);
/// All series of a role, in the order of the log.
std::vector<const Series*> find_all(const Run& run, Role role);
std::string_view to_string(Role role);
/// "train_loss" → Role::train_loss; nullopt for an unknown word.
std::optional<Role> role_from(std::string_view word);

/// What must hold of every store: columns of one length per Rows, lines within the file, roles that exist, sorted
/// labels, lines_understood <= lines, and understood lines plus counted notes cover all lines. Empty string: holds;
/// else the first breach.
std::string broken_invariant(const Run& run);

}  // namespace expanalyze
