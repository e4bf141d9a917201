#include "import/console_declare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>

#include "store/key.hpp"
#include "store/run_builder.hpp"
#include "text/format.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

/// Of a series, over all kinds of lines that hold it.
struct Moves {
  std::size_t falls = 0, rises = 0, values = 0;
};

/// A bare "ppl" beside the training loss is of training where lines of evaluation name their own figures.
bool of_training(const ConsoleGrammar& grammar, const ConsoleTemplate& t, const ConsoleSlot& s) {
  const auto evaluates = [](const ConsoleSlot& o) {
    return o.keep && console_metric(o) && take_apart(o.series).side == DataSide::eval;
  };
  const auto trains = [](const ConsoleSlot& o) { return o.keep && o.meaning.role == Role::train_loss; };
  if (s.meaning.role != Role::eval_metric || take_apart(s.series).side != DataSide::none) return false;
  if (std::none_of(t.slots.begin(), t.slots.end(), trains)) return false;
  if (std::any_of(t.slots.begin(), t.slots.end(), evaluates)) return false;
  return std::any_of(grammar.templates().begin(), grammar.templates().end(), [&](const ConsoleTemplate& o) {
    return o.accepted && std::any_of(o.slots.begin(), o.slots.end(), evaluates);
  });
}

void declare_unit(const ConsoleGrammar& grammar, const ConsoleTemplate& t, const ConsoleSlot& s, const Moves& moves,
                  RunBuilder& builder) {
  Meaning m = meaning(s.series);
  m.factor = 1;
  if (of_training(grammar, t, s)) {
    m.role = Role::train_metric;
    m.name.clear();
    builder.declare(s.series, m);
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
      builder.note("percent.as_logged", fmt::format("{} is logged in per cent and read so", code_span(s.series)),
                   t.line, s.series);
      if (m.role == Role::memory) builder.declare(s.series, Meaning{});
      return;
    default:
      // "update: 3.25" is an epoch by another name; "mem 11.2G" are bytes.
      if (m.role == Role::step && !s.whole) return builder.declare(s.series, Meaning{});
      const auto scale = console_unit(s.spelled);
      if (m.role != Role::memory || !scale || scale->measure != Measure::scale) return;
      m.unit = Unit::bytes;
  }
  builder.declare(s.series, m);
  const auto unit = console_unit(s.spelled);
  if (unit && unit->factor != 1)
    builder.note("unit.converted",
                 fmt::format("{} is written in {} and read in base units", code_span(s.series), code_span(s.spelled)),
                 t.line, s.series);
}

}  // namespace

void declare_console_units(const ConsoleGrammar& grammar, RunBuilder& builder) {
  std::map<std::string, Moves> moves;
  for (const auto& t : grammar.templates())
    for (const auto& s : t.slots)
      if (s.keep) {
        moves[s.series].falls += s.falls;
        moves[s.series].rises += s.rises;
        moves[s.series].values += s.n;
      }
  for (const auto& t : grammar.templates())
    for (const auto& s : t.slots)
      if (s.keep) declare_unit(grammar, t, s, moves[s.series], builder);
}

}  // namespace expanalyze
