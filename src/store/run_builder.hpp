// What importers write into: values record by record in, a columnar Run out. Nothing is smoothed, filled in or dropped.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "expanalyze/run_store.hpp"
#include "store/presence.hpp"
#include "store/roles.hpp"
#include "store/row_group.hpp"

namespace expanalyze {

/// `asked`, or for 0 what the machine has and what helps.
unsigned usable_threads(unsigned asked);

/// The rows of a whole log: an importer writes them here one by one, or appends what it parsed in blocks.
class RunBuilder : public RowGroup {
 public:
  /// More keys than this are noted and left out: a log whose keys hold step numbers would fill the memory.
  static constexpr std::size_t kMostKeys = 20000;
  static constexpr std::size_t kMostWordKeys = 500;

  /// `threads`: how many an importer may use, 0: what the machine has.
  explicit RunBuilder(unsigned threads = 1);
  [[nodiscard]] unsigned threads() const { return threads_; }

  /// The rows of the next block of the log. `share`: of the log that is read by then, in (0, 1]; 0: not known.
  void append(const RowGroup& group, double share = 0);

  /// The name that the log itself gives its run; without one it is called after its file.
  void label(std::string name) { label_ = std::move(name); }
  /// The side of the data that the name of the file states.
  void side(DataSide side) { side_ = side; }

  /// What the documentation of a format says a key means: goes before the key's name, behind --map.
  void declare(std::string_view key, Meaning meaning);
  /// What a format writes under a key where it has no value, NaN included: such values, and blanks, are left out and
  /// counted. `means`: why there is none, as the end of a sentence. Said once a key: later words of it change nothing.
  void absent(std::string_view key, double value, std::string means);

  /// `lines` of finish() for logs that are not one text: "records" of a binary file, lines over several files.
  void counted(std::size_t lines, std::string_view in = "lines");
  /// The file is one document: all of its lines are understood, or none.
  void one_document(std::uint32_t lines);

  [[nodiscard]] bool states_settings() const { return !settings_.empty() || !stated_.empty(); }
  /// Every change of a setting: for a log that holds several runs.
  [[nodiscard]] const std::vector<Setting>& stated() const { return stated_; }

  /// Columns become series, series get roles (store/roles.hpp), rows get steps. `lines`: in the whole file.
  /// Throws Error{usage} when `map` names a key that the log does not have.
  Run finish(std::size_t lines, const std::map<Role, std::string>& map = {});

 private:
  struct Absent {
    double value = 0;
    std::string means;
  };

  void append_columns(const RowGroup& group, std::uint32_t offset, double share);
  void append_words(const RowGroup& group, std::uint32_t offset);
  void settle_config();
  void drop_absent();
  void settle_blanks();
  void apply_split_tags();
  void pivot_tidy_rows();
  void pivot_long_rows();
  void split_column(std::size_t c, const std::vector<const std::string*>& tag);
  void label_column(std::size_t c, const std::vector<Labels>& labels);
  void note_words();
  void move_columns(Run& run);

  std::vector<Presence> record_of_rows_;
  Config config_;
  std::vector<Setting> stated_;
  std::map<std::string, std::size_t, std::less<>> latest_;  ///< of each key, in stated_
  std::string label_;
  DataSide side_ = DataSide::none;
  std::map<std::string, Meaning> declared_;
  std::map<std::string, Absent, std::less<>> absent_;  ///< by key
  std::optional<std::size_t> counted_;
  std::string counted_in_ = "lines";
  unsigned threads_ = 1;
};

}  // namespace expanalyze
