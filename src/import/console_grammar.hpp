// What the lines of one console log have in common: learned from the file, never known beforehand.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "import/console_fields.hpp"
#include "store/roles.hpp"

namespace expanalyze {

/// A place for a number in a line, and what stood there in the whole log.
struct ConsoleSlot {
  std::string key;  ///< empty: unnamed
  std::string scope;
  ConsoleField::Kind kind = ConsoleField::Kind::plain;
  bool assigned = false, has_total = false;
  Measure measure = Measure::none;
  std::string spelled;  ///< the first unit
  Meaning meaning;      ///< of the key

  bool whole = true, total_varies = false;
  std::size_t n = 0, falls = 0, rises = 0;
  double first = 0, last = 0, total = std::numeric_limits<double>::quiet_NaN();

  bool keep = false;   ///< becomes a series
  std::string series;  ///< its key
  [[nodiscard]] bool varies() const { return falls + rises > 0; }
  [[nodiscard]] bool is(Role role) const { return !key.empty() && meaning.role == role; }
  [[nodiscard]] bool counts() const { return whole && n > 0; }
};

/// Lines whose numbers have the same names in the same order.
struct ConsoleTemplate {
  std::vector<ConsoleSlot> slots;
  std::string shown;  ///< "iter {step}: loss {loss}"
  std::uint32_t line = 0;
  std::size_t n = 0;
  bool bar = false;
  bool accepted = false;
  std::optional<int> rank;  ///< of its first line
};

/// One line, or part of a line, with its numbers.
struct ConsoleRecord {
  std::uint32_t line = 0, of = 0;  ///< template
  std::uint32_t rank = 0;          ///< 0: none stated, else rank + 1
  std::size_t at = 0;              ///< of its first number in ConsoleGrammar::values()
  double stamp = std::numeric_limits<double>::quiet_NaN();
};

class ConsoleGrammar {
 public:
  /// More kinds of lines than this are prose.
  static constexpr std::size_t kMostTemplates = 2000;
  static constexpr std::size_t kMostSlots = 50000;  ///< of all templates

  /// False when there are too many templates already.
  bool add(std::uint32_t line, double stamp, std::uint32_t rank, std::string_view text, bool bar,
           const std::vector<ConsoleField>& fields);
  /// Decides which templates are records and which slots series.
  void learn();
  /// The accepted template that begins with these fields.
  [[nodiscard]] const ConsoleTemplate* beginning_with(const std::vector<ConsoleField>& fields) const;

  [[nodiscard]] const std::vector<ConsoleTemplate>& templates() const { return templates_; }
  [[nodiscard]] const std::vector<ConsoleRecord>& records() const { return records_; }
  /// Number and, where the slot has one, total.
  [[nodiscard]] double value(const ConsoleRecord& r, std::size_t slot) const { return values_[r.at + 2 * slot]; }
  [[nodiscard]] double total(const ConsoleRecord& r, std::size_t slot) const { return values_[r.at + 2 * slot + 1]; }

 private:
  void name_summaries();
  void name_series();
  std::vector<ConsoleTemplate> templates_;
  std::unordered_map<std::uint64_t, std::uint32_t> by_hash_;
  std::vector<ConsoleRecord> records_;
  std::vector<double> values_;
  std::size_t slots_ = 0;
};

/// A loss or a figure of merit, also of a whole run: "Final Val Loss".
bool console_metric(const ConsoleSlot& slot);

}  // namespace expanalyze
