// Columns of numbers under a line of names, as fastai, rich and AllenNLP print them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "import/console_fields.hpp"

namespace expanalyze {

class ConsoleTable {
 public:
  /// True if the text is a row under the last header: its numbers are appended to `fields`, their keys live until the
  /// next call. A text that could be a header is kept as one.
  bool row(std::string_view text, bool has_numbers, std::uint32_t line, std::vector<ConsoleField>& fields);
  /// The last text was taken as a header, or repeats it.
  [[nodiscard]] bool was_header() const { return was_header_; }
  /// Lines of headers that rows were found under.
  [[nodiscard]] const std::vector<std::uint32_t>& headers() const { return header_lines_; }

 private:
  struct Header {
    std::vector<std::string> wide, narrow;  ///< split at wide gaps, at every blank
    std::uint32_t line = 0;
  };
  void keep_header(std::string_view text, std::uint32_t line);
  bool continues_header(std::uint32_t line);
  bool fits(const Header& header, std::vector<ConsoleField>& fields);
  bool fill(const std::vector<std::string>& names, const std::vector<std::string_view>& cells,
            std::vector<ConsoleField>& fields);
  bool fill_labelled(const std::vector<std::string>& names, std::vector<ConsoleField>& fields);

  Header pending_, current_;
  std::vector<std::string_view> wide_, narrow_;
  std::vector<std::string> keys_;
  std::vector<ConsoleToken> tokens_;
  std::vector<std::uint32_t> header_lines_;
  std::string_view text_;
  bool was_header_ = false;
};

}  // namespace expanalyze
