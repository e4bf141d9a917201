// libFuzzer's entry; FUZZ_TARGET is the name of the target.
#include <cstddef>
#include <cstdint>

#include "fuzz/targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const fuzz::Target target = fuzz::target_named(FUZZ_TARGET);
  target.run({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
