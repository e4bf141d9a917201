#include "import/console_grammar.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "store/key.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

using Kind = ConsoleField::Kind;

/// A shape that comes this often is a habit of the program, not a sentence.
constexpr std::size_t kRecurs = 3;

std::uint64_t mix(std::uint64_t hash, std::string_view text) {  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return (hash ^ 0xFFU) * 1099511628211ULL;
}

/// Clocks are times whatever they are written like; "12ms" and "1.2s" take turns.
Measure family(const ConsoleField& f) { return f.unit.measure == Measure::scale ? Measure::none : f.unit.measure; }

std::uint64_t hash_of(const std::vector<ConsoleField>& fields, bool bar) {
  std::uint64_t hash = bar ? 14695981039346656037ULL : 1469598103934665603ULL;
  for (const auto& f : fields) {
    hash = mix(mix(hash, f.key), f.scope);
    hash = mix(hash, std::to_string(static_cast<int>(f.kind) * 32 + static_cast<int>(family(f)) * 2 +
                                    (std::isnan(f.total) ? 0 : 1)));
  }
  return hash;
}

/// "iter {step}: loss {loss}"
std::string shown(std::string_view text, const std::vector<ConsoleField>& fields) {
  constexpr std::size_t kLongest = 160;
  std::string out;
  std::size_t at = 0;
  for (const auto& f : fields) {
    if (f.from < at || f.to > text.size() || out.size() > kLongest) continue;
    out += text.substr(at, f.from - at);
    out += '{';
    out += f.key.empty() ? "?" : f.key;
    out += f.kind == Kind::average ? "_avg}" : "}";
    if (!std::isnan(f.total)) out += "/N";
    at = f.to;
  }
  out += text.substr(at);
  return std::string(trim(out));
}

/// Loggers name files and lines, and these are no quantities: "trainer.py:469".
bool names_a_file(std::string_view key) {
  for (const std::string_view ending : {".py", ".cpp", ".cc", ".cu", ".c", ".rs", ".sh", ".h", ".jl"})
    if (key.size() > ending.size() && key.substr(key.size() - ending.size()) == ending) return true;
  return false;
}

bool axis_role(Role role) {
  return role == Role::step || role == Role::epoch || role == Role::tokens || role == Role::samples;
}

/// "Starting epoch", "trainer step": words before the name of an axis belong to the sentence.
Meaning meaning_of(std::string& key) {
  Meaning m = meaning(key);
  if (m.role != Role::mechanism) return m;
  const auto blank = key.rfind(' ');
  if (blank == std::string::npos) return m;
  const std::string last = key.substr(blank + 1);
  const Meaning tail = meaning(last);
  if (key.rfind("per ", 0) == 0 || key.find(" per ") != std::string::npos) return m;
  if (!axis_role(tail.role) || tail.fit != 3) return m;
  key = last;
  return tail;
}

ConsoleSlot slot_of(const ConsoleField& f) {
  ConsoleSlot slot;
  slot.key = f.key;
  slot.scope = f.scope;
  slot.kind = f.kind;
  slot.assigned = f.assigned;
  slot.has_total = !std::isnan(f.total);
  slot.measure = family(f);
  slot.spelled = f.spelled;
  if (!slot.key.empty()) slot.meaning = meaning_of(slot.key);
  return slot;
}

void count(ConsoleSlot& slot, const ConsoleField& f) {
  if (slot.n == 0) slot.first = f.value;
  if (slot.n > 0) {
    const bool same = f.value == slot.last || (std::isnan(f.value) && std::isnan(slot.last));
    slot.falls += f.value < slot.last ? 1 : 0;
    slot.rises += !same && !(f.value < slot.last) ? 1 : 0;
    slot.total_varies = slot.total_varies || (slot.has_total && f.total != slot.total);
  }
  ++slot.n;
  slot.last = f.value;
  slot.total = f.total;
  slot.whole = slot.whole && f.whole;
}

bool usable(const ConsoleSlot& slot) {
  return !slot.key.empty() && slot.kind != Kind::bar && !names_a_file(slot.key) && !is_bookkeeping(slot.key);
}

bool accepts(const ConsoleTemplate& t) {
  const auto metric = [&](const ConsoleSlot& s) {
    // "loss_scale_window: 1000" names a loss but measures none.
    return usable(s) && console_metric(s) && (s.varies() || !s.whole);
  };
  if (std::any_of(t.slots.begin(), t.slots.end(), metric)) return true;
  // "Killing subprocess 22920", "File …, line 27": a whole number in a sentence is a name.
  const auto moving = [&](const ConsoleSlot& s) {
    const bool known = s.meaning.role != Role::mechanism && s.meaning.role != Role::none;
    return usable(s) && s.varies() && (known || s.assigned || !s.whole);
  };
  return t.n >= kRecurs && std::any_of(t.slots.begin(), t.slots.end(), moving);
}

/// A number that never moves is part of the sentence, unless ':' or '=' binds it to its name or the name is known.
bool keeps(const ConsoleTemplate& t, const ConsoleSlot& s) {
  const bool rate = s.measure == Measure::rate || s.measure == Measure::time_per;
  const bool known = rate || (s.meaning.role != Role::mechanism && s.meaning.role != Role::none);
  if (s.kind == Kind::bar) return !s.key.empty() && s.meaning.role != Role::step;  // ConsoleAxis writes the step
  return usable(s) && (s.varies() || s.assigned || known || t.n < kRecurs);
}

}  // namespace

bool console_metric(const ConsoleSlot& slot) {
  if (slot.key.empty() || slot.kind == Kind::bar) return false;
  std::string key = slot.key;
  for (const std::string_view word : {"final ", "best ", "final_", "best_"})
    if (lower(key).rfind(word, 0) == 0) key.erase(0, word.size());
  const Role role = key == slot.key ? slot.meaning.role : meaning(key).role;
  return role == Role::train_loss || role == Role::eval_loss || role == Role::eval_metric || role == Role::train_metric;
}

bool ConsoleGrammar::add(std::uint32_t line, double stamp, std::uint32_t rank, std::string_view text, bool bar,
                         const std::vector<ConsoleField>& fields) {
  const auto hash = hash_of(fields, bar);
  auto at = by_hash_.find(hash);
  if (at == by_hash_.end()) {
    if (templates_.size() >= kMostTemplates || slots_ + fields.size() > kMostSlots) return false;
    slots_ += fields.size();
    at = by_hash_.emplace(hash, static_cast<std::uint32_t>(templates_.size())).first;
    ConsoleTemplate t;
    t.shown = shown(text, fields);
    t.line = line;
    t.bar = bar;
    for (const auto& f : fields) t.slots.push_back(slot_of(f));
    templates_.push_back(std::move(t));
  }
  auto& t = templates_[at->second];
  if (t.slots.size() != fields.size()) return false;  // two shapes of one hash
  records_.push_back({line, at->second, rank, values_.size(), stamp});
  if (rank > 0 && !t.rank) t.rank = static_cast<int>(rank) - 1;
  ++t.n;
  const bool counted = rank == 0 || static_cast<int>(rank) - 1 == *t.rank;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    values_.push_back(fields[i].value);
    values_.push_back(fields[i].total);
    if (counted) count(t.slots[i], fields[i]);
  }
  return true;
}

void ConsoleGrammar::learn() {
  for (auto& t : templates_) {
    t.accepted = accepts(t);
    std::set<std::string> taken;
    for (auto& s : t.slots) {
      s.keep = t.accepted && keeps(t, s);
      s.series = s.key;
      if (s.kind == Kind::average) s.series += "_avg";
      if (s.kind == Kind::share) s.series += " (%)";
      const bool sided = take_apart(s.key).side != DataSide::none;
      if (!s.scope.empty() && !axis_role(s.meaning.role) && !sided && evaluation_scope(s.scope))
        s.series = s.scope + "/" + s.series;
      s.keep = s.keep && taken.insert(s.series).second;  // a list under one name: its first number
    }
  }
  name_summaries();
  name_series();
}

/// "[Train][Epoch 1/3][Avg] loss: 5.9" behind "[Train][Epoch 1/3][Iter: 90/100] loss: 5.5": what an epoch says of
/// itself under the names of its steps is another curve.
void ConsoleGrammar::name_summaries() {
  const auto of_epoch = [](const ConsoleSlot& s) { return s.is(Role::epoch) && s.counts() && s.kind == Kind::plain; };
  const auto counts = [](const ConsoleSlot& s) {
    return s.counts() && (s.is(Role::step) || (s.has_total && !s.is(Role::epoch) && !console_metric(s)));
  };
  const auto any = [](const ConsoleTemplate& t, auto wanted) {
    return std::any_of(t.slots.begin(), t.slots.end(), wanted);
  };
  const auto plain = [](const ConsoleSlot& s) {
    return s.keep && !axis_role(s.meaning.role) && !evaluation_scope(s.scope);
  };
  std::map<std::string, std::size_t> of_steps;  // lines
  for (const auto& t : templates_)
    if (t.accepted && any(t, counts))
      for (const auto& s : t.slots)
        if (plain(s)) of_steps[s.series] += t.n;
  for (auto& t : templates_) {
    const bool sums_up = t.accepted && !t.bar && any(t, of_epoch) && !any(t, counts) && any(t, console_metric);
    for (auto& s : t.slots) {
      const auto often = sums_up && plain(s) ? of_steps.find(s.series) : of_steps.end();
      if (often != of_steps.end() && often->second > t.n) s.series = "epoch/" + s.series;
    }
  }
}

/// "train_inner | loss" and "train | loss" are two series: where one name has several scopes, each gets its own.
void ConsoleGrammar::name_series() {
  std::map<std::string, std::set<std::string>> scopes;
  const auto plain = [](const ConsoleSlot& s) {
    return s.keep && s.kind != Kind::bar && !evaluation_scope(s.scope) && !axis_role(s.meaning.role) &&
           s.meaning.role != Role::lr;
  };
  for (const auto& t : templates_)
    for (const auto& s : t.slots)
      if (plain(s)) scopes[s.series].insert(s.scope);
  for (auto& t : templates_)
    for (auto& s : t.slots)
      // A bare figure of merit counts as one of evaluation.
      if (plain(s) && !s.scope.empty() && take_apart(s.key).side == DataSide::none &&
          (scopes[s.series].size() > 1 || s.meaning.role == Role::eval_metric))
        s.series = s.scope + "/" + s.series;
}

const ConsoleTemplate* ConsoleGrammar::beginning_with(const std::vector<ConsoleField>& fields) const {
  for (const auto& t : templates_) {
    if (!t.accepted || t.n < kRecurs || t.slots.size() < fields.size()) continue;
    bool same = true;
    for (std::size_t i = 0; same && i < fields.size(); ++i) {
      const auto& s = t.slots[i];
      const auto& f = fields[i];
      // The key may have lost the words of a sentence before it; "eval_loss" is no "loss".
      const std::size_t before = f.key.size() - std::min(f.key.size(), s.key.size());
      const bool key = f.key.substr(before) == s.key && (before == 0 || f.key[before - 1] == ' ');
      same = key && f.key.empty() == s.key.empty() && s.scope == f.scope && s.kind == f.kind &&
             s.measure == family(f) && s.has_total == !std::isnan(f.total);
    }
    if (same) return &t;
  }
  return nullptr;
}

}  // namespace expanalyze
