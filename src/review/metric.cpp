// Which logged quantity the verdict is about.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "expanalyze/error.hpp"
#include "review/sides.hpp"
#include "store/key.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

struct KnownDirection {
  std::string_view word;
  Direction direction;
};
// Whole words of a key, synonyms already replaced (store/key.hpp): "lower_bound_accuracy" is an accuracy, no error
// rate. A word that asks for less comes first: "class error" of an accuracy's sibling is an error.
constexpr std::array<std::string_view, 14> kLess{"loss", "error", "ppl",  "perplexity", "bpb", "bpc", "nll",
                                                 "wer",  "cer",   "rmse", "mse",        "mae", "fid", "bits"};
constexpr std::array<std::string_view, 23> kMore{
    "accuracy", "acc", "top5", "prec1", "prec5", "precision", "recall",  "bleu", "rouge", "reward", "return", "map",
    "f1",       "auc", "ssim", "psnr",  "iou",   "r2",        "success", "ap",   "miou",  "auroc",  "dice"};

/// "map50" is a map: digits behind a name are a variant of it.
std::string_view without_digits(std::string_view word) {
  const auto last = word.find_last_not_of("0123456789");
  return last == std::string_view::npos ? word : word.substr(0, last + 1);
}

template <std::size_t N>
bool any_of_words(const std::vector<std::string>& words, const std::array<std::string_view, N>& known) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    const auto is_known = [&](std::string_view w) { return std::find(known.begin(), known.end(), w) != known.end(); };
    return is_known(word) || is_known(without_digits(word));
  });
}

bool has_value(const Series& series) { return !series.value.empty(); }

bool every_run(const RunStore& runs, const Comparison& comparison, const Metric& metric) {
  const Series* reference = metric_series(runs.runs[comparison.baseline.front()], metric);
  // Nats are not bits: the same role in another unit is another quantity.
  const auto has = [&](RunId id) {
    const Series* series = metric_series(runs.runs[id], metric);
    return series && has_value(*series) && series->unit == reference->unit;
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

/// MLPerf calls a loss `eval_accuracy`: the role goes before the name.
std::optional<Direction> direction_of(const Metric& metric) {
  const bool loss = metric.role == Role::eval_loss || metric.role == Role::train_loss;
  return loss ? Direction::min : known_direction(metric.name);
}

/// Losses per token differ between tokenizers, bits per byte do not: they decide where every run logs them.
std::optional<Metric> bits_per_byte(const RunStore& runs, const Comparison& comparison) {
  for (const Role role : {Role::eval_loss, Role::eval_metric}) {
    const Series* series = find(runs.runs[comparison.baseline.front()], role);
    if (!series || series->unit != Unit::bits) continue;
    Metric metric{series->logged_as, Direction::min, role, "bits per byte, which no tokenizer changes"};
    if (every_run(runs, comparison, metric)) return metric;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Direction> known_direction(std::string_view name) {
  const auto words = take_apart(name).words;
  if (any_of_words(words, kLess)) return Direction::min;
  if (any_of_words(words, kMore)) return Direction::max;
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
    if (const auto bits = bits_per_byte(runs, comparison)) metric = *bits;
    for (const Role role : {Role::eval_loss, Role::eval_metric, Role::train_loss}) {
      if (!metric.name.empty()) break;
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
      if (&other == &first)
        throw Error(
            Error::Kind::input, fmt::format("{} holds nothing to judge a run by", one_line(first.label)),
            fmt::format("it logs {}; name one with --map eval_loss=KEY or --metric KEY", logged_metrics(first)));
      throw Error(
          Error::Kind::input, "the two sides share no metric",
          fmt::format("{} logs {}; {} logs {}; name one with --map eval_loss=KEY or --metric KEY",
                      one_line(first.label), logged_metrics(first), one_line(other.label), logged_metrics(other)));
    }
  }
  const auto direction = options.direction ? options.direction : direction_of(metric);
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
    const bool evaluation = series.role == Role::eval_loss || series.role == Role::eval_metric;
    const bool training = series.role == Role::train_loss || series.role == Role::train_metric;
    if (!series.labels.empty() || !(evaluation || training)) continue;
    Metric metric{series.logged_as, Direction::min, Role::none, "logged by every run"};
    if (series.logged_as == primary.name || !every_run(runs, comparison, metric)) continue;
    metric.role = series.role;
    if (const auto direction = direction_of(metric)) {
      metric.direction = *direction;
      out.push_back(std::move(metric));
    } else if (evaluation) {
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
