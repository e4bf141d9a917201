// What the command line asks for.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "expanalyze/import.hpp"
#include "expanalyze/review.hpp"

namespace expanalyze::cli {

enum class Command { compare, sweep, explain, inspect, formats, theory, verify };
enum class TheoryTask { list, show, check, skeleton };
enum class Format { markdown, json, text };

struct Options {
  Command command = Command::compare;
  std::vector<std::string> baseline, experiment;  ///< paths; one log per seed
  std::vector<std::string> controls;              ///< repeated runs, which tell what a seed does
  std::string directory, sweep_baseline;          ///< of a sweep
  std::string id;                   ///< to explain, of a format, of a theory card, or the report to verify; empty: all
  std::vector<std::string> paths;   ///< to inspect, or to verify a report with
  std::optional<std::size_t> path;  ///< of a report to verify, from 1; nothing: by settings
  std::string series;               ///< to print as CSV; empty: show the runs
  std::map<std::string, std::filesystem::path> config;  ///< side → file
  ImportOptions import;
  ReviewOptions review;
  std::vector<std::filesystem::path> theory;
  TheoryTask theory_task = TheoryTask::list;
  std::string card;  ///< to check: a file
  Format format = Format::markdown;
  std::string output;                ///< file; empty: standard output
  std::string emit_config;           ///< file for the next run's settings; empty: none
  std::vector<std::string> fail_on;  ///< verdicts and modifiers
};

/// Throws Error{usage}. Nothing when help or the version was asked for and has been printed.
std::optional<Options> parse(int argc, const char* const* argv);

}  // namespace expanalyze::cli
