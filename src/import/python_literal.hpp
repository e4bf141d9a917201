// Python values as print() and repr() write them: {'loss': 9.8, 'lr': nan, 'betas': (0.9, 0.999), 'clip': None}.
#pragma once

#include <optional>
#include <string_view>

#include "import/json_text.hpp"

namespace expanalyze {

/// The whole text is one Python literal; nullopt when it is none. Tuples and sets become arrays, None null, nan and inf
/// numbers that are not finite, keys that are no strings their text. numpy and torch print a number as a call,
/// `np.float64(0.5)`, `tensor(0.5, device='cuda:0')`: its first argument is the value; `Namespace(lr=0.1)` is a
/// dictionary; `<object at 0x7f>` a word.
std::optional<Json> parse_python(std::string_view text);

/// The literal at the front of `text`, which then begins behind it; nullopt leaves `text` as it was.
std::optional<Json> take_python(std::string_view& text);

}  // namespace expanalyze
