#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <string_view>
#include <utility>

#include "store/key.hpp"
#include "store/surgery/columns.hpp"
#include "store/surgery/surgeons.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

bool is_norm(Role role) {
  return role == Role::grad_norm || role == Role::layer_grad_norm || role == Role::param_norm ||
         role == Role::update_norm;
}

bool is_eval(Role role) { return role == Role::eval_loss || role == Role::eval_metric; }

struct Shape {
  std::size_t zeros = 0, others = 0;                                      ///< finite values
  double least = std::numeric_limits<double>::infinity(), most = -least;  ///< of the others, but for -1
  double least_size = std::numeric_limits<double>::infinity();            ///< magnitude of the smallest other
};

Shape shape_of(const std::vector<double>& value) {
  Shape s;
  for (const double v : value) {
    if (!std::isfinite(v)) continue;
    ++(v == 0 ? s.zeros : s.others);
    if (v == 0 || v == -1) continue;
    s.least = std::min(s.least, v);
    s.most = std::max(s.most, v);
    s.least_size = std::min(s.least_size, std::abs(v));
  }
  return s;
}

/// Figures of merit that are shares by definition. Reward, correlation and R² can be -1, whatever else they are.
bool is_share(const Series& s) {
  static constexpr std::array<std::string_view, 20> kShares{
      "accuracy", "map",    "ap",        "f1",   "auc",   "auroc", "iou",  "miou", "dice", "mrr",
      "ndcg",     "recall", "precision", "prec", "prec1", "prec5", "top5", "wer",  "cer",  "coco"};
  const auto words = take_apart(s.logged_as).words;
  return std::find_first_of(words.begin(), words.end(), kShares.begin(), kShares.end()) != words.end();
}

/// Values that the series cannot take: a scale or norm below 0, a share of -1, a gradient norm that is 0 on every row
/// of a model that learns, an evaluation loss of exactly 0 on most rows of a curve that is never near 0. The norm of
/// one layer can be 0 throughout: it is dead.
bool impossible(const Series& s, const Shape& shape, double v, bool learns) {
  const Role role = s.role;
  if (v < 0 && (role == Role::loss_scale || is_norm(role))) return true;
  if (v == 0 && role == Role::grad_norm) return learns && shape.others == 0 && shape.zeros >= 3;
  if (v == -1 && role == Role::eval_metric)
    return is_share(s) && shape.least >= 0 && shape.most >= 0 && shape.most <= 1;
  // Ten times the last digit of a loss printed with three decimals.
  return v == 0 && role == Role::eval_loss && shape.others >= 3 && shape.zeros > shape.others &&
         shape.least_size > 0.01;
}

bool learns(const Run& run) {
  const Series* loss = find(run, Role::train_loss);
  return loss != nullptr &&
         std::any_of(loss->value.begin(), loss->value.end(), [&](double v) { return v != loss->value.front(); });
}

/// What writers use for "unknown" and what could yet be true.
bool suspect(Role role, const Shape& shape, double v) {
  static constexpr std::array<double, 7> kUnknown{9999, 99999, 999999, 1e9, 1e10, 1e30, 3.4028234663852886e38};
  const bool large = std::abs(v) >= kUnknown.front();
  if (large && is_measure(role) && std::find(kUnknown.begin(), kUnknown.end(), std::abs(v)) != kUnknown.end())
    return true;
  if (v == -1 && role == Role::eval_metric) return shape.least >= 0 && shape.most >= 0 && shape.most <= 1;
  if (v == 0 && role == Role::grad_norm) return shape.others > 0;  // of one layer it can be dead
  return v == 0 && role == Role::eval_loss && shape.others >= 3 && shape.least_size > 0.01;
}

/// The notes of all series, found by code and name: a log can have thousands of layers.
class Notes {
 public:
  void add(std::string_view code, const Series& s, double value, std::uint32_t line, std::string_view says) {
    const auto [at, fresh] = index_.emplace(std::pair(code, s.logged_as), notes_.size());
    if (fresh)
      notes_.push_back(
          {code, fmt::format("{} = {} {}", code_span(s.logged_as), number(value), says), {{}, s.logged_as, line}, 0});
    Note& note = notes_[at->second];
    ++note.count;
    note.last_line = std::max(note.last_line, line);
  }
  void move_to(Run& run) { std::move(notes_.begin(), notes_.end(), std::back_inserter(run.notes)); }

 private:
  std::vector<Note> notes_;
  std::map<std::pair<std::string_view, std::string>, std::size_t> index_;
};

void note_suspects(Notes& notes, const Run& run, const Series& s, const Shape& shape) {
  for (std::size_t i = 0; i < s.value.size(); ++i)
    if (suspect(s.role, shape, s.value[i]))
      notes.add("value.suspect", s, s.value[i], run.rows[s.rows].line[i],
                "may stand for \"not measured\"; it is left as it is");
}

}  // namespace

void take_out_sentinels(Run& run) {
  const bool moves = learns(run);
  Notes notes;
  for (Series& s : run.series) {
    if (s.role != Role::loss_scale && !is_norm(s.role) && !is_eval(s.role) && !is_measure(s.role)) continue;
    const Shape shape = shape_of(s.value);
    const bool clean =
        std::none_of(s.value.begin(), s.value.end(), [&](double v) { return impossible(s, shape, v, moves); });
    if (clean) {
      note_suspects(notes, run, s, shape);
      continue;
    }
    std::vector<std::size_t> kept;
    for (std::size_t i = 0; i < s.value.size(); ++i) {
      if (!impossible(s, shape, s.value[i], moves)) {
        kept.push_back(i);
        continue;
      }
      notes.add("value.sentinel", s, s.value[i], run.rows[s.rows].line[i],
                "cannot be measured and stands for \"unknown\": it is taken out");
    }
    keep_only(run, s, kept);
    note_suspects(notes, run, s, shape);
  }
  notes.move_to(run);
}

}  // namespace expanalyze
