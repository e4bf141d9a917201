// Rows of a log, column by column: of one block while it is parsed, of the whole log in the builder.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "expanalyze/run_store.hpp"
#include "store/presence.hpp"
#include "store/setting.hpp"

namespace expanalyze {

/// Adds a note; one of the same code about the same series is counted instead, and its first and last place are kept.
void add_note(std::vector<Note>& notes, std::string_view code, std::string text, std::uint32_t line = 0,
              std::string_view series = {}, std::size_t count = 1);

class RowGroup {
 public:
  using ColumnId = std::uint32_t;
  static constexpr ColumnId kNone = ~ColumnId{0};
  /// Words under one key beyond this many different ones are no tags or labels; they are counted and left out.
  static constexpr std::size_t kMostWords = 20000;

  /// All values until the next call were logged together. The line counts as understood.
  void begin_record(std::uint32_t line) {
    line_.push_back(line);
    understood(line);
  }
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

  void note(std::string_view code, std::string text, std::uint32_t line = 0, std::string_view series = {});
  /// Counts a note that was made before; false when it is new and needs its sentence.
  bool noted_again(std::string_view code, std::string_view series = {}, std::size_t count = 1, std::uint32_t line = 0);
  /// A line that holds a setting, a blank or known chatter.
  void understood(std::uint32_t line) {
    if (line <= last_understood_) return;  // several records on one line
    last_understood_ = line;
    ++understood_;
  }

  [[nodiscard]] std::size_t records() const { return line_.size(); }
  [[nodiscard]] std::size_t values() const { return values_; }

  // The hot path names a column by number. A number stays valid until forget().
  ColumnId column(std::string_view key, const Labels& labels = {});
  ColumnId words(std::string_view key);
  void put(ColumnId column, double v) {
    if (column != kNone && columns_[column].records.extend(current())) {
      columns_[column].value.push_back(v);
      ++values_;
    } else {
      put_first(column, v);
    }
  }
  void put_blank(ColumnId column);
  void put_word(ColumnId words, std::string_view word) { put_code(words, code_for(words, word)); }
  /// A word's number in the dictionary of its key; it holds as long as the edition does not change.
  std::uint32_t code_for(ColumnId words, std::string_view word);
  [[nodiscard]] std::uint64_t words_edition() const { return words_edition_; }
  void put_code(ColumnId words, std::uint32_t code);

  /// Empties the columns for the next block but keeps them, and their memory.
  void clear();
  /// Logs with ever new keys: too many columns to keep them. forget() drops them.
  [[nodiscard]] bool crowded() const { return columns_.size() + words_.size() > kMostWords; }
  void forget();

 protected:
  struct Column {
    std::string key;
    Labels labels;
    Presence records;
    std::vector<double> value;
    Presence blank;
    bool used = false;  ///< in this block
  };
  /// Words are kept once: a log repeats few of them in every row.
  struct Words {
    std::string key;
    Presence records;
    std::vector<std::uint32_t> code;  ///< index into `dictionary`; kNone: of a word beyond kMostWords
    std::vector<std::string> dictionary;
    std::unordered_map<std::string, std::uint32_t> code_of;
    bool used = false;

    std::uint32_t code_for(std::string_view word);
    void drop_words();
    [[nodiscard]] const std::string* word(std::size_t i) const {
      return code[i] == kNone ? nullptr : &dictionary[code[i]];
    }
  };

  [[nodiscard]] std::uint32_t current() const { return static_cast<std::uint32_t>(line_.size() - 1); }
  template <class Entry>
  void use(std::vector<Entry>& entries, std::vector<ColumnId>& used, ColumnId id) {
    if (entries[id].used) return;
    entries[id].used = true;
    used.push_back(id);
  }
  [[nodiscard]] std::uint32_t last_line() const { return line_.empty() ? 0 : line_.back(); }

  std::vector<std::uint32_t> line_;  ///< of each record
  std::vector<Column> columns_;
  std::vector<Words> words_;
  std::vector<ColumnId> used_columns_, used_words_;  ///< of this block, in the order of their first use
  std::vector<Setting> settings_;
  std::string config_source_;
  std::vector<Note> notes_;
  std::uint32_t last_understood_ = 0;
  std::size_t understood_ = 0;
  std::size_t values_ = 0;
  std::uint64_t words_edition_ = 0;
  std::size_t most_columns_ = ~std::size_t{0}, most_words_ = ~std::size_t{0};

 private:
  /// A column's first value, one behind a gap, or a second one in the same record.
  void put_first(ColumnId column, double v);

  std::unordered_map<std::string, ColumnId> column_of_, words_of_;
  std::string lookup_;  ///< reused: one allocation less a value

  friend class RunBuilder;  // it reads the rows of other groups
};

}  // namespace expanalyze
