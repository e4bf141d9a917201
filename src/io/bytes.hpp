// The bytes of a file as they stand there.
#pragma once

#include <filesystem>

#include "io/input.hpp"

namespace expanalyze {

/// Opens once and never seeks: a pipe will do, and a log may grow while it is read. "-" is standard input.
/// Throws Error{input}, here or while reading.
Input::Read open_bytes(const std::filesystem::path& path);

}  // namespace expanalyze
