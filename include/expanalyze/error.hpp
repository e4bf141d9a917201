// The one exception type: thrown where we cannot go on (no such file, unknown format, wrong call), caught in main.
#pragma once

#include <stdexcept>
#include <string>

namespace expanalyze {

struct Error : std::runtime_error {
  enum class Kind { usage, input };  ///< exit status 2 or 3
  Error(Kind kind_, const std::string& what, std::string hint_ = {})
      : std::runtime_error(what), kind(kind_), hint(std::move(hint_)) {}
  Kind kind;
  std::string hint;  ///< what to do next, without "hint:"
};

}  // namespace expanalyze
