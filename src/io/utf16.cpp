// UTF-16 with a byte order mark, piece by piece, into UTF-8 (The Unicode Standard 15.0, section 3.9, D91 and D92).
#include <algorithm>
#include <cstring>

#include "io/decompress.hpp"

namespace expanalyze {

namespace {

constexpr std::size_t kPiece = 64U << 10U;
constexpr char32_t kReplacement = 0xFFFD;

void append(std::string& text, char32_t c) {
  const auto byte = [&](char32_t b) { text += static_cast<char>(static_cast<unsigned char>(b)); };
  const auto tail = [&](unsigned shift) { byte(0x80U | ((c >> shift) & 0x3FU)); };
  if (c < 0x80) return byte(c);
  if (c < 0x800) {
    byte(0xC0U | (c >> 6U));
  } else if (c < 0x10000) {
    byte(0xE0U | (c >> 12U));
    tail(6);
  } else {
    byte(0xF0U | (c >> 18U));
    tail(12);
    tail(6);
  }
  tail(0);
}

class Transcoder {
 public:
  Transcoder(Input::Read read, bool big_endian, Input::Trouble trouble)
      : read_(std::move(read)), big_endian_(big_endian), trouble_(std::move(trouble)) {}

  std::size_t give(char* to, std::size_t at_most) {
    while (at_ == text_.size() && !end_) refill();
    const std::size_t n = std::min(at_most, text_.size() - at_);
    std::memcpy(to, text_.data() + at_, n);
    at_ += n;
    return n;
  }

 private:
  void refill() {
    text_.clear();
    at_ = 0;
    const std::size_t have = in_.size();
    in_.resize(have + kPiece);
    const std::size_t got = read_(in_.data() + have, kPiece);
    in_.resize(have + got);
    end_ = got == 0;
    std::size_t i = 0;
    for (; i + 1 < in_.size(); i += 2) take(unit(i));
    in_.erase(0, i);
    if (end_ && high_ != 0) replace();
  }

  [[nodiscard]] char32_t unit(std::size_t i) const {
    const auto first = static_cast<unsigned char>(in_[i]), second = static_cast<unsigned char>(in_[i + 1]);
    return big_endian_ ? first * 256U + second : second * 256U + first;
  }

  /// A high surrogate waits for its low one.
  void take(char32_t unit) {
    const bool high = unit >= 0xD800 && unit < 0xDC00, low = unit >= 0xDC00 && unit < 0xE000;
    if (high_ != 0 && low) {
      append(text_, 0x10000 + ((high_ - 0xD800) << 10U) + (unit - 0xDC00));
      high_ = 0;
      return;
    }
    if (high_ != 0) replace();
    if (low)
      replace();
    else if (high)
      high_ = unit;
    else
      append(text_, unit);
  }

  void replace() {
    append(text_, kReplacement);
    high_ = 0;
    if (!broken_ && trouble_)
      trouble_->push_back({"input.broken_characters", "halves of UTF-16 characters are replaced by U+FFFD", {}, 1});
    broken_ = true;
  }

  Input::Read read_;
  bool big_endian_;
  Input::Trouble trouble_;
  std::string in_, text_;
  std::size_t at_ = 0;
  char32_t high_ = 0;
  bool end_ = false, broken_ = false;
};

}  // namespace

Input::Read as_utf8(Input::Read read, const Input::Trouble& trouble) {
  const std::string mark = look_ahead(read, 2);
  if (mark != "\xFF\xFE" && mark != "\xFE\xFF") return read;
  // The mark itself becomes UTF-8's, which Input leaves out.
  if (trouble) trouble->push_back({"input.transcoded", "the log is UTF-16 and was read as such", {}, 1});
  const auto transcoder = std::make_shared<Transcoder>(std::move(read), mark == "\xFE\xFF", trouble);
  return [transcoder](char* to, std::size_t at_most) { return transcoder->give(to, at_most); };
}

}  // namespace expanalyze
