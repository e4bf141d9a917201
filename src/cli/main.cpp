// Errors end here: one line of what went wrong and one of what to do, never a stack trace.
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <exception>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "expanalyze/error.hpp"
#include "text/format.hpp"

namespace {

using namespace expanalyze;

constexpr int kOurFault = 70;  // EX_SOFTWARE of sysexits.h

int run(int argc, const char* const* argv) {
  const std::optional<cli::Options> options = cli::parse(argc, argv);
  if (!options) return 0;
  switch (options->command) {
    case cli::Command::compare:
      return cli::compare(*options);
    case cli::Command::sweep:
      return cli::sweep(*options);
    case cli::Command::explain:
      return cli::explain(*options);
    case cli::Command::inspect:
      return cli::inspect(*options);
    case cli::Command::verify:
      return cli::verify(*options);
    case cli::Command::formats:
      return cli::formats(*options);
    case cli::Command::theory:
      return cli::theory(*options);
  }
  return kOurFault;
}

void complain(std::string_view what, std::string_view hint) {
  fmt::print(stderr, "expanalyze: {}\n", one_line(what, 500));
  if (!hint.empty()) fmt::print(stderr, "  hint: {}\n", one_line(hint, 2000));
}

}  // namespace

int main(int argc, char** argv) {
#ifdef SIGPIPE
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe shows as EPIPE in cli/output.cpp
#endif
  try {
    return run(argc, argv);
  } catch (const cli::ClosedPipe&) {
    return 0;
  } catch (const Error& e) {
    complain(e.what(), e.hint);
    return e.kind == Error::Kind::usage ? 2 : 3;
  } catch (const std::bad_alloc&) {
    complain("not enough memory for these logs", "compare fewer runs at once");
    return 3;
  } catch (const std::exception& e) {
    complain(std::string("internal error: ") + e.what(), "please report it with the command and the logs");
    return kOurFault;
  }
}
