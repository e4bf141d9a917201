// Git LFS leaves a small text in place of a file that was not fetched.
#pragma once

#include <string>
#include <string_view>

namespace expanalyze {

bool is_lfs_pointer(std::string_view head);
/// "is a Git LFS pointer, not the log itself (48213 bytes, oid 4d7a214614ab…)"; what the pointer does not state is left
/// out.
std::string describe_lfs_pointer(std::string_view head);

}  // namespace expanalyze
