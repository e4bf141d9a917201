#include "store/key.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "text/parse.hpp"

namespace expanalyze {

namespace {

using Words = std::vector<std::string>;

struct Piece {
  std::string raw;
  char before = '/';  ///< separator in front; '/' at the start
};

bool lower_case(char c) { return c >= 'a' && c <= 'z'; }
bool upper_case(char c) { return c >= 'A' && c <= 'Z'; }
bool digit(char c) { return c >= '0' && c <= '9'; }
bool number(std::string_view s) { return !s.empty() && std::all_of(s.begin(), s.end(), digit); }

/// "valLoss" has two words, "mAP" and "IoU" have one: a capital starts a word only after two small letters.
bool camel_hump(const std::string& raw, char next) {
  const std::size_t n = raw.size();
  return n >= 2 && upper_case(next) && lower_case(raw[n - 1]) && lower_case(raw[n - 2]);
}

std::vector<Piece> pieces_of(std::string_view logged) {
  std::vector<Piece> pieces;
  Piece piece;
  const auto flush = [&](char separator) {
    if (!piece.raw.empty()) pieces.push_back(std::move(piece));
    piece = {{}, separator};
  };
  constexpr std::string_view kSeparators = "/.:-_ []()=,@";
  for (std::size_t at = 0; at < logged.size(); ++at) {
    const char c = logged[at];
    // "training's auc", "valid_1's auc": whose it is stands in front.
    if (logged.substr(at, 2) == "'s" && at + 2 < logged.size() &&
        kSeparators.find(logged[at + 2]) != kSeparators.npos) {
      ++at;
      continue;
    }
    if (kSeparators.find(c) != std::string_view::npos) {
      flush(c == ':' ? '/' : c);
      continue;
    }
    if (camel_hump(piece.raw, c)) flush('_');
    piece.raw += c;
  }
  flush('/');
  return pieces;
}

/// A2 step 5. A replacement may be several words.
constexpr auto kSynonyms = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"losses", "loss"},
    {"logloss", "log loss"},
    {"mlogloss", "log loss"},
    {"perplexity", "ppl"},
    {"perplexities", "ppl"},
    {"acc", "accuracy"},
    {"accuracies", "accuracy"},
    {"top1", "accuracy"},
    {"gnorm", "grad norm"},
    {"gradnorm", "grad norm"},
    {"grads", "grad"},
    {"gradient", "grad"},
    {"gradients", "grad"},
    {"norms", "norm"},
    {"pnorm", "param norm"},
    {"wnorm", "param norm"},
    {"params", "param"},
    {"parameter", "param"},
    {"parameters", "param"},
    {"weight", "param"},
    {"weights", "param"},
    {"lrs", "lr"},
    {"rates", "rate"},
    {"it", "iter"},
    {"iters", "iter"},
    {"iteration", "iter"},
    {"iterations", "iter"},
    {"steps", "step"},
    {"updates", "update"},
    {"epochs", "epoch"},
    {"token", "tokens"},
    {"tok", "tokens"},
    {"sample", "samples"},
    {"example", "samples"},
    {"examples", "samples"},
    {"image", "samples"},
    {"images", "samples"},
    {"imgs", "samples"},
    {"flos", "flops"},
    {"flop", "flops"},
    {"second", "s"},
    {"seconds", "s"},
    {"secs", "s"},
    {"sec", "s"},
    {"millis", "ms"},
    {"milliseconds", "ms"},
    {"msec", "ms"},
    {"mins", "minutes"},
    {"minute", "minutes"},
    {"hours", "h"},
    {"hour", "h"},
    {"hrs", "h"},
    {"activation", "act"},
    {"activations", "act"},
    {"acts", "act"},
    {"preact", "pre act"},
    {"preactivation", "pre act"},
    {"preactivations", "pre act"},
    {"attention", "attn"},
    {"logits", "logit"},
    {"fraction", "frac"},
    {"coefficient", "coef"},
    {"coeff", "coef"},
    {"saturation", "saturated"},
    {"times", "time"},
    {"walltime", "wall time"},
    {"wallclock", "wall time"},
    {"tps", "tokens per s"},
    {"mem", "memory"},
    {"rewards", "reward"},
    {"returns", "return"},
    {"timestep", "timesteps"},
    {"duration", "time"},
});

constexpr auto kSides = std::to_array<std::pair<std::string_view, DataSide>>({
    {"train", DataSide::train},
    {"training", DataSide::train},
    {"trn", DataSide::train},
    {"val", DataSide::eval},
    {"valid", DataSide::eval},
    {"eval", DataSide::eval},
    {"validation", DataSide::eval},
    {"evaluation", DataSide::eval},
    {"dev", DataSide::eval},
    {"heldout", DataSide::eval},
    {"test", DataSide::eval},
    {"testing", DataSide::eval},
});

/// What the name of a log says besides the side of its numbers.
constexpr auto kOfLogs = std::to_array<std::string_view>(
    {"log",     "logs",    "logger",  "loss",   "losses", "metric",  "metrics",      "result",
     "results", "history", "curve",   "curves", "stats",  "scalars", "measurements", "epoch",
     "epochs",  "batch",   "batches", "step",   "steps",  "iter"});

/// Prefixes by which loggers group their panels: they say nothing about the quantity.
constexpr auto kGroups = std::to_array<std::string_view>({"optim", "optimizer", "opt", "params", "grads", "acts",
                                                          "perf", "metrics", "stats", "trainer", "system", "monitor",
                                                          "info", "diagnostics", "history", "learner", "ray", "tune"});

constexpr auto kLabelWords = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"layer", "layer"},
    {"layers", "layer"},
    {"block", "layer"},
    {"blocks", "layer"},
    {"h", "layer"},
    {"head", "head"},
    {"heads", "head"},
    {"expert", "expert"},
    {"experts", "expert"},
    {"rank", "rank"},
    {"gpu", "gpu"},
});

constexpr auto kProjections =
    std::to_array<std::string_view>({"q", "k", "v", "o", "qkv", "up", "down", "gate", "fc1", "fc2"});

std::string_view label_of(std::string_view word, char before) {
  if (word == "h" && before != '.' && before != '/') return {};  // "h.3." of GPT-2; elsewhere h are hours
  for (const auto& [logged, label] : kLabelWords)
    if (word == logged) return label;
  return {};
}

/// Takes "layers", "3" and "layer3" out of the pieces.
void take_numbered(std::vector<Piece>& pieces, Labels& labels) {
  for (std::size_t i = 0; i < pieces.size();) {
    const std::string word = lower(pieces[i].raw);
    const auto digits = word.find_first_of("0123456789");
    const std::string_view stem = std::string_view(word).substr(0, digits);
    const std::string_view label = label_of(stem, pieces[i].before);
    const bool joined = digits != std::string::npos && number(std::string_view(word).substr(digits));
    const bool apart = digits == std::string::npos && i + 1 < pieces.size() && number(pieces[i + 1].raw);
    if (label.empty() || (!joined && !apart)) {
      ++i;
      continue;
    }
    labels.emplace_back(label, joined ? word.substr(digits) : pieces[i + 1].raw);
    const auto first = pieces.begin() + static_cast<std::ptrdiff_t>(i);
    pieces.erase(first, first + (joined ? 1 : 2));
  }
}

/// Takes "q" or "q_proj" out: only beside a layer, for a lone letter means nothing.
void take_projection(std::vector<Piece>& pieces, Labels& labels) {
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const std::string word = lower(pieces[i].raw);
    if (std::find(kProjections.begin(), kProjections.end(), word) == kProjections.end()) continue;
    const bool suffixed = i + 1 < pieces.size() && lower(pieces[i + 1].raw) == "proj";
    labels.emplace_back("proj", word);
    const auto first = pieces.begin() + static_cast<std::ptrdiff_t>(i);
    pieces.erase(first, first + (suffixed ? 2 : 1));
    return;
  }
}

void add_word(Words& words, const std::string& word) {
  std::string_view text = word;
  for (const auto& [from, to] : kSynonyms)
    if (word == from) text = to;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

/// Names of several words, longer ones first: "learning rate" → "lr".
constexpr auto kPhrases = std::to_array<std::pair<std::array<std::string_view, 3>, std::string_view>>({
    {{"mean", "average", "precision"}, "map"},
    {{"average", "precision", ""}, "ap"},
    {{"learning", "rate", ""}, "lr"},
});

void join_phrases(Words& words) {
  for (const auto& [phrase, joined] : kPhrases) {
    const auto end = std::find(phrase.begin(), phrase.end(), "");
    for (auto at = words.begin(); (at = std::search(at, words.end(), phrase.begin(), end)) != words.end(); ++at) {
      *at = joined;
      at = words.erase(at + 1, at + (end - phrase.begin())) - 1;
    }
  }
}

bool is_group(const std::vector<Piece>& pieces) {
  return pieces.size() > 1 && pieces[1].before == '/' &&
         std::find(kGroups.begin(), kGroups.end(), lower(pieces[0].raw)) != kGroups.end();
}

std::string name_of(std::string_view logged, const std::vector<Piece>& pieces, bool labelled, std::size_t groups) {
  if (!labelled) {
    for (; groups > 0; --groups) logged.remove_prefix(logged.find_first_of("/:") + 1);
    return std::string(logged);
  }
  std::string name;
  for (const auto& piece : pieces) name += (name.empty() ? "" : "_") + piece.raw;
  return name.empty() ? std::string(logged) : name;
}

}  // namespace

DataSide side_of(std::string_view word) {
  for (const auto& [logged, side] : kSides)
    if (word == logged) return side;
  return DataSide::none;
}

DataSide side_of_file(std::string_view name) {
  name = name.substr(0, name.find('.', 1));
  DataSide stated = DataSide::none;
  for (const auto& piece : pieces_of(name)) {
    const std::string word = lower(piece.raw);
    const DataSide side = side_of(word);
    const bool of_logs = number(word) || std::find(kOfLogs.begin(), kOfLogs.end(), word) != kOfLogs.end();
    if (side == DataSide::none ? !of_logs : stated != DataSide::none && side != stated) return DataSide::none;
    if (side != DataSide::none) stated = side;
  }
  return stated;
}

Key take_apart(std::string_view logged) {
  Key key;
  auto pieces = pieces_of(logged);
  std::size_t groups = 0;
  for (; is_group(pieces); ++groups) pieces.erase(pieces.begin());
  take_numbered(pieces, key.labels);
  if (!key.labels.empty()) take_projection(pieces, key.labels);
  std::sort(key.labels.begin(), key.labels.end());
  key.name = name_of(logged, pieces, !key.labels.empty(), groups);
  for (const auto& piece : pieces) {
    const std::string word = lower(piece.raw);
    const DataSide side = side_of(word);
    if (side == DataSide::none) add_word(key.words, word);
    if (side != DataSide::none && key.side != DataSide::eval) key.side = side;
    key.test = key.test || word == "test" || word == "testing";
  }
  join_phrases(key.words);
  return key;
}

}  // namespace expanalyze
