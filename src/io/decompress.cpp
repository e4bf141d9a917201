#include "io/decompress.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include "io/codecs.hpp"

namespace expanalyze {

namespace {

constexpr std::size_t kPiece = 64U << 10U;

void say(const Input::Trouble& trouble, std::string_view code, std::string text) {
  if (trouble) trouble->push_back({code, std::move(text), {}, 1});
}

/// Reads one compressed stream after another. Copied into a std::function, hence the shared state.
class Unpacker {
 public:
  Unpacker(Input::Read read, const Compression& format, Input::Trouble trouble, UnpackLimits limits)
      : read_(std::move(read)),
        format_(&format),
        codec_(format.codec()),
        trouble_(std::move(trouble)),
        limits_(limits) {}

  std::size_t give(char* to, std::size_t at_most) {
    while (!done_ && at_most > 0) {
      const bool fed = refill(1);
      std::string_view in = pending();
      std::span<char> out(to, at_most);
      const Decoded said = codec_->decode(in, out);
      const bool moved = in.size() < pending().size() || out.size() < at_most;
      at_ = in_.size() - in.size();
      given_ += at_most - out.size();
      if (said == Decoded::damaged)
        stop("input.damaged_stream", " stream is damaged: what stands before the damage is read");
      else if (said == Decoded::end)
        next_stream();
      else if (!moved)
        stop("input.damaged_stream", fed ? " stream is damaged: what stands before the damage is read"
                                         : " stream breaks off: what stands before the break is read");
      check_limits();
      if (out.size() < at_most) return at_most - out.size();
    }
    return 0;
  }

 private:
  [[nodiscard]] std::string_view pending() const { return std::string_view(in_).substr(at_); }

  /// Until `n` bytes are pending; false when the file ends before.
  bool refill(std::size_t n) {
    while (!end_ && pending().size() < n) {
      in_.erase(0, at_);
      at_ = 0;
      const std::size_t have = in_.size();
      in_.resize(have + kPiece);
      const std::size_t got = read_(in_.data() + have, kPiece);
      in_.resize(have + got);
      taken_ += got;
      end_ = got == 0;
    }
    return pending().size() >= n;
  }

  /// gzip members, frames and streams can be appended to one another; NUL bytes between them are padding.
  void next_stream() {
    while (refill(1) && pending().front() == '\0') ++at_;
    refill(kMagicBytes);
    if (pending().empty()) {
      done_ = true;
    } else if (const Compression* next = compression_of(pending())) {
      format_ = next;
      codec_ = next->codec();
    } else {
      stop("input.damaged_stream", " stream has ended: the bytes behind it are no such stream and are left out");
    }
  }

  void check_limits() {
    if (done_) return;
    const bool grown = given_ > limits_.ratio_from && given_ / limits_.most_ratio > taken_;
    if (given_ > limits_.most_bytes || grown)
      stop("input.too_large", grown ? " stream grows beyond any log's ratio: only its start is read"
                                    : " stream is larger than is read: only its start is");
  }

  void stop(std::string_view code, std::string_view what) {
    done_ = true;
    say(trouble_, code, "the " + std::string(format_->name) + std::string(what));
  }

  Input::Read read_;
  const Compression* format_;
  std::unique_ptr<Codec> codec_;
  Input::Trouble trouble_;
  UnpackLimits limits_;
  std::string in_;
  std::size_t at_ = 0;
  std::uint64_t taken_ = 0, given_ = 0;
  bool end_ = false, done_ = false;
};

}  // namespace

std::string look_ahead(Input::Read& read, std::size_t n) {
  auto head = std::make_shared<std::string>();
  bool end = false;
  while (!end && head->size() < n) {
    const std::size_t have = head->size();
    head->resize(n);
    const std::size_t got = read(head->data() + have, n - have);
    head->resize(have + got);
    end = got == 0;
  }
  std::string seen = *head;
  read = [rest = std::move(read), head, at = std::size_t{0}, end](char* to, std::size_t at_most) mutable {
    if (at >= head->size()) return end ? 0 : rest(to, at_most);
    const std::size_t n_given = std::min(at_most, head->size() - at);
    std::memcpy(to, head->data() + at, n_given);
    at += n_given;
    return n_given;
  };
  return seen;
}

Input::Read decompressed(Input::Read read, const Input::Trouble& trouble, std::string* name, UnpackLimits limits) {
  const Compression* format = compression_of(look_ahead(read, kMagicBytes));
  if (format == nullptr) return read;
  if (name != nullptr) *name = unpacked_name(*name);
  const auto unpacker = std::make_shared<Unpacker>(std::move(read), *format, trouble, limits);
  return [unpacker](char* to, std::size_t at_most) { return unpacker->give(to, at_most); };
}

std::string unpacked_name(const std::string& name) {
  static constexpr auto kEndings = std::to_array<std::string_view>({".gz", ".zst", ".xz", ".bz2", ".lz4"});
  const auto dot = name.rfind('.');
  if (dot == std::string::npos || dot == 0) return name;
  std::string ending = name.substr(dot);
  for (char& c : ending) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return std::find(kEndings.begin(), kEndings.end(), ending) == kEndings.end() ? name : name.substr(0, dot);
}

}  // namespace expanalyze
