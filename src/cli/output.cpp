#include "cli/output.hpp"

#include <cerrno>
#include <system_error>

#include "expanalyze/error.hpp"
#include "text/format.hpp"

namespace expanalyze::cli {

namespace {

[[noreturn]] void cannot_write(const std::string& where, int reason) {
  throw Error(Error::Kind::usage, "cannot write " + one_line(where) + ": " + std::generic_category().message(reason),
              "check that the folder exists, may be written to and has room");
}

bool put(std::FILE* file, std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), file) == text.size() && std::fflush(file) == 0;
}

}  // namespace

void print(std::string_view text) {
  errno = 0;
  if (put(stdout, text)) return;
  if (errno == EPIPE) throw ClosedPipe{};
  cannot_write("standard output", errno);
}

void refuse_to_replace(const std::filesystem::path& input, const std::string& output) {
  std::error_code ignored;
  if (!output.empty() && std::filesystem::equivalent(input, output, ignored))
    throw Error(Error::Kind::usage, "the report would replace its own input " + one_line(output),
                "give -o another name");
}

Output::Output(const std::string& path) : target_(path) {
  if (path.empty()) return;
  std::error_code ignored;
  // A device or a named pipe cannot be replaced by renaming: it is written directly.
  const bool replace = !std::filesystem::exists(target_, ignored) || std::filesystem::is_regular_file(target_, ignored);
  part_ = replace ? std::filesystem::path(path + ".part") : target_;
  errno = 0;
  file_.reset(std::fopen(part_.c_str(), "wb"));
  if (!file_) cannot_write(path, errno);
}

Output::~Output() {
  if (!file_ || part_ == target_) return;
  file_.reset();
  std::error_code ignored;
  std::filesystem::remove(part_, ignored);
}

void Output::write(std::string_view text) {
  if (!file_) {
    // A reader that has seen enough ends the output, not the verdict: the exit status still speaks for --fail-on.
    try {
      print(text);
    } catch (const ClosedPipe&) {
    }
    return;
  }
  errno = 0;
  if (!put(file_.get(), text)) cannot_write(target_.string(), errno);
  if (std::fclose(file_.release()) != 0) cannot_write(target_.string(), errno);
  std::error_code error;
  if (part_ != target_) std::filesystem::rename(part_, target_, error);
  if (error) cannot_write(target_.string(), error.value());
}

}  // namespace expanalyze::cli
