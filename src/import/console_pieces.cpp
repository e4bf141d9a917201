#include "import/console_pieces.hpp"

#include <algorithm>
#include <array>

#include "text/parse.hpp"

namespace expanalyze {

namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }

/// Without "\x1b[31m" and "\x1b]0;title\a". A move of the cursor draws the line anew, as '\r' does.
void strip_escapes(std::string_view line, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] != '\x1b') {
      out += line[i];
      continue;
    }
    const char kind = i + 1 < line.size() ? line[i + 1] : '\0';
    std::size_t end = i + 2;
    if (kind == '[') {
      while (end < line.size() && (line[end] < '@' || line[end] > '~')) ++end;
      if (end < line.size() && std::string_view("ABFGHJKM").find(line[end]) != std::string_view::npos) out += '\r';
    } else if (kind == ']') {
      while (end < line.size() && line[end] != '\a' && line[end] != '\x1b') ++end;
    } else {
      end = i + 1;
    }
    i = end;
  }
}

std::size_t skip(std::string_view text, std::size_t at, std::string_view any_of) {
  while (at < text.size() && any_of.find(text[at]) != std::string_view::npos) ++at;
  return at;
}

/// The bracket that closes the one at `open`; npos if none does.
std::size_t closing(std::string_view text, std::size_t open) {
  constexpr std::size_t kLongest = 2000;
  int depth = 0;
  for (std::size_t i = open; i < text.size() && i < open + kLongest; ++i) {
    depth += text[i] == '[' ? 1 : text[i] == ']' ? -1 : 0;
    if (depth == 0) return i;
  }
  return std::string_view::npos;
}

/// "00:10<03:10, 9.9it/s, loss=2.3": what stands behind the second comma, or the first where no rate is drawn.
void split_inside(std::string_view inside, ConsoleBar& bar) {
  auto comma = inside.find(',');
  if (comma != std::string_view::npos) {
    const auto second = std::min(inside.find(',', comma + 1), inside.size());
    if (inside.substr(comma, second - comma).find('/') != std::string_view::npos) comma = second;
  }
  comma = std::min(comma, inside.size());
  bar.clocks = inside.substr(0, comma);
  bar.postfix = inside.substr(std::min(comma + 1, inside.size()));
}

/// The counter "100/2000" or "1.2k/3.4M " from `at` on, then clocks in brackets.
std::optional<std::size_t> counter_and_clocks(std::string_view text, std::size_t at, ConsoleBar& bar) {
  at = skip(text, at, " ");
  const auto end = skip(text, at, "0123456789.,/kKMGTPa?bcdefghijlmnopqrstuvwxyz");
  const auto open = skip(text, end, " ");
  if (end == at || !digit(text[at]) || open >= text.size() || text[open] != '[') return std::nullopt;
  const auto close = closing(text, open);
  if (close == std::string_view::npos) return std::nullopt;
  const auto inside = text.substr(open + 1, close - open - 1);
  if (inside.size() < 4 || inside.find(':') > 8) return std::nullopt;
  bar.counter = text.substr(at, end - at);
  split_inside(inside, bar);
  return close + 1;
}

/// The bar whose "%|" or " [" stands at `sign`, and where it ends.
std::optional<std::size_t> bar_at(std::string_view text, std::size_t sign, ConsoleBar& bar) {
  constexpr std::size_t kWidest = 1500;  // of a drawn bar, in bytes
  const auto edge = text.find('|', sign + 2);
  if (edge == std::string_view::npos || edge > sign + kWidest) return std::nullopt;
  std::size_t start = sign;
  while (start > 0 && (digit(text[start - 1]) || text[start - 1] == '.')) --start;
  bar.description = trim(text.substr(0, start));
  return counter_and_clocks(text, edge + 1, bar);
}

/// "Training: 106496tokens [01:22, 2810tokens/s]": a bar that was never told its length.
std::optional<std::size_t> endless_bar(std::string_view text, ConsoleBar& bar) {
  const auto open = text.find(" [");
  if (open == std::string_view::npos) return std::nullopt;
  std::size_t start = open;
  while (start > 0 && text[start - 1] != ' ') --start;
  const auto inside = text.substr(open + 2, 60);
  const auto clock = skip(inside, 0, "0123456789:");
  if (clock < 5 || inside.substr(clock, 2) != ", " || inside.find('/') == std::string_view::npos) return std::nullopt;
  bar.description = trim(text.substr(0, start));
  return counter_and_clocks(text, start, bar);
}

void cut_at_bars(std::string_view text, std::vector<ConsolePiece>& pieces) {
  for (std::size_t from = 0; from < text.size();) {
    const auto sign = text.find("%|", from);
    ConsoleBar bar;
    const auto end = sign == std::string_view::npos ? endless_bar(text, bar) : bar_at(text, sign, bar);
    if (!end && sign == std::string_view::npos) break;
    if (!end) {
      from = sign + 2;
      continue;
    }
    pieces.push_back({text.substr(0, *end), bar});
    text.remove_prefix(*end);
    from = 0;
  }
  if (!trim(text).empty()) pieces.push_back({text, std::nullopt});
}

std::optional<int> two(std::string_view text, std::size_t at) {
  if (at + 2 > text.size() || !digit(text[at]) || !digit(text[at + 1])) return std::nullopt;
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

/// "16:05:04.993330" or "16:05:04,993" at `at`: seconds, and where it ends.
std::optional<double> time_of_day(std::string_view text, std::size_t& at) {
  const auto h = two(text, at), m = two(text, at + 3), s = two(text, at + 6);
  if (!h || !m || !s || text[at + 2] != ':' || text[at + 5] != ':' || *h > 23 || *m > 59 || *s > 60)
    return std::nullopt;
  at += 8;
  double seconds = *h * 3600 + *m * 60 + *s;
  const auto end = skip(text, std::min(at + 1, text.size()), "0123456789");
  if (at < text.size() && (text[at] == '.' || text[at] == ',') && end > at + 1 && end <= at + 10) {
    seconds += number_from("0." + std::string(text.substr(at + 1, end - at - 1))).value_or(0);
    at = end;
  }
  if (at < text.size() && text[at] == 'Z') ++at;
  return seconds;
}

/// Days from 1970-01-01 of the Gregorian calendar: each era of 400 years has 146097 days, years begin in March.
double days_since_1970(int year, int month, int day) {
  const int y = year - (month <= 2 ? 1 : 0), era = y / 400, of_era = y - era * 400;
  const int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097.0 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

bool date_separator(char c) { return c == '-' || c == '/'; }

/// "2024-05-28 18:13:11,123", "05/28 18:13:11", "I0318 16:05:04.99 4711 file.py:469]", "18:13:11" at `at`.
std::optional<ConsoleStamp> stamp_at(std::string_view text, std::size_t& at) {
  std::size_t i = at;
  int year = 1971;  // a common year: dates without one are only compared
  bool absolute = false, dated = true;
  const auto century = two(text, i), rest = two(text, i + 2);
  const auto separated = [&](std::size_t k) { return k < text.size() && date_separator(text[k]); };
  if (century && rest && *century >= 19 && *century <= 20 && separated(i + 4)) {
    year = *century * 100 + *rest;
    absolute = true;
    i += 5;
  }
  auto month = two(text, i), day = two(text, i + 3);
  const bool absl = !absolute && i < text.size() && std::string_view("IWEFD").find(text[i]) != std::string_view::npos;
  if (absl) {
    month = two(text, i + 1);
    day = two(text, i + 3);
    i += 5;
  } else if (month && day && separated(i + 2)) {
    i += 5;
  } else {
    dated = false;
  }
  if ((absolute && !dated) || (dated && (!month || !day || *month < 1 || *month > 12 || *day < 1 || *day > 31)))
    return std::nullopt;
  if (dated) i = std::min(i + 1, text.size());  // ' ', 'T', '_'
  const auto seconds = time_of_day(text, i);
  if (!seconds) return std::nullopt;
  at = i;
  if (absl) at = std::min(text.find(']', at), text.size());  // thread, file and line
  return ConsoleStamp{(dated ? days_since_1970(year, *month, *day) * 86400 : 0) + *seconds, absolute, !dated};
}

}  // namespace

void console_pieces(std::string_view line, std::string& scratch, std::vector<ConsolePiece>& pieces) {
  pieces.clear();
  if (line.find('\x1b') != std::string_view::npos) {
    strip_escapes(line, scratch);
    line = scratch;
  }
  while (!line.empty()) {
    const auto end = std::min(line.find_first_of("\r\b"), line.size());
    if (end > 0) cut_at_bars(line.substr(0, end), pieces);
    line.remove_prefix(std::min(end + 1, line.size()));
  }
}

std::optional<ConsoleStamp> take_stamp(std::string_view& text) {
  // A host, a rank and a level can stand in front; a number in front belongs to the message.
  constexpr std::size_t kWithin = 48;
  for (std::size_t at = 0; at < text.size() && at < kWithin; ++at) {
    const char before = at == 0 ? ' ' : text[at - 1];
    if (std::string_view(" [(|\t=\"").find(before) == std::string_view::npos) continue;
    std::size_t end = at;
    if (const auto stamp = stamp_at(text, end)) {
      text.remove_prefix(skip(text, std::min(end, text.size()), "]) \t"));
      return stamp;
    }
    if (digit(text[at])) return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace expanalyze
