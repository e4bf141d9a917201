// The table of names: what a key says before anyone looks at its values (science handbook A2).
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "store/key.hpp"
#include "store/roles.hpp"

namespace expanalyze {

namespace {

using Words = std::vector<std::string>;

/// Pattern: words that must all be there; a|b: either; !a: must not be there.
struct Rule {
  std::string_view pattern;
  Role role;
  std::string_view name;  ///< canonical; empty: the log's own word
  Unit unit = Unit::one;
  std::string_view neutral = "";  ///< words that may stand beside the pattern and mean nothing
  bool alone = false;             ///< nothing else may stand beside it
  bool of_training = false;       ///< not on the evaluation side: "eval_runtime" is no clock
};

constexpr std::string_view kClock = "total time s ms us ns minutes min h wall elapsed since start relative clock";
constexpr std::string_view kSeen = "total num input n seen consumed processed trained cumulative so far";

constexpr std::string_view kSummary = "best|final";

/// The first rule that matches decides.
constexpr auto kRules = std::to_array<Rule>({
    // One number about a whole run is no curve.
    {kSummary, Role::mechanism, ""},
    {"loss|grad|amp scale !lr", Role::loss_scale, "loss_scale", Unit::one, "", true},
    {"skipped step|iter|update", Role::skipped_steps, "skipped_steps", Unit::one, "number num of total n"},
    {"clip coef", Role::clip_coefficient, "clip_coefficient", Unit::one, "grad norm"},
    {"clip frac", Role::clip_fraction, "clip_fraction", Unit::one, "grad norm"},
    {"dead frac|relu|unit|units|neuron|neurons|ratio", Role::dead_fraction, "dead_fraction", Unit::one,
     "frac relu unit units neuron neurons ratio"},
    {"saturated !clip", Role::saturated_fraction, "saturated_fraction", Unit::one,
     "act frac ratio unit units gate gates sigmoid tanh mean avg"},
    {"attn entropy", Role::attention_entropy, "attention_entropy", Unit::nats, "mean avg"},
    {"attn|qk logit|max", Role::attention_logit, "attention_logit", Unit::one, "logit max abs"},
    {"act rms|std|norm|scale|absmax", Role::activation_scale, "activation_scale", Unit::one, "last mean"},
    // Of the classifier or the vocabulary, not of attention or a router: there the largest logit bounds log Z from
    // below.
    {"logit max|absmax !attn !qk !router !gate !loss", Role::output_logit, "output_logit", Unit::one,
     "max output out lm head"},
    {"log z|partition !loss !router", Role::log_z, "log_z", Unit::one, "mean avg softmax"},
    {"logz|logsumexp|lse !loss !router !attn", Role::log_z, "log_z", Unit::one, "mean avg softmax"},
    // Roots only: what is logged as the moment itself is in squares.
    {"v|vhat|nu rms|sqrt|root", Role::second_moment, "second_moment", Unit::one, "adam rms sqrt mean"},
    {"second moment rms|sqrt|root", Role::second_moment, "second_moment", Unit::one, "adam rms sqrt mean"},
    {"sharpness", Role::sharpness, "sharpness", Unit::one, "hessian max"},
    {"lambda max", Role::sharpness, "sharpness", Unit::one, "hessian"},
    {"hessian max|top|norm|eig|eigenvalue !trace", Role::sharpness, "sharpness", Unit::one, "max top eig eigenvalue"},
    {"stable|effective|eff|entropy rank", Role::effective_rank, "effective_rank", Unit::one, "mean avg"},
    {"srank|erank", Role::effective_rank, "effective_rank", Unit::one, "mean avg"},
    {"update rms", Role::update_rms, "update_rms", Unit::one, "param global total mean"},
    {"update ratio", Role::update_ratio, "update_ratio", Unit::one, "param to norm"},
    {"update norm", Role::update_norm, "update_norm"},
    // RLlib's var_gnorm is the global norm of the variables.
    {"var grad norm", Role::param_norm, "param_norm", Unit::one, "global"},
    {"grad norm", Role::grad_norm, "grad_norm", Unit::one, "global total l2 2 0 pre clip before unclipped all overall"},
    {"total norm", Role::grad_norm, "grad_norm", Unit::one, "", true},
    {"param norm", Role::param_norm, "param_norm", Unit::one, "global total l2 model"},
    {"lr !mult !ratio !factor !scale !schedule !frac !loss", Role::lr, "lr", Unit::one, "current cur"},
    {"step|iter|batch|dt time|dt !eval !data !eta !remaining !total", Role::step_time, "step_time", Unit::seconds,
     "this per mean avg s ms us ns minutes min time step iter batch", true, true},
    {"dt", Role::step_time, "step_time", Unit::seconds, "s ms us ns", true, true},
    {"step avg s|ms|us", Role::step_time, "step_time", Unit::seconds, "s ms us ns", true, true},
    {"tokens per|throughput s|throughput", Role::throughput, "", Unit::per_second, "per s", false, true},
    {"per|throughput s|throughput", Role::throughput, "", Unit::per_second, "per s samples", false, true},
    {"iter|step|samples|tokens s", Role::throughput, "", Unit::per_second, "", true, true},
    {"mfu|tflops", Role::throughput, "", Unit::one, "", false, true},
    {"memory", Role::memory, "memory", Unit::bytes, "gpu max allocated reserved peak used cuda"},
    {"timestamp", Role::timestamp, "timestamp", Unit::seconds, "unix s ms"},
    {"accumulated submission time", Role::wall, "wall", Unit::seconds, kClock, true, true},
    {"wall time", Role::wall, "wall", Unit::seconds, kClock, true, true},
    {"elapsed !per", Role::wall, "wall", Unit::seconds, kClock, true, true},
    {"runtime", Role::wall, "wall", Unit::seconds, kClock, true, true},
    {"time total", Role::wall, "wall", Unit::seconds, kClock, true, true},
    {"time s|ms|minutes|h", Role::wall, "wall", Unit::seconds, kClock, true, true},
    {"time since", Role::wall, "wall", Unit::seconds, "s ms since restore start begin", true, true},
    // A bare "time" is a clock or a step time; assign_roles() looks whether it rises.
    {"time", Role::wall, "wall", Unit::seconds, "", true, true},
    {"hours|h", Role::wall, "wall", Unit::seconds, kClock, true, true},
    {"time|duration", Role::mechanism, "", Unit::seconds, "s ms minutes min"},
    {"tokens seen|consumed|processed|input|trained", Role::tokens, "tokens", Unit::tokens, kSeen, true, true},
    {"tokens", Role::tokens, "tokens", Unit::tokens, kSeen, true, true},
    {"samples seen|consumed|processed|input|trained", Role::samples, "samples", Unit::samples, kSeen, true, true},
    {"samples !num", Role::samples, "samples", Unit::samples, "total", true, true},
    {"timesteps", Role::samples, "samples", Unit::samples, "total", true, true},
    {"env step", Role::samples, "samples", Unit::samples, kSeen, true, true},
    {"flops", Role::flops, "flops", Unit::flops, "total cumulative model", true, true},
    {"epoch", Role::epoch, "epoch", Unit::epochs, "current num cur", true, true},
    {"global step", Role::step, "step", Unit::steps, "trainer opt optimizer", true, true},
    {"step", Role::step, "step", Unit::steps, "current optimizer opt num n", true, true},
    {"iter", Role::step, "step", Unit::steps, "current num n global", true, true},
    {"update", Role::step, "step", Unit::steps, "current num n", true, true},
    {"batch", Role::step, "step", Unit::steps, "current num idx", true, true},
});

/// Figures of merit by name. Two names that say equally much compete by this order, whatever the order of the keys:
/// what a kind of task is measured by goes before the accuracy that stands beside it, higher-is-better ones before the
/// rest.
constexpr auto kMetrics = std::to_array<std::string_view>(
    {"reward", "return", "bleu",    "map",      "ap",     "miou",    "accuracy",  "f1",   "auc",
     "auroc",  "iou",    "dice",    "rouge",    "rouge1", "rouge2",  "rougel",    "chrf", "meteor",
     "mrr",    "ndcg",   "mcc",     "psnr",     "ssim",   "recall",  "precision", "prec", "prec1",
     "prec5",  "top5",   "pearson", "spearman", "coco",   "success", "wer",       "cer",  "fid",
     "ppl",    "error",  "err",     "mae",      "rmse",   "mase",    "wape"});

/// Terms that a loss can hold besides the fit to the data: no measure of quality by themselves.
constexpr auto kPenalties =
    std::to_array<std::string_view>({"z", "aux", "balance", "balancing", "router", "reg", "regularization", "penalty",
                                     "policy", "vf", "value", "entropy", "kl", "actor", "critic",
                                     // of the scale of a loss
                                     "window"});

/// How two measurements differ, how far one spreads or what it counts for: about a loss or metric, and none itself.
constexpr auto kAbout =
    std::to_array<std::string_view>({"delta", "diff", "difference", "vs", "versus", "gap", "improvement", "gain", "std",
                                     "stdev", "stddev", "stderr", "variance", "scale", "threshold"});

/// Ways to say which loss: they leave it the loss.
constexpr std::string_view kLossKinds =
    "nll xent ce crossentropy cross log binary multi ctc lm mean avg main total step epoch objective";

bool has(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Calls `visit` for each part between separators until it returns false.
template <class Visit>
bool each(std::string_view text, char separator, Visit visit) {
  while (!text.empty()) {
    const auto end = std::min(text.find(separator), text.size());
    if (end > 0 && !visit(text.substr(0, end))) return false;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return true;
}

bool listed(std::string_view list, std::string_view word) {
  return !each(list, ' ', [&](std::string_view item) { return item != word; });
}

bool matches(const Rule& rule, const Words& words, Words& used) {
  return each(rule.pattern, ' ', [&](std::string_view term) {
    if (term[0] == '!') return !has(words, term.substr(1));
    bool found = false;
    each(term, '|', [&](std::string_view word) {
      found = has(words, word);
      if (found) used.emplace_back(word);
      return !found;
    });
    return found;
  });
}

/// Seconds or bytes in one unit of the word; 0: no unit.
double factor_of(std::string_view word, Unit unit) {
  struct Scale {
    std::string_view word;
    double factor;
  };
  constexpr auto kTime = std::to_array<Scale>(
      {{"ms", 1e-3}, {"us", 1e-6}, {"ns", 1e-9}, {"minutes", 60}, {"min", 60}, {"h", 3600}, {"hours", 3600}, {"s", 1}});
  constexpr auto kBytes = std::to_array<Scale>(
      {{"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9}, {"kib", 1024}, {"mib", 1048576}, {"gib", 1073741824}, {"bytes", 1}});
  if (unit == Unit::seconds)
    for (const auto& scale : kTime)
      if (scale.word == word) return scale.factor;
  if (unit == Unit::bytes)
    for (const auto& scale : kBytes)
      if (scale.word == word) return scale.factor;
  return 0;
}

Meaning by_rule(const Rule& rule, const Key& key, const Words& rest) {
  Meaning m{rule.role, std::string(rule.name), rule.unit, 1, rest.empty() ? 3 : 0};
  bool unit_named = false;
  for (const auto& word : key.words) {
    const double factor = factor_of(word, rule.unit);
    if (factor == 0) continue;
    m.factor = factor;
    unit_named = true;
  }
  if (rule.unit == Unit::bytes && !unit_named) m.unit = Unit::one;  // MiB or GB: the name does not say
  // The gradient of one layer, or of anything smaller than the model. After clipping it is no longer the gradient's
  // norm.
  const bool part = !rest.empty() || !key.labels.empty();
  if (rule.role == Role::grad_norm && part && !has(key.words, "clipped") && !has(key.words, "after")) {
    m.role = Role::layer_grad_norm;
    m.name.clear();
  }
  return m;
}

bool about(const Words& words) {
  return std::any_of(kAbout.begin(), kAbout.end(), [&](std::string_view word) { return has(words, word); });
}

/// "seconds_per_step" is a time, "steps_per_second" a rate: the unit of time stands in front of "per".
std::optional<Meaning> time_per(const Key& key) {
  const auto per = std::find(key.words.begin(), key.words.end(), "per");
  if (per == key.words.begin() || per == key.words.end() || per + 1 == key.words.end()) return std::nullopt;
  const double factor = factor_of(*(per - 1), Unit::seconds);
  if (factor == 0) return std::nullopt;
  const bool of_step = key.side != DataSide::eval && listed("step iter batch update", *(per + 1));
  return Meaning{of_step ? Role::step_time : Role::mechanism, of_step ? "step_time" : "", Unit::seconds, factor,
                 of_step && key.words.size() == 3 ? 3 : 0};
}

Meaning loss_meaning(const Key& key) {
  Meaning m{key.side == DataSide::eval ? Role::eval_loss : Role::train_loss,
            key.side == DataSide::eval ? "eval/loss" : "train/loss", Unit::nats};
  const bool bits = has(key.words, "bpb") || has(key.words, "bpc") || has(key.words, "bits");
  if (bits) m.unit = Unit::bits;
  const auto loss = std::find(key.words.begin(), key.words.end(), "loss");
  bool scoped = false, kind = bits;
  for (auto word = key.words.begin(); word != key.words.end(); ++word) {
    if (*word == "loss") continue;
    if (loss == key.words.end() || listed("bpb bpc bits per byte char", *word)) continue;
    const bool known = listed(kLossKinds, *word);
    const bool penalty = std::find(kPenalties.begin(), kPenalties.end(), *word) != kPenalties.end();
    if (penalty && !has(key.words, "cross")) return {};
    // "eval_g0_loss" is the loss of a data set, "loss_bbox" a term of the loss, "ce_loss" says which loss it is.
    m.component = m.component || (word > loss && *word != "mean" && *word != "avg");
    kind = kind || known;
    scoped = scoped || !known;
  }
  m.fit = scoped || m.component ? 0 : kind ? 2 : 3;
  return m;
}

bool names_a_loss(const Words& words) {
  for (const auto* word : {"loss", "nll", "xent", "ce", "crossentropy", "objective", "bpb", "bpc"})
    if (has(words, word)) return true;
  return false;
}

/// A figure of merit among the words.
struct Metric {
  const std::string* word = nullptr;  ///< nullptr: none
  int order = 0;                      ///< in the table
};

/// "bbox_mAP_50" → "map": digits behind a name are a variant of it.
Metric metric_among(const Words& words) {
  for (std::size_t i = 0; i < kMetrics.size(); ++i)
    for (const auto& word : words)
      if (word == kMetrics[i] || (word.rfind(kMetrics[i], 0) == 0 && word.size() > kMetrics[i].size() &&
                                  word.find_first_not_of("0123456789", kMetrics[i].size()) == std::string::npos))
        return {&word, static_cast<int>(i)};
  return {};
}

Meaning metric_meaning(const Key& key, const Metric& metric) {
  const std::string& word = *metric.word;
  const bool train = key.side == DataSide::train;
  Meaning m{train ? Role::train_metric : Role::eval_metric, "", Unit::one, 1, 3};
  m.order = metric.order;
  for (const auto& other : key.words)
    if (other != word && !listed("episode mean avg average main", other)) m.fit = 0;
  // "ortho_err" is a figure of the method, "val_err" one of merit: words this common need a side.
  if (m.fit == 0 && key.side == DataSide::none && listed("err error mae rmse precision recall success ppl", word))
    return {};
  if (m.fit == 3 && key.words.size() == 1) m.name = (train ? "train/" : "eval/") + word;
  return m;
}

Meaning meaning_of(Key key, DataSide side);

/// "Final Val Loss" is in what "Val Loss" is in.
Meaning meaning_without(std::string_view summary, Key key) {
  std::erase_if(key.words, [&](const std::string& word) {
    return !each(summary, '|', [&](std::string_view item) { return item != word; });
  });
  return meaning_of(std::move(key), DataSide::none);
}

Meaning meaning_of(Key key, DataSide side) {
  if (auto time = time_per(key)) return *time;
  for (const auto& rule : kRules) {
    Words used;
    if ((rule.of_training && key.side == DataSide::eval) || !matches(rule, key.words, used)) continue;
    Words rest;
    for (const auto& word : key.words)
      if (!has(used, word) && !listed(rule.neutral, word) && factor_of(word, rule.unit) == 0) rest.push_back(word);
    if (rule.alone && !rest.empty()) continue;
    Meaning m = by_rule(rule, key, rest);
    m.order = static_cast<int>(&rule - kRules.data());
    if (rule.pattern == kSummary) {
      const Meaning once = meaning_without(kSummary, key);
      m.unit = once.unit;
      m.factor = once.factor;
    }
    return m;
  }
  if (about(key.words)) return {};
  // A reward is earned in training, and is what the run is judged by.
  const bool earned = has(key.words, "reward") || has(key.words, "return");
  if (key.side == DataSide::none && !(earned && side == DataSide::train)) key.side = side;
  if (names_a_loss(key.words)) return loss_meaning(key);
  if (const auto metric = metric_among(key.words); metric.word != nullptr) return metric_meaning(key, metric);
  return {};
}

}  // namespace

Meaning meaning(std::string_view logged, DataSide side) { return meaning_of(take_apart(logged), side); }

}  // namespace expanalyze
