#include "cli/options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/named_path.hpp"
#include "cli/output.hpp"
#include "expanalyze/error.hpp"
#include "expanalyze/render.hpp"
#include "text/format.hpp"
#include "text/nearest.hpp"

namespace expanalyze::cli {

namespace {

constexpr const char* kExamples = R"(Examples:
  expanalyze baseline.jsonl experiment.jsonl
  expanalyze run.jsonl
  expanalyze --baseline b_s1.csv b_s2.csv --experiment e_s1.csv e_s2.csv -o report.md
  expanalyze base.log new.log --controls repeats/
  expanalyze base.log new.log --format json --fail-on regressed,failed
  expanalyze base.log new.log --emit-config next.json
  expanalyze verify report.json next.log
  expanalyze sweep runs/ --baseline adamw_lr3e-4
  expanalyze inspect run.log
  expanalyze inspect runs/ --series train_loss -o train_loss.csv
  expanalyze formats
  expanalyze explain lr_too_high
  expanalyze theory check paper.toml base.jsonl new.jsonl

Exit status: 0 report written; 1 written, and --fail-on matched; 2 wrong usage; 3 an input cannot be
read or holds nothing to compare.)";

/// As typed, before it is understood.
struct Typed {
  std::vector<std::string> logs, config, map, theory;
  std::string metric, direction, format, output, fail_on, format_in, config_file;
};

[[noreturn]] void wrong(const std::string& what, const std::string& hint) {
  throw Error(Error::Kind::usage, what, hint);
}

void add_reading(CLI::App& app, Typed& typed) {
  app.add_option("--map", typed.map, "give a logged key a role, e.g. eval_loss=score")
      ->type_name("ROLE=KEY")
      ->allow_extra_args(false);
  app.add_option("--format-in", typed.format_in, "format of the logs (default: by content)")->type_name("ID");
}

void add_writing(CLI::App& app, Typed& typed) {
  app.add_option("--format", typed.format, "of the report (default: by the ending of -o)")->type_name("markdown|json");
  app.add_option("-o,--output", typed.output, "write the report here")->type_name("FILE");
}

void add_shared(CLI::App& app, Typed& typed, Options& options) {
  app.add_option("--metric", typed.metric, "metric to judge by, as logged (default: by its role)")->type_name("NAME");
  app.add_option("--direction", typed.direction, "which way is better")->type_name("min|max");
  app.add_option("--controls", options.controls, "repeated runs or folders of them: how much a seed moves the metric")
      ->type_name("PATH");
  add_reading(app, typed);
  app.add_option("--theory", typed.theory, "theory card of your own (TOML); repeatable")
      ->type_name("FILE")
      ->allow_extra_args(false);
  add_writing(app, typed);
  app.add_option("--fail-on", typed.fail_on, "exit 1 on these verdicts, e.g. regressed,failed")->type_name("WORDS");
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  while (true) {
    const auto end = text.find(at, from);
    parts.push_back(text.substr(from, end == std::string::npos ? end : end - from));
    if (end == std::string::npos) return parts;
    from = end + 1;
  }
}

std::pair<std::string, std::string> name_and_value(const char* flag, const std::string& text, const char* form) {
  const auto at = text.find('=');
  if (at == std::string::npos || at == 0 || at + 1 == text.size())
    wrong(fmt::format("{} wants {}, not {}", flag, form, one_line(text)), fmt::format("write {} {}", flag, form));
  return {text.substr(0, at), text.substr(at + 1)};
}

void one_of(const char* what, const std::string& word, const std::vector<std::string>& known) {
  if (std::find(known.begin(), known.end(), word) == known.end())
    wrong(fmt::format("{} is no {}", one_line(word), what), did_you_mean(word, known));
}

std::vector<std::string> fail_words(const std::string& text) {
  // The verdicts of review.overall, then the modifiers: docs/reference/report.schema.json.
  static const std::vector<std::string> known{"improved",     "neutral",        "regressed",  "failed",
                                              "inconclusive", "not_assessable", "but_slower", "but_costlier",
                                              "early_only",   "confounded"};
  if (text.empty()) return {};
  std::vector<std::string> words = split(text, ',');
  for (const std::string& word : words) one_of("verdict for --fail-on", word, known);
  return words;
}

Format format_of(const Typed& typed) {
  if (!typed.format.empty()) {
    one_of("report format", typed.format, {"markdown", "json"});
    return typed.format == "json" ? Format::json : Format::markdown;
  }
  const std::string ending = std::filesystem::path(typed.output).extension().string();
  if (typed.output.empty() || ending == ".md" || ending == ".markdown") return Format::markdown;
  if (ending == ".json") return Format::json;
  wrong("the ending of " + one_line(typed.output) + " names no report format",
        "end it in .md or .json, or add --format");
}

std::vector<std::string> role_words() {
  std::vector<std::string> words;
  for (int i = static_cast<int>(Role::none) + 1; i <= static_cast<int>(Role::mechanism); ++i)
    words.emplace_back(to_string(static_cast<Role>(i)));
  return words;
}

void take_reading(Options& options, const Typed& typed) {
  for (const std::string& text : typed.map) {
    const auto [word, key] = name_and_value("--map", text, "ROLE=KEY");
    const std::optional<Role> role = role_from(word);
    if (!role) wrong(one_line(word) + " is no role", did_you_mean(word, role_words()));
    options.import.map[*role] = key;
  }
  options.import.format = typed.format_in;
}

/// Standard input can be read once.
void refuse_second_stdin(const Options& options) {
  std::size_t times = 0;
  for (const auto* list : {&options.baseline, &options.experiment, &options.controls, &options.paths})
    for (const std::string& typed : *list) times += named_path(typed).path == "-" ? 1 : 0;
  if (times > 1) wrong("- names standard input more than once", "write one of the logs to a file");
}

void take_inspect(Options& options, const Typed& typed) {
  options.command = Command::inspect;
  refuse_second_stdin(options);
  take_reading(options, typed);
  options.import.config = typed.config_file;
  options.output = typed.output;
  if (options.series.empty())
    options.format = format_of(typed);
  else if (!typed.format.empty())
    one_of("format of a series", typed.format, {"csv"});
}

void take_verify(Options& options, const Typed& typed) {
  options.command = Command::verify;
  refuse_second_stdin(options);
  take_reading(options, typed);
  options.import.config = typed.config_file;
  options.output = typed.output;
  options.format = format_of(typed);
}

void take_formats(Options& options, const Typed& typed) {
  options.command = Command::formats;
  options.output = typed.output;
  options.format = typed.format.empty() && typed.output.empty() ? Format::text : format_of(typed);
}

void add_theory(CLI::App& theory, Typed& typed, Options& options) {
  const auto task = [&](const char* name, const char* says, TheoryTask is) -> CLI::App& {
    CLI::App& sub = *theory.add_subcommand(name, says);
    sub.callback([&options, is] { options.theory_task = is; });
    return sub;
  };
  theory.require_subcommand(1);  // explain_failure() says which
  task("list", "the built-in cards", TheoryTask::list);
  task("new", "a commented card to start from", TheoryTask::skeleton);
  CLI::App& show = task("show", "a card with its claims; without ID: all of them", TheoryTask::show);
  show.add_option("ID", options.id, "id as `theory list` prints it")->type_name("");
  show.add_option("--format", typed.format, "markdown: as a page")->type_name("markdown");
  CLI::App& check =
      task("check", "whether a card is valid and, with runs, what they say of its claims", TheoryTask::check);
  check.add_option("CARD", options.card, "file of a card, or id of a built-in one")->required()->type_name("");
  check.add_option("RUNS", typed.logs, "baseline and experiment, or one run")->type_name("");
  check.add_option("--baseline", options.baseline, "logs of the baseline, one per seed")->type_name("B1 B2");
  check.add_option("--experiment", options.experiment, "logs of the experiment, one per seed")->type_name("E1 E2");
  check.add_option("--config", typed.config, "settings that are not in the log; once a side")
      ->type_name("SIDE=FILE")
      ->allow_extra_args(false);
  add_reading(check, typed);
}

void take_shared(Options& options, const Typed& typed) {
  options.review.metric = typed.metric;
  if (!typed.direction.empty()) {
    one_of("direction", typed.direction, {"min", "max"});
    options.review.direction = typed.direction == "min" ? Direction::min : Direction::max;
  }
  take_reading(options, typed);
  options.theory.assign(typed.theory.begin(), typed.theory.end());
  options.format = format_of(typed);
  options.output = typed.output;
  options.fail_on = fail_words(typed.fail_on);
}

void take_sides(Options& options, const Typed& typed) {
  const bool named = !options.baseline.empty() || !options.experiment.empty();
  if (named && !typed.logs.empty())
    wrong("logs stand both before and after --baseline or --experiment",
          "give two logs, or --baseline B1 B2 ... --experiment E1 E2 ...");
  if (named && options.experiment.empty())
    wrong("--baseline without --experiment", "name the other side; one side alone is examined as --experiment");
  if (!named) {
    if (typed.logs.empty() || typed.logs.size() > 2)
      wrong(fmt::format("a report needs one log to examine or two to compare; given: {}", typed.logs.size()),
            typed.logs.size() > 2
                ? "several seeds: --baseline B1 B2 ... --experiment E1 E2 ...; a folder: expanalyze sweep DIR"
                : "expanalyze BASELINE EXPERIMENT; expanalyze -h shows examples");
    if (typed.logs.size() == 2) options.baseline = {typed.logs.front()};
    options.experiment = {typed.logs.back()};
  }
  refuse_second_stdin(options);
  for (const std::string& text : typed.config) {
    const auto [side, file] = name_and_value("--config", text, "baseline=FILE");
    one_of("side for --config", side, {"baseline", "experiment"});
    if (!options.config.emplace(side, file).second) wrong("--config names the " + side + " twice", "one file a side");
  }
}

void take_theory(Options& options, const Typed& typed) {
  options.command = Command::theory;
  options.format = typed.format.empty() ? Format::text : format_of(typed);
  take_reading(options, typed);
  if (!typed.logs.empty() || !options.baseline.empty() || !options.experiment.empty()) take_sides(options, typed);
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

/// One message in our form for whatever the parser found.
[[noreturn]] void explain_failure(const CLI::App& app, const CLI::ParseError& e) {
  const CLI::App* used = &app;
  while (!used->get_subcommands().empty()) used = used->get_subcommands().front();
  const std::vector<std::string> rest = app.remaining(true);
  if (used->get_name() == "theory")
    wrong(rest.empty() ? "theory wants a task" : one_line(rest.front()) + " is no task of theory",
          did_you_mean(rest.empty() ? "" : rest.front(), std::vector<std::string>{"list", "show", "check", "new"}));
  for (const std::string& word : rest)
    if (word.size() > 1 && word.front() == '-')
      wrong("no option is called " + one_line(word.substr(0, word.find('='))),
            did_you_mean(word.substr(0, word.find('=')), option_names(*used)));
  wrong(one_line(e.what()), "expanalyze -h shows the options and examples");
}

}  // namespace

std::optional<Options> parse(int argc, const char* const* argv) {
  Options options;
  Typed typed;
  bool version_asked = false;
  CLI::App app{"Compares the logs of two training runs and says what happened, why, and what to try next."};
  app.name("expanalyze");
  app.footer(kExamples);
  app.set_help_flag("-h,--help", "print this");
  app.get_formatter()->column_width(32);
  app.add_option("LOGS", typed.logs,
                 "baseline and experiment, or one run to examine: logs, or folders that hold one log each")
      ->type_name("");
  app.add_option("--baseline", options.baseline, "logs of the baseline, one per seed")->type_name("B1 B2");
  app.add_option("--experiment", options.experiment, "logs of the experiment, one per seed")->type_name("E1 E2");
  app.add_option("--config", typed.config, "settings that are not in the log; once a side")
      ->type_name("SIDE=FILE")
      ->allow_extra_args(false);
  app.add_option("--forecast", options.review.forecast, "predict both sides at a step that they have not reached")
      ->type_name("STEP")
      ->check(CLI::PositiveNumber);
  app.add_option("--emit-config", options.emit_config, "write the experiment's settings with path 1 applied")
      ->type_name("FILE");
  app.add_flag("--version", version_asked, "print the version");
  add_shared(app, typed, options);

  CLI::App& sweep = *app.add_subcommand("sweep", "every run below a folder against one baseline");
  sweep.add_option("DIR", options.directory, "folder of runs")->required()->type_name("");
  sweep.add_option("--baseline", options.sweep_baseline, "label or path of the baseline run or seed group")
      ->required()
      ->type_name("NAME");
  add_shared(sweep, typed, options);

  CLI::App& explain = *app.add_subcommand("explain", "what a diagnosis, move or format means; without ID: all of them");
  explain.add_option("ID", options.id, "id as printed in a report")->type_name("");
  explain.add_option("--format", typed.format, "markdown: all diagnoses as a page")->type_name("markdown");

  CLI::App& inspect = *app.add_subcommand("inspect", "what was understood of a log, or of every log below a folder");
  inspect.add_option("PATH", options.paths, "logs, or folders of logs")->required()->type_name("");
  inspect.add_option("--series", options.series, "print this series as CSV; NAME{layer=3} chooses by labels")
      ->type_name("NAME");
  inspect.add_option("--config", typed.config_file, "settings that are not in the log")->type_name("FILE");
  add_reading(inspect, typed);
  add_writing(inspect, typed);

  CLI::App& formats = *app.add_subcommand("formats", "the formats that can be read; with ID: one of them");
  formats.add_option("ID", options.id, "id as `inspect` prints it")->type_name("");
  add_writing(formats, typed);

  CLI::App& theory = *app.add_subcommand("theory", "the theory cards: list, show ID, check CARD [RUNS], new");
  add_theory(theory, typed, options);

  CLI::App& verify = *app.add_subcommand("verify", "an earlier report's predictions against the runs that followed");
  verify.add_option("REPORT", options.id, "the report, written with --format json")->required()->type_name("");
  verify.add_option("RUNS", options.paths, "logs of the new run, one per seed")->required()->type_name("");
  verify.add_option("--path", options.path, "path that was tried (default: by the new run's settings)")->type_name("N");
  verify.add_option("--config", typed.config_file, "settings that are not in the log")->type_name("FILE");
  add_reading(verify, typed);
  add_writing(verify, typed);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    print(app.help());
    return std::nullopt;
  } catch (const CLI::ParseError& e) {
    explain_failure(app, e);
  }
  if (version_asked) {
    print(fmt::format("expanalyze {}\n", version()));
    return std::nullopt;
  }
  if (inspect.parsed()) {
    take_inspect(options, typed);
    return options;
  }
  if (verify.parsed()) {
    take_verify(options, typed);
    return options;
  }
  if (formats.parsed()) {
    take_formats(options, typed);
    return options;
  }
  if (explain.parsed()) {
    options.command = Command::explain;
    options.format = typed.format.empty() ? Format::text : format_of(typed);
    return options;
  }
  if (theory.parsed()) {
    take_theory(options, typed);
    return options;
  }
  take_shared(options, typed);
  if (sweep.parsed())
    options.command = Command::sweep;
  else
    take_sides(options, typed);
  return options;
}

}  // namespace expanalyze::cli
