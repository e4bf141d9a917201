// MLflow's file store: a run is a folder, each metric a file of lines `<unix ms> <value> <step>`.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>

#include "expanalyze/error.hpp"
#include "import/config_file.hpp"
#include "import/dialect.hpp"
#include "import/importers.hpp"
#include "io/folder.hpp"
#include "io/input.hpp"
#include "io/lines.hpp"
#include "store/run_builder.hpp"
#include "text/format.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

struct Point {
  double ms = 0, value = 0, step = 0;
};
struct Curve {
  std::string key;
  std::vector<Point> points;
};

/// Unix time in ms has 13 digits from 2001 to 2286.
std::optional<Point> point_of(std::string_view line) {
  const auto fields = raw_cells(trim(line), ' ');
  if (fields.size() < 2 || fields.size() > 3 || fields[0].size() != 13) return std::nullopt;
  const auto ms = number_from(fields[0]), value = number_from(fields[1]);
  const auto step = fields.size() == 3 ? number_from(fields[2]) : 0.0;  // the first versions had no steps
  if (!ms || !value || !step || !std::isfinite(*ms) || !std::isfinite(*step)) return std::nullopt;
  return Point{*ms, *value, *step};
}

bool before(const Point& a, const Point& b) { return a.step != b.step ? a.step < b.step : a.ms < b.ms; }

Curve read_curve(std::string key, std::string_view text, RunBuilder& builder) {
  Curve curve{std::move(key), {}};
  Lines lines(text);
  std::string_view row;
  std::uint32_t line = 0;
  while (lines.next(row, line)) {
    if (trim(row).empty()) continue;
    const bool cut = lines.cut_here();
    const auto point = point_of(row);
    if (!point || cut) {
      builder.note(cut ? "line.cut" : "line.unreadable",
                   cut ? "the last line breaks off" : fmt::format("lines that are no metric, first {}", code_span(row)),
                   line, curve.key);
      continue;
    }
    if (!curve.points.empty() && before(*point, curve.points.back()))
      builder.note("order.sorted", "lines out of order: they are sorted by step and time", line, curve.key);
    curve.points.push_back(*point);
  }
  std::stable_sort(curve.points.begin(), curve.points.end(), before);
  return curve;
}

/// Nobody set a step: MLflow then writes 0. The monitor of the system counts for itself.
bool has_steps(const Curve& curve) {
  return !starts_with(curve.key, "system/") &&
         std::any_of(curve.points.begin(), curve.points.end(), [](const Point& p) { return p.step != 0; });
}

/// Where no metric has steps, those that were logged more than once count their own lines.
void number_lines(std::vector<Curve>& curves, RunBuilder& builder) {
  if (std::any_of(curves.begin(), curves.end(), has_steps)) return;
  for (auto& curve : curves) {
    if (curve.points.size() < 2 || starts_with(curve.key, "system/")) continue;
    for (std::size_t i = 0; i < curve.points.size(); ++i) curve.points[i].step = static_cast<double>(i);
    builder.note("axis.step.synthetic", "the step is 0 throughout: nobody set it; lines are counted instead", 0,
                 curve.key);
  }
}

/// Metrics without steps beside others with steps: they stand where the others were at their time.
void place_by_time(std::vector<Curve>& curves, RunBuilder& builder) {
  std::vector<Point> known;
  for (const auto& curve : curves)
    if (has_steps(curve)) known.insert(known.end(), curve.points.begin(), curve.points.end());
  if (known.empty()) return;
  std::stable_sort(known.begin(), known.end(), [](const Point& a, const Point& b) { return a.ms < b.ms; });
  for (auto& curve : curves) {
    if (has_steps(curve)) continue;
    for (auto& point : curve.points) {
      const auto next =
          std::upper_bound(known.begin(), known.end(), point.ms, [](double ms, const Point& p) { return ms < p.ms; });
      point.step = next == known.begin() ? 0 : (next - 1)->step;
    }
    builder.note("axis.step.by_time", "logged without a step of training: placed by the time it was logged", 0,
                 curve.key);
  }
}

/// Values of one call share step and time: they become one record.
void write_records(const std::vector<Curve>& curves, RunBuilder& builder) {
  std::map<std::array<double, 3>, std::vector<std::pair<const std::string*, double>>> records;
  for (const auto& curve : curves) {
    std::map<std::pair<double, double>, double> again;
    for (const auto& p : curve.points)
      records[{p.step, p.ms, again[{p.step, p.ms}]++}].emplace_back(&curve.key, p.value);
  }
  builder.declare("step", {Role::step, "step", Unit::steps});
  builder.declare("timestamp", {Role::timestamp, "timestamp", Unit::seconds});
  builder.counted(records.size(), "records");
  std::uint32_t number = 0;
  for (const auto& [at, values] : records) {
    builder.begin_record(++number);
    builder.value("step", at[0]);
    builder.value("timestamp", at[1] / 1000);
    for (const auto& [key, value] : values)
      builder.value(*key == "step" || *key == "timestamp" ? "metrics/" + *key : *key, value);
  }
}

void write_curves(std::vector<Curve> curves, RunBuilder& builder) {
  number_lines(curves, builder);
  place_by_time(curves, builder);
  write_records(curves, builder);
}

ConfigValue setting(std::string_view text) {
  text = trim(text);
  const std::string word = lower(text);
  if (word == "true" || word == "false") return word == "true";
  if (word.empty() || word == "none" || word == "null") return {};
  if (const auto number = number_from(text)) return *number;
  return std::string(text);
}

/// As MLflow's RunStatus counts them; newer versions write the word.
void read_status(const Config& meta, RunBuilder& builder) {
  const auto at = meta.find("status");
  if (at == meta.end()) return;
  const std::string word = lower(to_text(at->second));
  if (word == "4" || word == "failed")
    builder.note("run.status", "the run failed: MLflow was told so when it ended");
  else if (word == "5" || word == "killed")
    builder.note("run.status", "the run was killed");
  else if (word == "1" || word == "running")
    builder.note("run.status", "the run was still going on, or ended without telling MLflow");
}

void read_meta(const Folder& folder, RunBuilder& builder) {
  try {
    const Config meta = read_config_file(folder.path / "meta.yaml");
    read_status(meta, builder);
    if (const auto name = meta.find("run_name"); name != meta.end())
      if (const auto* text = std::get_if<std::string>(&name->second)) builder.label(*text);
  } catch (const Error& e) {
    builder.note("config.unreadable", one_line(e.what()));
  }
  if (folder.has("tags/mlflow.runName"))
    builder.label(std::string(trim(read_file(folder.path / "tags/mlflow.runName"))));
}

void read_run(const Folder& folder, RunBuilder& builder) {
  std::vector<Curve> curves;
  for (const auto& entry : folder.entries) {
    if (starts_with(entry, "metrics/"))
      curves.push_back(read_curve(entry.substr(8), folder.open(entry).all(), builder));
    if (!starts_with(entry, "params/")) continue;
    builder.config(entry.substr(7), setting(folder.open(entry).all()));
    builder.config_source("params in the folder of the run");
  }
  read_meta(folder, builder);
  write_curves(std::move(curves), builder);
}

void read(Input& input, RunBuilder& builder) {
  std::vector<Curve> curves;
  curves.push_back(read_curve(input.name().empty() ? "metric" : input.name(), input.all(), builder));
  write_curves(std::move(curves), builder);
}

Sniff sniff(const Probe& probe) {
  const auto metric = [](const std::string& entry) { return starts_with(entry, "metrics/"); };
  const auto& entries = probe.entries;
  if (!entries.empty()) {
    const bool meta = std::binary_search(entries.begin(), entries.end(), std::string("meta.yaml"));
    if (!meta || std::none_of(entries.begin(), entries.end(), metric)) return {};
    return {95, "it holds meta.yaml and metrics/"};
  }
  Lines lines(probe.head);
  std::string_view row;
  std::uint32_t line = 0;
  for (int i = 0; i < 3 && lines.next(row, line); ++i)
    if (!point_of(row) || raw_cells(trim(row), ' ').size() != 3) return {};
  return line == 0 ? Sniff{} : Sniff{86, "its lines are a time in ms, a value and a step"};
}

}  // namespace

constinit const Importer mlflow{
    "mlflow",
    "MLflow file store: the folder of a run",
    sniff,
    read,
    R"(Reads the folder of one run in MLflow's file store (`mlruns/<experiment>/<run>`), or a single metric file of it. Each file
below `metrics/` is a metric, whose name is the path and may hold `/`; its lines are `<unix ms> <value> <step>`. `params/` are the
settings, `tags/mlflow.runName` is the run's name.

**Axes:** `step`; `timestamp`, from the milliseconds. Lines out of order are sorted by step and time, with a note. Where the step is
0 throughout, nobody set it: then the lines are counted, or, if other metrics have steps, the metric is placed by its time. So are
the metrics of the system (`system/…`), which count for themselves.

**How the run ended** is in `meta.yaml`: a run that failed, was killed, or never told its end is noted as `run.status`.

**What it cannot know:** what was logged to a database instead of files; whether a step is an epoch.)",
    read_run};

}  // namespace expanalyze
