#include "import/flat_json.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "import/json_lines.hpp"
#include "import/json_text.hpp"
#include "text/parse.hpp"
#include "text/scan.hpp"

namespace expanalyze {

namespace {

/// Guesses are judged by this many at a time; a run of bad ones rests for eight times as many keys.
constexpr unsigned kJudged = 256;
/// Different words under one key that are remembered with what they mean.
constexpr std::size_t kRemembered = 4096;

bool space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

const char* skip_space(const char* p, const char* end) {
  while (p < end && space(*p)) ++p;
  return p;
}

/// Index of the quote that ends the string whose content begins at `p`.
const char* closing_quote(const char* p, const char* end) {
  const auto left = static_cast<std::size_t>(end - p);
  const char* quote = static_cast<const char*>(std::memchr(p, '"', left));
  if (quote == nullptr || std::memchr(p, '\\', static_cast<std::size_t>(quote - p)) == nullptr) return quote;
  for (; p < end && *p != '"'; ++p)
    if (*p == '\\') ++p;
  return p < end ? p : nullptr;
}

bool plain(std::string_view raw) {
  return std::none_of(raw.begin(), raw.end(),
                      [](char c) { return c == '\\' || static_cast<unsigned char>(c) - 0x20U > 0x5EU; });
}

/// A JSON string without its quotes; nullopt when strict JSON does not know it.
std::optional<std::string> decoded(std::string_view raw) {
  if (plain(raw)) return std::string(raw);
  const auto json = Json::parse(raw.data() - 1, raw.data() + raw.size() + 1, nullptr, false);
  if (!json.is_string()) return std::nullopt;
  return json.get<std::string>();
}

/// Eight bytes at a time, the last eight overlapping: most keys need two or three comparisons.
bool same(const char* a, const char* b, std::size_t n) {
  if (n < 8) return std::memcmp(a, b, n) == 0;
  const auto differ = [&](std::size_t i) {
    std::uint64_t x = 0, y = 0;
    std::memcpy(&x, a + i, 8);
    std::memcpy(&y, b + i, 8);
    return x != y;
  };
  for (std::size_t i = 0; i + 8 < n; i += 8)
    if (differ(i)) return false;
  return !differ(n - 8);
}

const char* take(const char* p, const char* end, std::string_view word) {
  if (static_cast<std::size_t>(end - p) < word.size() || std::memcmp(p, word.data(), word.size()) != 0) return nullptr;
  return p + word.size();
}

}  // namespace

void FlatJson::forget() {
  fields_ = std::vector<Field>(1);
  field_of_.clear();
  field_called_.clear();
}

bool FlatJson::read(std::string_view line, std::uint32_t number) {
  const char *p = line.data(), *const end = p + line.size();
  cells_.clear();
  ++lines_;
  if (many_words_) forget_words();
  FieldId at = 0;
  while (true) {
    p = to_next(p, end, at, at);
    if (p == nullptr || fields_[at].seen_in == lines_) return false;  // a key that stands twice
    fields_[at].seen_in = lines_;
    cells_.push_back({at, Kind::number, 0, nullptr});
    p = read_value(p, end, cells_.back());
    if (p == nullptr || p == end) return false;
    if (*p != '}' && *p != ',' && *(p = skip_space(p, end)) != '}' && *p != ',') return false;
    if (*p == '}') break;
  }
  if (skip_space(p + 1, end) != end || cells_.size() > kWidest) return false;
  write(number);
  return true;
}

/// From behind a value to the next one.
const char* FlatJson::to_next(const char* p, const char* end, FieldId from, FieldId& to) {
  if (rest_ > 0) {
    --rest_;
    return look_up(p, end, from, to);
  }
  auto& guesses = fields_[from].guesses;
  for (const Guess& guess : guesses) {
    const std::size_t n = guess.between.size();
    if (n == 0 || static_cast<std::size_t>(end - p) <= n || !same(p, guess.between.data(), n)) continue;
    judge(true);
    to = guess.next;
    return p + n;
  }
  judge(false);
  return look_up(p, end, from, to);
}

const char* FlatJson::look_up(const char* p, const char* end, FieldId from, FieldId& to) {
  const char* const start = p;
  p = skip_space(p, end);
  if (p == end || *p != (from == 0 ? '{' : ',')) return nullptr;
  p = skip_space(p + 1, end);
  if (p == end || *p != '"') return nullptr;
  const char* const key = p + 1;
  const char* const quote = closing_quote(key, end);
  if (quote == nullptr) return nullptr;
  p = skip_space(quote + 1, end);
  if (p == end || *p != ':') return nullptr;
  p = skip_space(p + 1, end);
  if (p == end) return nullptr;
  const auto found = field_of({key, static_cast<std::size_t>(quote - key)});
  if (!found) return nullptr;
  to = *found;
  if (rest_ == 0) {
    auto& guesses = fields_[from].guesses;
    std::swap(guesses[0], guesses[1]);
    guesses[0].between.assign(start, p);
    guesses[0].next = to;
  }
  return p;
}

/// Counts how well guessing does, and lets it rest where it costs more than it saves.
void FlatJson::judge(bool hit) {
  missed_ += hit ? 0 : 1;
  if (++guessed_ < kJudged) return;
  if (missed_ * 5 > guessed_) rest_ = 8 * kJudged;
  guessed_ = missed_ = 0;
}

std::optional<FlatJson::FieldId> FlatJson::field_of(std::string_view raw) {
  if (const auto found = field_of_.find(raw); found != field_of_.end()) return found->second;
  auto key = decoded(raw);
  if (!key) return std::nullopt;
  const auto [called, fresh] = field_called_.emplace(*key, static_cast<FieldId>(fields_.size()));
  const FieldId id = called->second;
  field_of_.emplace(raw, id);
  if (!fresh) return id;
  fields_.emplace_back();
  fields_.back().tag = is_tag_key(*key);
  fields_.back().key = std::move(*key);
  return id;
}

const char* FlatJson::read_value(const char* p, const char* end, Cell& cell) {
  if (const char* behind = scan_number(p, end, cell.number)) return behind;
  const auto constant = [&](std::string_view word, double v) {
    cell.number = v;
    return take(p, end, word);
  };
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  switch (*p) {
    case '"':
      return read_word(p + 1, end, cell);
    case 'n':
      cell.kind = Kind::blank;
      return take(p, end, "null");
    case 't':
      return constant("true", 1);
    case 'f':
      return constant("false", 0);
    case 'N':
      return constant("NaN", std::numeric_limits<double>::quiet_NaN());
    case 'I':
      return constant("Infinity", kInfinity);
    case '-':
      return constant("-Infinity", -kInfinity);
    default:
      return nullptr;
  }
}

const char* FlatJson::read_word(const char* p, const char* end, Cell& cell) {
  const char* const quote = closing_quote(p, end);
  if (quote == nullptr) return nullptr;
  Field& field = fields_[cell.field];
  const std::string_view raw(p, static_cast<std::size_t>(quote - p));
  if (const auto known = field.known_words.find(raw); known != field.known_words.end()) {
    cell.kind = Kind::word;
    cell.word = &known->second;
    return quote + 1;
  }
  return new_word(field, raw, cell) ? quote + 1 : nullptr;
}

/// A number in quotes, a duration, or a word that is remembered. False when the line is not for this parser.
bool FlatJson::new_word(Field& field, std::string_view raw, Cell& cell) {
  auto word = decoded(raw);
  if (!word || (field.tag && is_config_word(*word))) return false;
  auto number = number_from(*word);
  if (!number) number = duration_from(*word);
  if (number) {
    cell.number = *number;
    return true;
  }
  cell.kind = Kind::word;
  cell.word = &field.known_words.emplace(raw, Word{std::move(*word)}).first->second;
  many_words_ = many_words_ || field.known_words.size() > kRemembered;
  return true;
}

void FlatJson::forget_words() {
  for (Field& field : fields_)
    if (field.known_words.size() > kRemembered) field.known_words.clear();
  many_words_ = false;
}

void FlatJson::write(std::uint32_t number) {
  rows_.begin_record(number);
  for (const Cell& cell : cells_) {
    Field& field = fields_[cell.field];
    if (cell.kind == Kind::word) {
      if (field.words == RowGroup::kNone) field.words = rows_.words(field.key);
      if (cell.word->edition != rows_.words_edition()) {
        cell.word->code = rows_.code_for(field.words, cell.word->decoded);
        cell.word->edition = rows_.words_edition();
      }
      rows_.put_code(field.words, cell.word->code);
      continue;
    }
    if (field.column == RowGroup::kNone) field.column = rows_.column(field.key);
    if (cell.kind == Kind::number) {
      rows_.put(field.column, cell.number);
      continue;
    }
    rows_.put_blank(field.column);
    note_null(rows_, field.key, number);
  }
}

}  // namespace expanalyze
