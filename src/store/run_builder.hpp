// What importers write into: values record by record in, a columnar Run out. Nothing is smoothed, filled in or dropped.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "expanalyze/run_store.hpp"
#include "store/roles.hpp"

namespace expanalyze {

/// Adds a note; one of the same code about the same series is counted instead, and the first place is kept.
void add_note(std::vector<Note>& notes, std::string_view code, std::string text, std::uint32_t line = 0,
              std::string_view series = {});

class RunBuilder {
 public:
  /// More keys than this are noted and left out: a log whose keys hold step numbers would fill the memory.
  static constexpr std::size_t kMostKeys = 20000;
  static constexpr std::size_t kMostWordKeys = 500;

  /// All values until the next call were logged together. The line counts as understood.
  void begin_record(std::uint32_t line);
  void value(std::string_view key, double v);
  void value(std::string_view key, const Labels& labels, double v);
  /// A word in place of a number: "train" of a key `mode`, "q" of a key `proj`.
  void text(std::string_view key, std::string_view word);
  /// null or an empty cell: "not logged here", or a NaN that the writer could not spell; finish() decides.
  void blank(std::string_view key);

  /// The first value of a key stays; another one later is noted.
  void config(std::string_view key, ConfigValue v, std::uint32_t line = 0);
  void config_source(std::string source);
  /// The log states its own config: no file beside it is looked for.
  [[nodiscard]] bool has_config() const { return !config_source_.empty(); }

  /// The name that the log itself gives its run; without one it is called after its file.
  void label(std::string name) { label_ = std::move(name); }

  /// What the documentation of a format says a key means: goes before the key's name, behind --map.
  void declare(std::string_view key, Meaning meaning);
  /// What a format writes under a key where it has no value, NaN included: such values, and blanks, are left out and
  /// counted. `means`: why there is none, as the end of a sentence.
  void absent(std::string_view key, double value, std::string means);

  /// `lines` of finish() for logs that are not one text: "records" of a binary file, lines over several files.
  void counted(std::size_t lines, std::string_view in = "lines");

  void note(std::string_view code, std::string text, std::uint32_t line = 0, std::string_view series = {});
  /// A line that holds a setting, a blank or known chatter.
  void understood(std::uint32_t line);
  /// The file is one document: all of its lines are understood, or none.
  void one_document(std::uint32_t lines);

  [[nodiscard]] std::size_t records() const { return line_.size(); }
  [[nodiscard]] std::size_t values() const { return values_; }

  /// Columns become series, series get roles (store/roles.hpp), rows get steps. `lines`: in the whole file.
  /// Throws Error{usage} when `map` names a key that the log does not have.
  Run finish(std::size_t lines, const std::map<Role, std::string>& map = {});

 private:
  struct Column {
    std::string key;
    Labels labels;
    std::vector<std::uint32_t> record;
    std::vector<double> value;
    std::vector<std::uint32_t> blank;  ///< records
  };
  struct Words {
    std::string key;
    std::vector<std::uint32_t> record;
    std::vector<std::string> word;
  };

  struct Absent {
    std::string key;
    double value = 0;
    std::string means;
  };

  Column* column(std::string_view key, const Labels& labels);
  [[nodiscard]] std::uint32_t current() const { return static_cast<std::uint32_t>(line_.size() - 1); }
  void drop_absent();
  void settle_blanks();
  void apply_split_tags();
  void pivot_tidy_rows();
  void pivot_long_rows();
  void split_column(std::size_t c, const std::vector<const std::string*>& tag);
  void label_column(std::size_t c, const std::vector<Labels>& labels);
  void note_words();
  void move_columns(Run& run);

  std::vector<std::uint32_t> line_;  ///< of each record
  std::vector<Column> columns_;
  std::unordered_map<std::string, std::size_t> column_of_;
  std::string lookup_;  ///< reused: one allocation less a value
  std::vector<std::vector<std::uint32_t>> record_of_rows_;
  std::vector<Words> words_;
  std::size_t values_ = 0;
  Config config_;
  std::string config_source_, label_;
  std::map<std::string, Meaning> declared_;
  std::vector<Absent> absent_;
  std::optional<std::size_t> counted_;
  std::string counted_in_ = "lines";
  std::vector<Note> notes_;
  std::uint32_t last_understood_ = 0;
  std::size_t understood_ = 0;
};

}  // namespace expanalyze
