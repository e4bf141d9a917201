#include "import/console_axis.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "store/key.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

using Kind = ConsoleField::Kind;
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

bool known(const ConsoleSlot& s) { return s.meaning.role != Role::mechanism && s.meaning.role != Role::none; }

/// Seldom enough that a restart explains it: runs appended to one file.
bool hardly_falls(const ConsoleSlot& s) { return s.rises > 0 && s.falls * 10 <= s.rises; }

/// A line that holds nothing but a counter counts for itself alone: "| n_updates | 110 |".
bool beside_counter(const ConsoleTemplate& t, int counter) {
  for (const auto& s : t.slots)
    if (s.keep && &s - t.slots.data() != counter) return true;
  return false;
}

int slot_of_epoch(const ConsoleTemplate& t) {
  for (std::size_t i = 0; i < t.slots.size(); ++i)
    if (t.slots[i].is(Role::epoch) && t.slots[i].counts() && t.slots[i].kind == Kind::plain) return static_cast<int>(i);
  return -1;
}

}  // namespace

ConsoleAxis::ConsoleAxis(const ConsoleGrammar& grammar)
    : grammar_(grammar), counters_(grammar.templates().size()), unnamed_epoch_(grammar.templates().size(), -1) {
  for (const auto& t : grammar.templates())
    for (const auto& s : t.slots)
      if (t.accepted && s.has_total && !evaluation_scope(s.scope)) training_totals_.insert(s.total);
  find_counters();
  find_epochs();
  find_resets();
  follow_bars();
  plan();
}

/// A counter of an evaluation ("Test: [ 10/40]") is no step, unless it counts to where the training counts.
bool ConsoleAxis::unwanted(const ConsoleSlot& slot) const {
  if (!evaluation_scope(slot.scope) && take_apart(slot.key).side != DataSide::eval) return false;
  return training_totals_.count(slot.total) == 0;
}

/// By name, else an unnamed "n/N", else what a bar counts, else a leading whole number that rises.
int ConsoleAxis::candidate(const ConsoleTemplate& t, std::size_t of) const {
  const auto& slots = t.slots;
  const auto first = [&](auto wanted) {
    const auto at = std::find_if(slots.begin(), slots.end(), wanted);
    return at == slots.end() ? -1 : static_cast<int>(at - slots.begin());
  };
  int at = first([&](const ConsoleSlot& s) {
    const bool own_loop = s.has_total && !training_totals_.empty() && unwanted(s);  // "[Eval][Epoch 1][Iter: 0/20]"
    return s.is(Role::step) && s.counts() && s.kind == Kind::plain && !own_loop;
  });
  if (at < 0)
    at = first([&](const ConsoleSlot& s) {
      const bool nameless = s.key.empty() || side_of(lower(s.key)) != DataSide::none;
      return nameless && s.has_total && s.counts() && !unwanted(s);
    });
  if (at < 0)
    at = first(
        [&](const ConsoleSlot& s) { return s.kind == Kind::bar && s.is(Role::step) && s.counts() && !unwanted(s); });
  if (at >= 0) return at;
  // "[1,  2000]": epoch and batch without names; "itr 500", "Ep. 1 : Up. 500": names that nobody knows. The counter is
  // the one that moves from line to line.
  for (std::size_t i = 0; i < slots.size() && i < 3; ++i) {
    const auto& s = slots[i];
    if (!s.counts() || known(s) || s.kind != Kind::plain || s.measure != Measure::none) break;
    if (static_cast<int>(i) == unnamed_epoch_[of] || t.n < 3 || s.rises * 2 < t.n - 1) continue;
    if (hardly_falls(s) || unnamed_epoch_[of] == 0) return static_cast<int>(i);
  }
  const bool axis = std::any_of(slots.begin(), slots.end(), [](const ConsoleSlot& s) {
    return s.is(Role::epoch) || s.is(Role::tokens) || s.is(Role::samples);
  });
  if (axis) return -1;
  // "loss 2.3 @ 500": a number without a name that rises at every line.
  for (std::size_t i = 0; i < slots.size(); ++i)
    if (slots[i].key.empty() && slots[i].counts() && t.n >= 3 && slots[i].rises == t.n - 1) return static_cast<int>(i);
  return -1;
}

void ConsoleAxis::find_counters() {
  const auto& templates = grammar_.templates();
  for (std::size_t of = 0; of < templates.size(); ++of) {
    const auto& t = templates[of];
    if (!t.accepted) continue;
    const int epoch = slot_of_epoch(t);
    const auto side = [](const ConsoleSlot& s) { return s.key.empty() || side_of(lower(s.key)) != DataSide::none; };
    if (epoch < 0 && t.slots.size() >= 3 && side(t.slots[0]) && t.slots[0].counts() && !t.slots[0].has_total) {
      // "Train: 0 [50/1251", "[1,  2000] loss": the first never falls where the second begins anew.
      const auto &a = t.slots[0], &b = t.slots[1];
      if (b.key.empty() && b.counts() && a.falls == 0 && a.rises > 0 && b.falls == a.rises) unnamed_epoch_[of] = 0;
      if (b.key.empty() && b.has_total && b.counts() && a.falls == 0 && a.rises <= b.falls) unnamed_epoch_[of] = 0;
    }
    auto& c = counters_[of];
    c.epoch = epoch >= 0 ? epoch : unnamed_epoch_[of];
    c.slot = candidate(t, of);
    if (c.slot == c.epoch) c.slot = -1;
    if (c.slot >= 0) {
      const auto& s = t.slots[static_cast<std::size_t>(c.slot)];
      c.guessed = !s.is(Role::step) && !s.has_total;
    }
  }
  drop_guesses();
}

/// "[valid] Ep. 1 : Up. 500" counts what the more frequent "Ep. 1 : Up. 100" counts.
void ConsoleAxis::agree_on_guesses() {
  const auto& templates = grammar_.templates();
  std::string key;
  std::size_t most = 0, best = 0;
  for (std::size_t of = 0; of < templates.size(); ++of) {
    const auto& c = counters_[of];
    if (c.slot < 0 || !c.guessed || templates[of].n <= most) continue;
    most = templates[of].n;
    best = of;
    key = templates[of].slots[static_cast<std::size_t>(c.slot)].key;
  }
  if (most == 0) return;
  if (key.empty()) return agree_on_place(best);
  for (std::size_t of = 0; of < templates.size(); ++of) {
    const auto& slots = templates[of].slots;
    const auto same = std::find_if(slots.begin(), slots.end(), [&](const ConsoleSlot& s) { return s.key == key; });
    const bool open = counters_[of].slot < 0 || counters_[of].guessed;
    if (!templates[of].accepted || !open || same == slots.end() || !same->counts()) continue;
    counters_[of].slot = static_cast<int>(same - slots.begin());
    counters_[of].guessed = true;
  }
}

/// "[500] eval/loss=3.1" counts what the more frequent "[100] train/loss=3.2" counts: the same place in front of the
/// line, the same brackets around it.
void ConsoleAxis::agree_on_place(std::size_t best) {
  const auto& templates = grammar_.templates();
  const auto front = [](const ConsoleTemplate& t) { return t.shown.substr(0, t.shown.find("{?}") + 4); };
  const auto& leader = templates[best];
  if (counters_[best].slot != 0 || leader.shown.find("{?}") == std::string::npos) return;
  for (std::size_t of = 0; of < templates.size(); ++of) {
    const auto& t = templates[of];
    if (!t.accepted || counters_[of].slot >= 0 || t.slots.empty() || front(t) != front(leader)) continue;
    const auto& s = t.slots[0];
    const bool within = s.falls == 0 && s.last <= 2 * leader.slots[0].last;
    if (s.key.empty() && s.counts() && !s.has_total && s.kind == Kind::plain && within) {
      counters_[of].slot = 0;
      counters_[of].guessed = true;
    }
  }
}

/// Beside counters with names a guess must count as far as they do: "[400] loss" beside "eval in step: 400".
void ConsoleAxis::drop_guesses() {
  const auto& templates = grammar_.templates();
  agree_on_guesses();
  const auto slot = [&](std::size_t of) -> const ConsoleSlot& {
    return templates[of].slots[static_cast<std::size_t>(counters_[of].slot)];
  };
  double most = kNone;
  for (std::size_t of = 0; of < templates.size(); ++of)
    if (templates[of].accepted && templates[of].n >= 3 && counters_[of].slot >= 0 && !counters_[of].guessed)
      most = std::fmax(most, slot(of).last);
  for (std::size_t of = 0; of < templates.size(); ++of) {
    auto& c = counters_[of];
    if (c.slot < 0 || !c.guessed || std::isnan(most)) continue;
    const auto& s = slot(of);
    // Within a factor of two: an evaluation may come long after the last line of training, or long before.
    const bool alike = s.last <= 2 * most && most <= 2 * s.last && s.first <= most;
    const auto& all = templates[of].slots;
    if (!alike || std::none_of(all.begin(), all.end(), console_metric)) c = {};
  }
}

void ConsoleAxis::find_epochs() {
  const auto& records = grammar_.records();
  epochs_.assign(records.size(), kNone);
  double last = kNone;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto of = records[i].of;
    const auto& t = grammar_.templates()[of];
    const int own = t.accepted ? counters_[of].epoch : slot_of_epoch(t);
    if (own >= 0) last = grammar_.value(records[i], static_cast<std::size_t>(own));
    if (last == 0) first_epoch_ = 0;
    epochs_[i] = last;
  }
}

/// A counter that begins anew exactly where the epoch rises counts within the epoch.
void ConsoleAxis::find_resets() {
  struct Last {
    double value = kNone, epoch = kNone, most = 0;
    std::size_t falls = 0, with_epoch = 0, n = 0, behind = 0;
  };
  std::vector<Last> last(counters_.size());
  double trained = kNone, trained_in = kNone;
  const auto& records = grammar_.records();
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto& c = counters_[records[i].of];
    if (c.slot < 0) continue;
    auto& l = last[records[i].of];
    const double value = grammar_.value(records[i], static_cast<std::size_t>(c.slot));
    // "10/10" of each epoch, where only finished bars are kept, begins anew too.
    if (value < l.value || (value == l.value && epochs_[i] > l.epoch)) {
      ++l.falls;
      l.with_epoch += epochs_[i] > l.epoch ? 1 : 0;
    }
    const auto& slot = grammar_.templates()[records[i].of].slots[static_cast<std::size_t>(c.slot)];
    if (!evaluation_scope(slot.scope)) {
      trained = value;
      trained_in = epochs_[i];
    }
    ++l.n;
    l.behind += value < trained && trained_in == epochs_[i] ? 1 : 0;
    l.value = value;
    l.epoch = epochs_[i];
    l.most = std::max(l.most, value);
  }
  for (std::size_t of = 0; of < counters_.size(); ++of) {
    const auto& l = last[of];
    if (l.falls == 0 || l.with_epoch * 10 < l.falls * 9) continue;  // one in ten may be a restart
    const auto& slot = grammar_.templates()[of].slots[static_cast<std::size_t>(counters_[of].slot)];
    // An evaluation that counts from 0 behind batch 90 counts its own batches.
    if (evaluation_scope(slot.scope) && !slot.has_total && l.behind * 2 > l.n) {
      counters_[of].slot = -1;
      continue;
    }
    counters_[of].combined = true;
    if (slot.has_total)
      totals_of_an_epoch_.insert(slot.total);
    else
      counters_[of].batches = l.most;
  }
  // "188/188" alone never falls, but counts what "1/188 … 187/188" counts.
  for (std::size_t of = 0; of < counters_.size(); ++of) {
    if (counters_[of].slot < 0) continue;
    const auto& slot = grammar_.templates()[of].slots[static_cast<std::size_t>(counters_[of].slot)];
    if (slot.has_total && totals_of_an_epoch_.count(slot.total) != 0) counters_[of].combined = true;
  }
}

/// Metrics without any counter between bars without any metric: the bar that was drawn most often counts for them.
void ConsoleAxis::follow_bars() {
  const auto& templates = grammar_.templates();
  std::size_t best = 0, most = 2;
  for (std::size_t of = 0; of < templates.size(); ++of) {
    const auto& t = templates[of];
    if (t.accepted && counters_[of].slot >= 0) return;
    const bool bar = t.bar && !t.accepted && !t.slots.empty() && t.slots[0].kind == Kind::bar && t.slots[0].has_total &&
                     t.slots[0].is(Role::step) && !t.slots[0].total_varies;
    if (bar && t.n > most) best = of, most = t.n;
  }
  if (most == 2) return;
  double last = kNone;
  for (const auto& r : grammar_.records()) {
    if (r.of == best) last = grammar_.value(r, 0);
    from_bar_.push_back(last);
  }
  planned_ = templates[best].slots[0].total;
}

void ConsoleAxis::plan() {
  const auto& templates = grammar_.templates();
  bool taken = false, nameless = false;
  std::set<std::string> names;
  std::size_t most = 0;
  double epochs = kNone;
  for (const auto& t : templates)
    for (const auto& s : t.slots)
      if (s.is(Role::epoch) && s.has_total && s.counts() && !s.total_varies) epochs = s.total;
  for (std::size_t of = 0; of < templates.size(); ++of) {
    const auto& t = templates[of];
    const auto& c = counters_[of];
    if (!t.accepted) continue;
    for (const auto& s : t.slots)
      taken = taken || (s.keep && s.series == "step" && (c.combined || &s - t.slots.data() != c.slot));
    if (c.slot < 0) continue;
    const auto& s = t.slots[static_cast<std::size_t>(c.slot)];
    nameless = nameless || c.combined || !s.keep || !s.is(Role::step);
    if (s.keep && beside_counter(t, c.slot)) names.insert(s.series);
    if (!s.has_total || s.total_varies || t.n <= most) continue;
    most = t.n;
    planned_ = c.combined ? s.total * epochs : s.total;
  }
  one_key_ = nameless || names.size() > 1;
  if (taken) key_ = "global_step";
}

std::optional<double> ConsoleAxis::step(std::size_t i) const {
  const auto& r = grammar_.records()[i];
  const auto& c = counters_[r.of];
  if (c.slot < 0) {
    if (from_bar_.empty() || std::isnan(from_bar_[i])) return std::nullopt;
    return from_bar_[i];
  }
  const auto slot = static_cast<std::size_t>(c.slot);
  const auto& s = grammar_.templates()[r.of].slots[slot];
  const double n = grammar_.value(r, slot);
  if (!c.combined) {
    const bool own = s.keep && s.is(Role::step);
    const bool alone = !beside_counter(grammar_.templates()[r.of], c.slot);
    return own && (!one_key_ || alone || s.series == key_) ? std::nullopt : std::optional<double>(n);
  }
  const double batches = s.has_total ? grammar_.total(r, slot) : c.batches;
  if (std::isnan(epochs_[i])) return std::nullopt;
  return (epochs_[i] - first_epoch_) * batches + n;
}

bool ConsoleAxis::same_update(std::size_t i, std::size_t k) const {
  const auto& records = grammar_.records();
  const int a = counters_[records[i].of].slot, b = counters_[records[k].of].slot;
  if (a < 0 || b < 0) return false;
  const auto x = static_cast<std::size_t>(a), y = static_cast<std::size_t>(b);
  const bool epoch = epochs_[i] == epochs_[k] || (std::isnan(epochs_[i]) && std::isnan(epochs_[k]));
  return epoch && grammar_.value(records[i], x) == grammar_.value(records[k], y);
}

}  // namespace expanalyze
