#include "import/console_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "import/console_axis.hpp"
#include "store/key.hpp"
#include "store/run_builder.hpp"
#include "text/format.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

class Writer {
 public:
  Writer(std::string_view text, const ConsoleLog& log, RunBuilder& builder)
      : text_(text), log_(log), grammar_(log.grammar), axis_(log.grammar), builder_(builder) {}

  void run() {
    declare_units();
    if (axis_.joined()) builder_.declare(axis_.key(), {Role::step, "step", Unit::steps});
    find_repeated();
    find_echoes();
    for (const auto line : log_.headers) understood_.insert(line);
    for (const auto line : log_.settings.write(first_record(), builder_)) understood_.insert(line);
    write_lines();
    note_grammar();
    note_axis();
    if (!std::isnan(axis_.planned())) builder_.config("total_steps", axis_.planned());
  }

 private:
  const ConsoleTemplate& of(std::size_t i) const { return grammar_.templates()[grammar_.records()[i].of]; }

  std::uint32_t first_record() const {
    for (std::size_t i = 0; i < grammar_.records().size(); ++i)
      if (of(i).accepted) return grammar_.records()[i].line;
    return 0;
  }

  bool same_values(std::size_t a, std::size_t b) const {
    const auto &x = grammar_.records()[a], &y = grammar_.records()[b];
    for (std::size_t s = 0; s < of(a).slots.size(); ++s) {
      const double p = grammar_.value(x, s), q = grammar_.value(y, s);
      if (p != q && !(std::isnan(p) && std::isnan(q))) return false;
    }
    return true;
  }

  /// Every series of a is one of b too.
  bool within(std::size_t a, std::size_t b) const {
    const auto has = [&](const ConsoleSlot& s) {
      return !s.keep || std::any_of(of(b).slots.begin(), of(b).slots.end(),
                                    [&](const ConsoleSlot& o) { return o.keep && o.series == s.series; });
    };
    return std::all_of(of(a).slots.begin(), of(a).slots.end(), has);
  }

  /// A bar drawn again for the same update counts once, with what it showed last; so does a line that ranks repeat.
  void find_repeated() {
    const auto& records = grammar_.records();
    repeated_.assign(records.size(), false);
    std::vector<std::size_t> last(grammar_.templates().size(), records.size());
    for (std::size_t i = 0; i < records.size(); ++i) {
      if (!of(i).accepted) continue;
      const std::size_t before = last[records[i].of];
      if (before < records.size() && axis_.same_update(before, i) && (of(i).bar || same_values(before, i)))
        repeated_[before] = true;
      const bool redrawn = i > 0 && records[i - 1].line == records[i].line && of(i - 1).accepted;
      if (redrawn && axis_.same_update(i - 1, i) && within(i - 1, i)) repeated_[i - 1] = true;
      last[records[i].of] = i;
    }
  }

  /// "Early stopping, best iteration is: [200] …" behind line 300: a line that goes back alone and says an earlier
  /// record once more. A run that begins anew goes back as well, but its next line does not go on where the first one
  /// stood.
  void find_echoes() {
    struct Seen {
      std::size_t last = 0, open = 0;  ///< records + 1: the newest, and one that may be an echo
      std::map<double, std::size_t> at;
    };
    const auto& records = grammar_.records();
    echo_.assign(records.size(), false);
    std::vector<Seen> seen(grammar_.templates().size());
    for (std::size_t i = 0; i < records.size(); ++i) {
      const int slot = axis_.counter(records[i].of).slot;
      if (!of(i).accepted || slot < 0 || repeated_[i]) continue;
      auto& s = seen[records[i].of];
      const auto counted = [&](std::size_t k) { return grammar_.value(records[k], static_cast<std::size_t>(slot)); };
      if (s.open > 0 && counted(i) <= counted(s.last - 1)) {  // no echo: the log goes on from there
        s.last = s.open;
        s.open = 0;
      }
      if (s.open > 0) echo_[s.open - 1] = true;
      s.open = 0;
      const auto before = s.at.find(counted(i));
      if (s.last > 0 && counted(i) < counted(s.last - 1) && before != s.at.end() &&
          axis_.same_update(before->second, i) && same_values(before->second, i)) {
        s.open = i + 1;
        continue;
      }
      s.at.insert_or_assign(counted(i), i);
      s.last = i + 1;
    }
    for (const auto& s : seen)
      if (s.open > 0) echo_[s.open - 1] = true;
  }

  void write_lines() {
    std::size_t i = 0;
    std::vector<std::uint32_t> left;
    for (std::uint32_t line = 1; line <= log_.lines.size(); ++line) {
      bool covered = false;
      for (; i < grammar_.records().size() && grammar_.records()[i].line == line; ++i) covered |= write_record(i);
      if (log_.cut && line == log_.lines.size()) {
        write_cut(line);
      } else if (covered) {
      } else if (log_.lines[line - 1] == ConsoleLog::Line::blank || understood_.count(line) != 0) {
        builder_.understood(line);
      } else if (log_.lines[line - 1] == ConsoleLog::Line::too_long) {
        builder_.note("line.too_long", "lines of more than 64 KiB are left out", line);
      } else {
        left.push_back(line);
      }
    }
    note_left(left);
  }

  /// False for a line that is left to the notes.
  bool write_record(std::size_t i) {
    const auto& r = grammar_.records()[i];
    const auto& t = of(i);
    if (!t.accepted) return false;
    if (t.rank && r.rank > 0 && static_cast<int>(r.rank) - 1 != *t.rank) {
      builder_.note("line.other_rank",
                    fmt::format("lines of other ranks than {}, the first that printed them, are left out", *t.rank),
                    r.line);
      return true;
    }
    if (repeated_[i]) {
      builder_.understood(r.line);
      builder_.note("console.repeated", "updates that were drawn again count once, as they were drawn last", r.line);
      return true;
    }
    if (echo_[i]) {
      builder_.understood(r.line);
      builder_.note("console.echo", "lines that say an earlier record once more, behind later ones, are left out",
                    r.line);
      return true;
    }
    builder_.begin_record(r.line);
    for (std::size_t s = 0; s < t.slots.size(); ++s)
      if (t.slots[s].keep) builder_.value(t.slots[s].series, value(r, s));
    if (const int epoch = axis_.unnamed_epoch(r.of); epoch >= 0)
      builder_.value("epoch", grammar_.value(r, static_cast<std::size_t>(epoch)));
    const auto step = axis_.step(i);
    if (step) builder_.value(axis_.key(), *step);
    if (!late_evaluation(t, step)) write_stamp(r);
    return true;
  }

  /// An evaluation that is told when the training has gone on says nothing of when its step was reached.
  bool late_evaluation(const ConsoleTemplate& t, std::optional<double> step) {
    if (!step) return false;
    const bool late = *step < furthest_ && std::all_of(t.slots.begin(), t.slots.end(), [](const ConsoleSlot& s) {
      return !s.keep || s.key.empty() || take_apart(s.series).side == DataSide::eval;
    });
    furthest_ = std::max(furthest_, *step);
    return late;
  }

  /// "Accuracy: 9825/10000" is a share.
  double value(const ConsoleRecord& r, std::size_t s) const {
    const auto& slot = grammar_.templates()[r.of].slots[s];
    const double v = grammar_.value(r, s);
    return slot.has_total && console_metric(slot) ? v / grammar_.total(r, s) : v;
  }

  void write_stamp(const ConsoleRecord& r) {
    if (std::isnan(r.stamp)) return;
    if (r.stamp > kUnixDay) {
      builder_.declare("timestamp", {Role::timestamp, "timestamp", Unit::seconds});
      return builder_.value("timestamp", r.stamp);
    }
    // Without a year or a day: seconds since the first line that has a clock; a fall of half a day is midnight.
    if (std::isnan(first_clock_)) first_clock_ = last_clock_ = r.stamp;
    if (r.stamp + days_ * kDay < last_clock_ - kDay / 2) ++days_;
    last_clock_ = r.stamp + days_ * kDay;
    builder_.declare("clock", {Role::wall, "wall", Unit::seconds});
    builder_.value("clock", last_clock_ - first_clock_);
  }

  /// The whole fields of an unfinished last line, where other lines begin alike.
  void write_cut(std::uint32_t line) {
    const auto* t = log_.cut_fields.empty() ? nullptr : grammar_.beginning_with(log_.cut_fields);
    builder_.note("line.cut", "the last line breaks off; what touches its end is left out", line);
    if (t == nullptr) return;
    const auto index = static_cast<std::size_t>(t - grammar_.templates().data());
    const auto& c = axis_.counter(index);
    const bool counts = c.slot < 0 || (!c.combined && static_cast<std::size_t>(c.slot) < log_.cut_fields.size());
    if (!counts) return;
    builder_.begin_record(line);
    for (std::size_t s = 0; s < log_.cut_fields.size(); ++s)
      if (t->slots[s].keep) builder_.value(t->slots[s].series, log_.cut_fields[s].value);
    if (c.slot < 0) return;
    const auto& slot = t->slots[static_cast<std::size_t>(c.slot)];
    if (!slot.keep || !slot.is(Role::step) || axis_.key() != "step")
      builder_.value(axis_.key(), log_.cut_fields[static_cast<std::size_t>(c.slot)].value);
  }

  std::string_view text_of(std::uint32_t line) const {
    std::size_t at = 0;
    for (std::uint32_t n = 1; n < line && at != std::string_view::npos; ++n) {
      at = text_.find('\n', at);
      if (at != std::string_view::npos) ++at;
    }
    return at == std::string_view::npos ? std::string_view() : text_.substr(at, text_.find('\n', at) - at);
  }

  void note_left(const std::vector<std::uint32_t>& left) {
    if (left.empty()) return;
    const auto text = fmt::format("{} of {} lines hold no number under a name that recurs, first {}", left.size(),
                                  log_.lines.size(), code_span(trim(text_of(left.front()))));
    for (const auto line : left) builder_.note("line.not_understood", text, line);
    if (log_.too_many)
      builder_.note("console.too_many", fmt::format("more than {} kinds of lines; further ones are left out",
                                                    ConsoleGrammar::kMostTemplates));
  }

  /// Of a series, over all kinds of lines that hold it.
  struct Moves {
    std::size_t falls = 0, rises = 0, values = 0;
  };

  /// Units that the log glues to its numbers, as meanings in base units.
  void declare_units() {
    std::map<std::string, Moves> moves;
    for (const auto& t : grammar_.templates())
      for (const auto& s : t.slots)
        if (s.keep) {
          moves[s.series].falls += s.falls;
          moves[s.series].rises += s.rises;
          moves[s.series].values += s.n;
        }
    for (const auto& t : grammar_.templates())
      for (const auto& s : t.slots)
        if (s.keep) declare_unit(t, s, moves[s.series]);
  }

  /// A bare "ppl" beside the training loss is of training where lines of evaluation name their own figures.
  bool of_training(const ConsoleTemplate& t, const ConsoleSlot& s) const {
    const auto evaluates = [](const ConsoleSlot& o) {
      return o.keep && console_metric(o) && take_apart(o.series).side == DataSide::eval;
    };
    const auto trains = [](const ConsoleSlot& o) { return o.keep && o.meaning.role == Role::train_loss; };
    if (s.meaning.role != Role::eval_metric || take_apart(s.series).side != DataSide::none) return false;
    if (std::none_of(t.slots.begin(), t.slots.end(), trains)) return false;
    if (std::any_of(t.slots.begin(), t.slots.end(), evaluates)) return false;
    return std::any_of(grammar_.templates().begin(), grammar_.templates().end(), [&](const ConsoleTemplate& o) {
      return o.accepted && std::any_of(o.slots.begin(), o.slots.end(), evaluates);
    });
  }

  void declare_unit(const ConsoleTemplate& t, const ConsoleSlot& s, const Moves& moves) {
    Meaning m = meaning(s.series);
    m.factor = 1;
    if (of_training(t, s)) {
      m.role = Role::train_metric;
      m.name.clear();
      builder_.declare(s.series, m);
    }
    const bool plain = m.role == Role::mechanism || m.role == Role::none;
    switch (s.measure) {
      case Measure::time:
        // As the store does with a bare "time": a clock that falls at more than a quarter of its points is none.
        if (m.role == Role::wall && moves.values >= 3 &&
            (moves.falls * 4 > moves.values || moves.falls + moves.rises == 0))
          m = {Role::step_time, "step_time"};
        if (m.role != Role::wall && m.role != Role::step_time && m.role != Role::timestamp && !plain) return;
        m.unit = Unit::seconds;
        break;
      case Measure::time_per:
        m = {Role::step_time, "step_time", Unit::seconds};
        break;
      case Measure::rate:
        if (plain || m.role == Role::step) m = {Role::throughput, ""};
        if (m.role != Role::throughput) return;
        m.unit = lower(s.spelled).find("flop") == std::string::npos ? Unit::per_second : Unit::one;
        break;
      case Measure::bytes:
        if (m.role != Role::memory && !plain) return;
        m.unit = Unit::bytes;
        break;
      case Measure::percent:
        builder_.note("percent.as_logged", fmt::format("{} is logged in per cent and read so", code_span(s.series)),
                      t.line, s.series);
        if (m.role == Role::memory) builder_.declare(s.series, Meaning{});
        return;
      default:
        // "update: 3.25" is an epoch by another name; "mem 11.2G" are bytes.
        if (m.role == Role::step && !s.whole) return builder_.declare(s.series, Meaning{});
        const auto scale = console_unit(s.spelled);
        if (m.role != Role::memory || !scale || scale->measure != Measure::scale) return;
        m.unit = Unit::bytes;
    }
    builder_.declare(s.series, m);
    const auto unit = console_unit(s.spelled);
    if (unit && unit->factor != 1)
      builder_.note(
          "unit.converted",
          fmt::format("{} is written in {} and read in base units", code_span(s.series), code_span(s.spelled)), t.line,
          s.series);
  }

  void note_grammar() {
    constexpr std::size_t kMost = 12;
    std::vector<const ConsoleTemplate*> found;
    for (const auto& t : grammar_.templates())
      if (t.accepted) found.push_back(&t);
    std::stable_sort(found.begin(), found.end(), [](const auto* a, const auto* b) { return a->n > b->n; });
    for (std::size_t i = 0; i < found.size() && i < kMost; ++i)
      builder_.note(
          "console.grammar",
          fmt::format("{} on {} line{}", code_span(found[i]->shown, 150), found[i]->n, found[i]->n == 1 ? "" : "s"),
          found[i]->line, fmt::format("kind {} of lines", i + 1));
    note_unnamed();
  }

  void note_unnamed() {
    std::size_t n = 0;
    const ConsoleTemplate* first = nullptr;
    for (std::size_t k = 0; k < grammar_.templates().size(); ++k) {
      const auto& t = grammar_.templates()[k];
      for (std::size_t s = 0; t.accepted && s < t.slots.size(); ++s) {
        const int slot = static_cast<int>(s);
        if (!t.slots[s].key.empty() || slot == axis_.counter(k).slot || slot == axis_.counter(k).epoch) continue;
        n += t.n;
        if (first == nullptr) first = &t;
      }
    }
    if (first != nullptr)
      builder_.note(
          "console.unnamed",
          fmt::format("{} numbers stand beside no name and are left out, first in {}", n, code_span(first->shown, 150)),
          first->line);
  }

  void note_axis() {
    for (std::size_t k = 0; k < grammar_.templates().size(); ++k) {
      const auto& c = axis_.counter(k);
      const auto& t = grammar_.templates()[k];
      if (!t.accepted || c.slot < 0) continue;
      if (c.combined)
        builder_.note("axis.step.combined",
                      std::isnan(c.batches)
                          ? "epoch and batch are combined: each earlier epoch counts N of its n/N"
                          : fmt::format("epoch and batch are combined; no line says how many batches an epoch has, so "
                                        "the largest number seen is taken: {}",
                                        number(c.batches)),
                      t.line);
      else if (c.guessed)
        builder_.note(
            "axis.step.guessed",
            fmt::format("no name counts steps: a whole number that rises from line to line is read as one in {}",
                        code_span(t.shown)),
            t.line);
    }
  }

  static constexpr double kDay = 86400;
  static constexpr double kUnixDay = 1e8;  // 1973: earlier stamps have no year, see take_stamp()
  std::string_view text_;
  const ConsoleLog& log_;
  const ConsoleGrammar& grammar_;
  ConsoleAxis axis_;
  RunBuilder& builder_;
  std::vector<bool> repeated_, echo_;
  std::set<std::uint32_t> understood_;
  double first_clock_ = std::numeric_limits<double>::quiet_NaN(), last_clock_ = 0;
  int days_ = 0;
  double furthest_ = 0;  ///< step
};

}  // namespace

void write_console_log(std::string_view text, const ConsoleLog& log, RunBuilder& builder) {
  Writer(text, log, builder).run();
}

}  // namespace expanalyze
