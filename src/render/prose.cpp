#include "render/prose.hpp"

#include <algorithm>
#include <cctype>

#include "text/format.hpp"

namespace expanalyze::render {

namespace {

bool is_letter_or(char c, std::string_view more) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || more.find(c) != std::string_view::npos;
}

/// "-", "+", "#", ">", "1." at the start of a line would begin a list, a heading or a quote; "::" a workflow command.
bool needs_company(std::string_view word) {
  if (word.front() == '#' || word.front() == '>' || word.front() == '=' || word.substr(0, 2) == "::") return true;
  if (word == "-" || word == "+" || word == "*" || word.substr(0, 3) == "---") return true;
  const auto digits = word.find_first_not_of("0123456789");
  return digits != 0 && digits != std::string_view::npos && digits + 1 == word.size() &&
         (word[digits] == '.' || word[digits] == ')');
}

/// Words at blanks outside code spans; a word that needs company is joined to the one before it.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool in_code = false;
  const auto finish = [&] {
    if (word.empty()) return;
    if (!words.empty() && needs_company(word))
      words.back() += " " + word;
    else
      words.push_back(word);
    word.clear();
  };
  for (const char c : text) {
    if (c == '`') in_code = !in_code;
    if (c == ' ' && !in_code)
      finish();
    else
      word += c;
  }
  finish();
  return words;
}

/// Byte length of the first `columns` code points.
std::size_t bytes_of(std::string_view text, std::size_t columns) {
  std::size_t i = 0;
  while (i < text.size()) {
    const bool starts = (static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U;
    if (starts && columns-- == 0) break;
    ++i;
  }
  return i;
}

}  // namespace

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string safe_prose(std::string_view text) {
  const std::string line = one_line(text, std::string_view::npos);
  std::string out;
  bool in_code = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '`') in_code = !in_code;
    const bool tag = line[i] == '<' && i + 1 < line.size() && is_letter_or(line[i + 1], "/!?");
    out += tag && !in_code ? "&lt;" : std::string(1, line[i]);
  }
  return in_code ? out + "`" : out;
}

std::string wrapped(std::string_view text, std::string_view first, std::string_view rest) {
  std::string out(first);
  std::size_t width = display_width(first);
  bool fresh = true;
  for (const std::string& word : words_of(safe_prose(text))) {
    const std::size_t w = display_width(word);
    if (!fresh && width + 1 + w > kPageWidth) {
      out += "\n" + std::string(rest);
      width = display_width(rest);
      fresh = true;
    }
    out += (fresh ? "" : " ") + word;
    width += w + (fresh ? 0 : 1);
    fresh = false;
  }
  return out + "\n";
}

std::string sentence(std::string_view text) {
  const bool open = !text.empty() && std::string_view(".!?:;").find(text.back()) == std::string_view::npos;
  return std::string(text) + (open ? "." : "");
}

std::string request_text(std::string_view request) {
  for (const std::string_view verb : {"log ", "evaluate ", "write ", "name ", "run "})
    if (request.starts_with(verb)) {
      std::string out = sentence(request);
      out.front() = static_cast<char>(out.front() - 'a' + 'A');
      return out;
    }
  return "To log: " + sentence(request);  // of a user's own card
}

std::string bullet(std::string_view text) { return wrapped(text, "- ", "  "); }

std::string paragraph(std::string_view text) { return text.empty() ? std::string{} : wrapped(text) + "\n"; }

std::string paragraph(const std::vector<std::string>& sentences) { return paragraph(join(sentences, " ")); }

std::string shortened(std::string_view text, std::size_t columns) {
  if (display_width(text) <= columns) return std::string(text);
  if (columns > 3 && text.front() == '`' && text.back() == '`' && std::count(text.begin(), text.end(), '`') == 2)
    return ends_of(text, columns);
  const std::string cut(text.substr(0, bytes_of(text, columns - 1)));
  if (std::count(cut.begin(), cut.end(), '`') % 2 == 0) return cut + "…";
  const std::string shorter(text.substr(0, bytes_of(text, columns - 2)));
  return std::count(shorter.begin(), shorter.end(), '`') % 2 == 0 ? shorter + "…" : shorter + "…`";
}

std::string ends_of(std::string_view text, std::size_t columns) {
  const std::size_t width = display_width(text);
  if (width <= columns) return std::string(text);
  constexpr std::string_view kFrontCut = "`…";  // by last_columns(): it loses more of the same end
  if (text.starts_with(kFrontCut)) return "`" + last_columns(text.substr(kFrontCut.size()), columns - 1);
  const std::size_t head = std::max<std::size_t>(1, (columns - 1) * 4 / 11), tail = columns - 1 - head;
  return std::string(text.substr(0, bytes_of(text, head))) + "…" +
         std::string(text.substr(bytes_of(text, width - tail)));
}

std::string last_columns(std::string_view text, std::size_t columns) {
  const std::size_t width = display_width(text);
  if (width <= columns) return std::string(text);
  return "…" + std::string(text.substr(bytes_of(text, width - columns + 1)));
}

}  // namespace expanalyze::render
