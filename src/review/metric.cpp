// Which logged quantity the verdict is about.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "expanalyze/error.hpp"
#include "review/sides.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

struct KnownDirection {
  std::string_view word;
  Direction direction;
};
// Longest match first where one word holds another ("error rate" before "rate").
constexpr std::array kDirections{KnownDirection{"perplexity", Direction::min},
                                 KnownDirection{"error", Direction::min},
                                 KnownDirection{"loss", Direction::min},
                                 KnownDirection{"ppl", Direction::min},
                                 KnownDirection{"bpb", Direction::min},
                                 KnownDirection{"bpc", Direction::min},
                                 KnownDirection{"nll", Direction::min},
                                 KnownDirection{"wer", Direction::min},
                                 KnownDirection{"cer", Direction::min},
                                 KnownDirection{"rmse", Direction::min},
                                 KnownDirection{"mse", Direction::min},
                                 KnownDirection{"mae", Direction::min},
                                 KnownDirection{"fid", Direction::min},
                                 KnownDirection{"accuracy", Direction::max},
                                 KnownDirection{"acc", Direction::max},
                                 KnownDirection{"top1", Direction::max},
                                 KnownDirection{"top5", Direction::max},
                                 KnownDirection{"prec", Direction::max},
                                 KnownDirection{"recall", Direction::max},
                                 KnownDirection{"bleu", Direction::max},
                                 KnownDirection{"rouge", Direction::max},
                                 KnownDirection{"reward", Direction::max},
                                 KnownDirection{"return", Direction::max},
                                 KnownDirection{"map", Direction::max},
                                 KnownDirection{"mean_average_precision", Direction::max},
                                 KnownDirection{"f1", Direction::max},
                                 KnownDirection{"auc", Direction::max},
                                 KnownDirection{"ssim", Direction::max},
                                 KnownDirection{"psnr", Direction::max},
                                 KnownDirection{"iou", Direction::max},
                                 KnownDirection{"r2", Direction::max},
                                 KnownDirection{"success", Direction::max}};

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

bool has_value(const Series& series) { return !series.value.empty(); }

bool every_run(const RunStore& runs, const Comparison& comparison, const Metric& metric) {
  const auto has = [&](RunId id) {
    const Series* series = metric_series(runs.runs[id], metric);
    return series && has_value(*series);
  };
  return std::all_of(comparison.baseline.begin(), comparison.baseline.end(), has) &&
         std::all_of(comparison.experiment.begin(), comparison.experiment.end(), has);
}

std::string logged_metrics(const Run& run) {
  std::vector<std::string> names;
  for (const auto& series : run.series)
    if (series.labels.empty() && (series.role == Role::train_loss || series.role == Role::eval_loss ||
                                  series.role == Role::eval_metric || series.role == Role::train_metric))
      names.push_back(code_span(series.logged_as));
  if (names.size() > 8) names.resize(8);
  return names.empty() ? "no loss and no metric" : join(names, ", ");
}

Metric named_metric(const RunStore& runs, const Comparison& comparison, const ReviewOptions& options) {
  const Run& first = runs.runs[comparison.baseline.front()];
  Metric metric;
  for (const auto& series : first.series)
    if (series.logged_as == options.metric || series.name == options.metric) {
      metric = {series.logged_as, Direction::min, series.role, "--metric"};
      break;
    }
  if (metric.name.empty() || !every_run(runs, comparison, metric))
    throw Error(Error::Kind::input, fmt::format("not every run logs the metric {}", code_span(options.metric)),
                fmt::format("{} logs {}", one_line(first.label), logged_metrics(first)));
  return metric;
}

}  // namespace

std::optional<Direction> known_direction(std::string_view name) {
  const std::string text = lower(name);
  for (const auto& known : kDirections)
    if (text.find(known.word) != std::string::npos) return known.direction;
  return std::nullopt;
}

const Series* metric_series(const Run& run, const Metric& metric) {
  for (const auto& series : run.series)
    if (series.labels.empty() && series.logged_as == metric.name) return &series;
  return metric.role == Role::eval_metric || metric.role == Role::none ? nullptr : find(run, metric.role);
}

Metric choose_metric(const RunStore& runs, const Comparison& comparison, const ReviewOptions& options) {
  Metric metric;
  if (!options.metric.empty()) {
    metric = named_metric(runs, comparison, options);
  } else {
    const Run& first = runs.runs[comparison.baseline.front()];
    for (const Role role : {Role::eval_loss, Role::eval_metric, Role::train_loss}) {
      const Series* series = find(first, role);
      if (!series) continue;
      const Metric candidate{series->logged_as, Direction::min, role,
                             fmt::format("the best {} that every run logs", to_string(role))};
      if (!every_run(runs, comparison, candidate)) continue;
      metric = candidate;
      break;
    }
    if (metric.name.empty()) {
      const Run& other = runs.runs[comparison.experiment.front()];
      throw Error(
          Error::Kind::input, "the two sides share no metric",
          fmt::format("{} logs {}; {} logs {}; name one with --map eval_loss=KEY or --metric KEY",
                      one_line(first.label), logged_metrics(first), one_line(other.label), logged_metrics(other)));
    }
  }
  const auto direction = options.direction ? options.direction : known_direction(metric.name);
  if (!direction)
    throw Error(Error::Kind::input,
                fmt::format("it is not known whether lower or higher {} is better", code_span(metric.name)),
                "say it with --direction min or --direction max");
  metric.direction = *direction;
  return metric;
}

std::vector<Metric> secondary_metrics(const RunStore& runs, const Comparison& comparison, const Metric& primary,
                                      std::vector<Note>& notes) {
  std::vector<Metric> out;
  const Run& first = runs.runs[comparison.baseline.front()];
  for (const auto& series : first.series) {
    if (!series.labels.empty() || (series.role != Role::eval_loss && series.role != Role::eval_metric)) continue;
    Metric metric{series.logged_as, Direction::min, Role::none, "logged by every run"};
    if (series.logged_as == primary.name || !every_run(runs, comparison, metric)) continue;
    metric.role = series.role;
    if (const auto direction = known_direction(series.logged_as)) {
      metric.direction = *direction;
      out.push_back(std::move(metric));
    } else {
      notes.push_back(
          {"metric.direction_unknown",
           fmt::format("{} is left out: whether lower or higher is better is not known", code_span(series.logged_as)),
           {first.label, series.logged_as, 0},
           1});
    }
  }
  return out;
}

}  // namespace expanalyze
