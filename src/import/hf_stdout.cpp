#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <unordered_map>

#include "import/importers.hpp"
#include "import/json_text.hpp"
#include "import/python_literal.hpp"
#include "import/text_log.hpp"
#include "io/input.hpp"
#include "store/roles.hpp"
#include "store/run_builder.hpp"
#include "text/format.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

/// A progress bar of tqdm: "  6%|▋         | 1/16 [00:58<14:41, 58.76s/it]".
struct Bar {
  double done = 0, total = 0, elapsed = 0;
};

/// What was printed, and what the bars said just before.
struct Printed {
  std::uint32_t line = 0;
  Json values;
  std::vector<Bar> bars;  ///< the last of each total
};

/// The trainer's records hold a loss, an epoch or a run time. Other dictionaries are settings, `eval_every` among them.
bool is_record(const Json& object) {
  if (!object.is_object()) return false;
  for (const auto& [key, value] : object.items())
    if ((key == "loss" || key == "eval_loss" || key == "epoch" || key == "train_runtime") && json_number(value))
      return true;
  return false;
}

/// The bar whose "[" stands at `bracket`.
std::optional<Bar> bar_at(std::string_view text, std::size_t bracket) {
  constexpr std::size_t kWithin = 64;  // a bar's numbers are short; a line can hold very many brackets
  const std::size_t from = bracket - std::min(bracket, kWithin);
  auto front = trim(text.substr(from, bracket - from));
  const auto begin = front.find_last_not_of("0123456789/");
  if (begin != std::string_view::npos) front.remove_prefix(begin + 1);
  const auto done = take_count(front);
  if (!done || !take(front, "/")) return std::nullopt;
  const auto total = take_count(front);
  const auto rest = text.substr(bracket + 1, kWithin);
  const auto elapsed = duration_from(rest.substr(0, rest.find_first_of("<,]")));
  if (!total || !elapsed || *total == 0) return std::nullopt;
  return Bar{*done, *total, *elapsed};
}

/// Splits a line into bars and dictionaries, in their order. False when a record in it does not end.
template <class OnBar, class OnRecord>
bool scan(std::string_view text, OnBar on_bar, OnRecord on_record) {
  bool whole = true;
  const std::size_t last_loss = text.rfind("'loss'");  // once: a line can hold many dictionaries that fail
  for (std::size_t at = text.find_first_of("{["); at != std::string_view::npos; at = text.find_first_of("{[", at + 1)) {
    if (text[at] == '[') {
      if (const auto bar = bar_at(text, at)) on_bar(*bar);
      continue;
    }
    if (text.substr(at, 2) != "{'" && text.substr(at, 2) != "{\"") continue;
    auto rest = text.substr(at);
    auto object = take_python(rest);
    if (!object) {
      whole = whole && (last_loss == std::string_view::npos || last_loss < at);
      continue;
    }
    if (is_record(*object)) on_record(std::move(*object));
    at = text.size() - rest.size() - 1;
  }
  return whole;
}

std::string text_of(const Json& values) { return values.dump(-1, ' ', false, Json::error_handler_t::replace); }

/// Timings differ between the processes that print one record.
Json without_timings(const Json& values) {
  Json same = values;
  for (const auto& [key, value] : values.items())
    if (key.ends_with("runtime") || key.find("per_second") != std::string::npos) same.erase(key);
  return same;
}

/// Records that may be copies of one: the same values in front of the same place of the training's bar; where no bar
/// tells the place, the same values with nothing between them.
struct Copies {
  std::size_t n = 0, written = 0;
  bool placed = false;          ///< by the bar
  bool timings_differ = false;  ///< as those of several processes do, and those of a record that stands twice do not
  std::string first = {};

  /// A run that collapsed prints the same loss again and again: without a bar only differing timings tell copies from
  /// that. 0: not known.
  [[nodiscard]] std::size_t processes() const { return placed || timings_differ || n == 1 ? n : 0; }
};

class Trainer {
 public:
  explicit Trainer(RunBuilder& builder) : builder_(builder) {}

  void read(const LogLine& line) {
    bool bar = false, record = false;
    const bool whole = scan(
        line.text,
        [&](const Bar& b) {
          bar = true;
          bars_[b.total] = b;
        },
        [&](Json values) {
          record = true;
          Printed p{line.number, std::move(values), {}};
          for (const auto& [total, b] : bars_) p.bars.push_back(b);
          printed_.push_back(std::move(p));
        });
    if (!whole && !line.cut)
      return builder_.note("line.unreadable",
                           fmt::format("dictionaries that do not end, first {}", code_span(line.text)), line.number);
    if (bar || record || (!line.cut && read_setting(line.text, line.number))) return builder_.understood(line.number);
    skip_line(line, builder_);
  }

  void finish() {
    const double total = training_total();
    std::vector<Copies> groups;
    const std::vector<std::size_t> group_of = group(total, groups);
    const std::size_t processes = usual_processes(groups);
    bool loss = false;
    for (std::size_t i = 0; i < printed_.size(); ++i) {
      const Printed& p = printed_[i];
      if (groups[group_of[i]].written++ % processes != 0) {
        builder_.note("record.repeated", "every process prints the same records: each counts once", p.line);
        continue;
      }
      write(p, total);
      for (const auto& [key, value] : p.values.items()) loss = loss || key.find("loss") != std::string::npos;
    }
    if (total > 0) builder_.config("total_steps", total);
    if (!printed_.empty() && !loss)
      builder_.note("loss.missing", "no record of this log holds a loss: only timings and epochs can be read",
                    printed_.front().line);
  }

 private:
  /// The bar that counts optimizer steps: the one that stood before most of the training records.
  double training_total() const {
    std::map<double, std::size_t> votes;
    for (const auto& p : printed_)
      if (p.values.contains("loss"))
        for (const auto& b : p.bars)
          if (b.done > 0) ++votes[b.total];
    double best = 0;
    std::size_t most = 0;
    for (const auto& [total, n] : votes)
      if (n >= most) {  // of equals the larger: the evaluation's bar is the shorter one
        most = n;
        best = total;
      }
    return best;
  }

  /// Where the bar of this total stood when `p` was printed; NaN: there was none.
  static double place(const Printed& p, double total) {
    const auto bar = std::find_if(p.bars.begin(), p.bars.end(), [&](const Bar& b) { return b.total == total; });
    return bar == p.bars.end() ? std::numeric_limits<double>::quiet_NaN() : bar->done;
  }

  /// The index of each record's group.
  std::vector<std::size_t> group(double total, std::vector<Copies>& groups) const {
    std::set<double> places;  // a bar that stands still, as that of a finished download does, tells none
    for (const auto& p : printed_)
      if (const double at = place(p, total); !std::isnan(at)) places.insert(at);
    std::vector<std::size_t> group_of;
    std::unordered_map<std::string, std::size_t> placed;
    std::string before;
    for (const auto& p : printed_) {
      const double at = places.size() > 1 ? place(p, total) : std::numeric_limits<double>::quiet_NaN();
      const std::string text = text_of(p.values);
      std::string same = text_of(without_timings(p.values));
      if (!std::isnan(at)) same += fmt::format(" {}", at);
      std::size_t id = groups.size();
      if (!std::isnan(at))
        id = placed.emplace(same, id).first->second;
      else if (same == before)
        id = group_of.back();
      if (id == groups.size()) groups.push_back({0, 0, !std::isnan(at), false, text});
      ++groups[id].n;
      groups[id].timings_differ = groups[id].timings_differ || groups[id].first != text;
      group_of.push_back(id);
      before = std::move(same);
    }
    return group_of;
  }

  /// How many processes print each record: the usual number of times that one stands in the log.
  static std::size_t usual_processes(const std::vector<Copies>& groups) {
    std::map<std::size_t, std::size_t> usual;
    for (const Copies& copies : groups)
      if (const std::size_t n = copies.processes(); n > 0) ++usual[n];
    const auto best =
        std::max_element(usual.begin(), usual.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    return best == usual.end() ? 1 : best->first;
  }

  void write(const Printed& p, double total) {
    builder_.begin_record(p.line);
    for (const auto& b : p.bars)
      if (b.total == total) {
        builder_.value("progress bar", b.done);
        builder_.value("progress bar elapsed", b.elapsed);
      }
    read_values(p.values, builder_, p.line);
  }

  /// "  Total optimization steps = 1000", with or without a logger's prefix; "logging_steps=10," of the arguments.
  bool read_setting(std::string_view text, std::uint32_t line) {
    static constexpr auto kPhrases = std::to_array<std::string_view>(
        {"Num examples", "Num Epochs", "Instantaneous batch size per device", "Total train batch size",
         "Gradient Accumulation steps", "Total optimization steps", "Number of trainable parameters"});
    if (text.find("TrainingArguments(") != std::string_view::npos) in_arguments_ = true;
    for (const auto phrase : kPhrases) {
      const auto at = text.find(phrase), equals = text.find(" = ");
      if (at == std::string_view::npos || equals == std::string_view::npos || equals < at) continue;
      std::string digits(trim(text.substr(equals + 3)));
      std::erase(digits, ',');
      if (const auto v = number_from(digits)) return builder_.config(key_of(phrase), *v, line), true;
    }
    return in_arguments_ && read_argument(text, line);
  }

  static std::string key_of(std::string_view phrase) {
    if (phrase == "Total optimization steps") return "max_steps";
    if (phrase == "Total train batch size") return "train_batch_size";
    if (phrase == "Number of trainable parameters") return "num_parameters";
    std::string key = lower(phrase);
    std::replace(key.begin(), key.end(), ' ', '_');
    return key;
  }

  bool read_argument(std::string_view text, std::uint32_t line) {
    text = trim(text);
    if (text == ")") in_arguments_ = false;
    const auto equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0 || !text.ends_with(',')) return text == ")";
    if (text.substr(0, equals).find(' ') != std::string_view::npos) return false;
    builder_.config(text.substr(0, equals), setting(text.substr(equals + 1, text.size() - equals - 2)), line);
    return true;
  }

  RunBuilder& builder_;
  std::map<double, Bar> bars_;  ///< by their totals
  std::vector<Printed> printed_;
  bool in_arguments_ = false;
};

void read(Input& input, RunBuilder& builder) {
  builder.declare("progress bar", {Role::step, "step", Unit::steps});
  builder.declare("progress bar elapsed", {Role::wall, "wall", Unit::seconds});
  builder.declare("train_loss", {Role::mechanism, "", Unit::nats});
  Trainer trainer(builder);
  each_line(input, [&](const LogLine& line) { trainer.read(line); });
  trainer.finish();
}

Sniff sniff(const Probe& probe) {
  const auto seen = matching_lines(probe, [](std::string_view text) {
    bool record = false;
    if (text.find("{'") != std::string_view::npos)
      scan(
          text, [](const Bar&) {}, [&](const Json&) { record = true; });
    return record;
  });
  if (seen.count == 0) return {};
  return {86, fmt::format("line {} holds a Python dictionary with a loss, an epoch or a run time", seen.first)};
}

}  // namespace

constinit const Importer hf_stdout{
    "hf_stdout", "Hugging Face Trainer: dictionaries and progress bars on the console", sniff, read,
    R"(Reads what the Trainer of Hugging Face (and of TRL, or a loop that prints its dictionaries) writes to the console:
`{'loss': 9.8, 'learning_rate': 1e-05, 'epoch': 0.01}`, evaluations with `eval_`, and the summary with `train_runtime`, between
progress bars, with or without line ends. The block `***** Running training *****` and printed `TrainingArguments(…)` are settings.

**Axis:** the dictionaries hold no step. It is read off the progress bar that stood before most of the training records; its total is
`total_steps` and its clock the time, which includes evaluations. Without a bar the epoch is the axis, which has two decimals.

**Several processes** print the same records, with other timings: a record that stands as often as most others do counts once, and
the first copy is kept. Copies stand at the same place of the progress bar; without a bar they follow one another, and
their timings must differ: a run that collapsed prints the same record again and again, too.

**What it cannot know:** what was lost where processes wrote into each other's lines: a dictionary that does not end is counted.
`train_loss` in the summary is the mean over the run and no point of a curve.)"};

}  // namespace expanalyze
