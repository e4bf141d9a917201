// The hot path of JSON Lines: a line that is one flat object of numbers, words and null.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "store/row_group.hpp"

namespace expanalyze {

/// Reads such lines straight into columns. Everything else is refused and left to the general parser, and a line that
/// both read means the same to both (tests/unit/import/flat_json_test.cpp).
///
/// A key is rarely looked up: each remembers the bytes that last stood between its value and the next one
/// (`, "train/loss": `), for the two keys that last followed it, and one comparison finds the next column. Lines of
/// several shapes share what they have in common. Where fewer than four of five guesses hold, none are made for a
/// while.
class FlatJson {
 public:
  explicit FlatJson(RowGroup& rows) : rows_(rows) { forget(); }

  /// The line becomes a record, or false and nothing has changed. A byte that is no digit must stand behind `line`.
  bool read(std::string_view line, std::uint32_t number);
  /// The columns of the group are gone.
  void forget();

 private:
  using FieldId = std::uint32_t;
  struct Guess {
    std::string between;
    FieldId next = 0;
  };
  /// A word that is no number, by its bytes in the log.
  struct Word {
    std::string decoded;
    std::uint32_t code = 0;         ///< in the group's dictionary
    std::uint64_t edition = ~0ULL;  ///< of that dictionary
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  template <class T>
  using ByText = std::unordered_map<std::string, T, Hash, std::equal_to<>>;
  struct Field {
    std::string key;
    RowGroup::ColumnId column = RowGroup::kNone, words = RowGroup::kNone;
    bool tag = false;  ///< a word here may say that the line holds settings
    std::uint64_t seen_in = 0;
    std::array<Guess, 2> guesses;
    ByText<Word> known_words;
  };
  enum class Kind : std::uint8_t { number, blank, word };
  struct Cell {
    FieldId field;
    Kind kind;
    double number;
    Word* word;
  };

  const char* to_next(const char* p, const char* end, FieldId from, FieldId& to);
  const char* look_up(const char* p, const char* end, FieldId from, FieldId& to);
  std::optional<FieldId> field_of(std::string_view raw);
  const char* read_value(const char* p, const char* end, Cell& cell);
  const char* read_word(const char* p, const char* end, Cell& cell);
  bool new_word(Field& field, std::string_view raw, Cell& cell);
  void forget_words();
  void write(std::uint32_t number);
  void judge(bool hit);

  RowGroup& rows_;
  std::vector<Field> fields_;                              ///< the first stands for the start of the line
  ByText<FieldId> field_of_;                               ///< by the bytes of the key in the log
  std::unordered_map<std::string, FieldId> field_called_;  ///< by the key itself
  std::vector<Cell> cells_;
  std::uint64_t lines_ = 0;
  unsigned guessed_ = 0, missed_ = 0, rest_ = 0;
  bool many_words_ = false;
};

}  // namespace expanalyze
