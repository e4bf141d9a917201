// Settings that a program prints before its first record.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "expanalyze/run_store.hpp"

namespace expanalyze {

class RunBuilder;

class ConsoleSettings {
 public:
  /// Looks at a line: "Namespace(lr=0.1, …)", "{'lr': 0.1, …}", or one "key: value" of a block of them.
  void look(std::string_view text, std::uint32_t line);
  /// Writes what was printed before line `first_record` and is clearly a setting; answers the lines it stands on.
  std::vector<std::uint32_t> write(std::uint32_t first_record, RunBuilder& builder) const;

 private:
  struct Pair {
    std::uint32_t line;
    std::string key;
    ConfigValue value;
    bool block;  ///< one of several lines
  };
  std::vector<Pair> pairs_;
};

}  // namespace expanalyze
