// Where the report goes: standard output, or a file that is either whole or not there.
#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace expanalyze::cli {

/// The reader of standard output has gone: not our failure, the program ends quietly with status 0.
struct ClosedPipe {};

/// To standard output. Throws ClosedPipe, or Error when the disk is full.
void print(std::string_view text);

/// Opened before the work starts, so that a wrong name costs no waiting; written beside the target and renamed at the
/// end.
/// Throws Error{usage} when both are one file.
void refuse_to_replace(const std::filesystem::path& input, const std::string& output);

class Output {
 public:
  explicit Output(const std::string& path);  ///< empty: standard output. Throws Error{usage}.
  ~Output();                                 ///< removes what was not finished
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  void write(std::string_view text);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::filesystem::path target_, part_;
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace expanalyze::cli
