#include "import/lfs_pointer.hpp"

#include <fmt/format.h>

#include "io/lines.hpp"
#include "text/format.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

/// So many digits of a hash tell files apart, as Git shortens it.
constexpr std::size_t kShortHash = 12;

/// The rest of the line that begins with `key`.
std::string_view field(std::string_view head, std::string_view key) {
  Lines lines(head);
  std::string_view line;
  std::uint32_t number = 0;
  while (number < 20 && lines.next(line, number))
    if (line.substr(0, key.size()) == key) return trim(line.substr(key.size()));
  return {};
}

}  // namespace

bool is_lfs_pointer(std::string_view head) {
  return head.substr(0, 8) == "version " &&
         head.substr(0, 100).find("git-lfs.github.com/spec") != std::string_view::npos;
}

std::string describe_lfs_pointer(std::string_view head) {
  std::string what = "is a Git LFS pointer, not the log itself";
  const auto size = field(head, "size "), oid = field(head, "oid sha256:");
  const bool sized =
      !size.empty() && size.size() < 20 && size.find_first_not_of("0123456789") == std::string_view::npos;
  if (sized && !oid.empty())
    what += fmt::format(" ({} bytes, oid {}…)", size, one_line(oid.substr(0, kShortHash)));
  else if (sized)
    what += fmt::format(" ({} bytes)", size);
  return what;
}

}  // namespace expanalyze
