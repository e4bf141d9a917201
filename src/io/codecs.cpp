#include "io/codecs.hpp"

#include <bzlib.h>
#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <new>

namespace expanalyze {

namespace {

/// What `xz -9` needs is 65 MiB; a damaged header can ask for 4 GiB.
constexpr std::uint64_t kMostXzMemory = std::uint64_t{256} << 20U;

/// zlib, bzip2 and xz share the names of their stream's fields, not the types.
template <class Stream, class Step>
auto run_stream(Stream& stream, std::string_view& in, std::span<char>& out, Step step) {
  using InByte = std::remove_const_t<std::remove_pointer_t<decltype(stream.next_in)>>;
  using OutByte = std::remove_pointer_t<decltype(stream.next_out)>;
  constexpr std::size_t kAtOnce = std::numeric_limits<unsigned>::max();
  const std::size_t take = std::min(in.size(), kAtOnce), give = std::min(out.size(), kAtOnce);
  stream.next_in = reinterpret_cast<InByte*>(const_cast<char*>(in.data()));  // the C interfaces lack a const
  stream.avail_in = static_cast<decltype(stream.avail_in)>(take);
  stream.next_out = reinterpret_cast<OutByte*>(out.data());
  stream.avail_out = static_cast<decltype(stream.avail_out)>(give);
  const auto answer = step(stream);
  in.remove_prefix(take - stream.avail_in);
  out = out.subspan(give - stream.avail_out);
  return answer;
}

class Gzip : public Codec {
 public:
  Gzip() {
    if (inflateInit2(&stream_, 15 + 16) != Z_OK) throw std::bad_alloc();  // 16: gzip header and checksum
  }
  ~Gzip() override { inflateEnd(&stream_); }
  Decoded decode(std::string_view& in, std::span<char>& out) override {
    const int said = run_stream(stream_, in, out, [](z_stream& s) { return inflate(&s, Z_NO_FLUSH); });
    if (said == Z_STREAM_END) return Decoded::end;
    return said == Z_OK || said == Z_BUF_ERROR ? Decoded::more : Decoded::damaged;
  }

 private:
  z_stream stream_{};
};

class Bzip2 : public Codec {
 public:
  Bzip2() {
    if (BZ2_bzDecompressInit(&stream_, 0, 0) != BZ_OK) throw std::bad_alloc();
  }
  ~Bzip2() override { BZ2_bzDecompressEnd(&stream_); }
  Decoded decode(std::string_view& in, std::span<char>& out) override {
    const int said = run_stream(stream_, in, out, [](bz_stream& s) { return BZ2_bzDecompress(&s); });
    if (said == BZ_STREAM_END) return Decoded::end;
    return said == BZ_OK ? Decoded::more : Decoded::damaged;
  }

 private:
  bz_stream stream_{};
};

class Xz : public Codec {
 public:
  Xz() {
    if (lzma_stream_decoder(&stream_, kMostXzMemory, 0) != LZMA_OK) throw std::bad_alloc();
  }
  ~Xz() override { lzma_end(&stream_); }
  Decoded decode(std::string_view& in, std::span<char>& out) override {
    const auto said = run_stream(stream_, in, out, [](lzma_stream& s) { return lzma_code(&s, LZMA_RUN); });
    if (said == LZMA_STREAM_END) return Decoded::end;
    return said == LZMA_OK || said == LZMA_BUF_ERROR ? Decoded::more : Decoded::damaged;
  }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
};

class Zstd : public Codec {
 public:
  Zstd() : stream_(ZSTD_createDCtx()) {
    if (stream_ == nullptr) throw std::bad_alloc();
  }
  ~Zstd() override { ZSTD_freeDCtx(stream_); }
  Decoded decode(std::string_view& in, std::span<char>& out) override {
    ZSTD_inBuffer from{in.data(), in.size(), 0};
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    const std::size_t said = ZSTD_decompressStream(stream_, &to, &from);
    in.remove_prefix(from.pos);
    out = out.subspan(to.pos);
    if (ZSTD_isError(said) != 0) return Decoded::damaged;
    return said == 0 ? Decoded::end : Decoded::more;
  }

 private:
  ZSTD_DCtx* stream_;  // its window is at most 128 MiB unless asked otherwise
};

class Lz4 : public Codec {
 public:
  Lz4() {
    if (LZ4F_isError(LZ4F_createDecompressionContext(&stream_, LZ4F_VERSION)) != 0) throw std::bad_alloc();
  }
  ~Lz4() override { LZ4F_freeDecompressionContext(stream_); }
  Decoded decode(std::string_view& in, std::span<char>& out) override {
    std::size_t taken = in.size(), given = out.size();
    const std::size_t said = LZ4F_decompress(stream_, out.data(), &given, in.data(), &taken, nullptr);
    if (LZ4F_isError(said) != 0) return Decoded::damaged;  // the counts mean nothing then
    in.remove_prefix(taken);
    out = out.subspan(given);
    return said == 0 ? Decoded::end : Decoded::more;
  }

 private:
  LZ4F_dctx* stream_ = nullptr;
};

template <class C>
std::unique_ptr<Codec> make() {
  return std::make_unique<C>();
}

bool starts(std::string_view head, std::string_view with) { return head.substr(0, with.size()) == with; }

bool gzip(std::string_view head) { return starts(head, "\x1F\x8B\x08"); }
/// Parallel writers begin with a skippable frame, whose first byte is 0x50 to 0x5F.
bool zstd(std::string_view head) {
  const bool skippable =
      head.size() >= 4 && (static_cast<unsigned char>(head[0]) & 0xF0U) == 0x50U && head.substr(1, 3) == "\x2A\x4D\x18";
  return skippable || starts(head, "\x28\xB5\x2F\xFD");
}
bool xz(std::string_view head) { return starts(head, std::string_view("\xFD\x37zXZ\0", 6)); }
/// "BZh9" alone could be a word: the first block's, or the end's, own six bytes follow.
bool bzip2(std::string_view head) {
  return starts(head, "BZh") && head.size() >= 10 && head[3] >= '1' && head[3] <= '9' &&
         (head.substr(4, 6) == "\x31\x41\x59\x26\x53\x59" || head.substr(4, 6) == "\x17\x72\x45\x38\x50\x90");
}
bool lz4(std::string_view head) { return starts(head, "\x04\x22\x4D\x18"); }

}  // namespace

const Compression* compression_of(std::string_view head) {
  static constexpr std::array<Compression, 5> all{{{"gzip", gzip, make<Gzip>},
                                                   {"zstd", zstd, make<Zstd>},
                                                   {"xz", xz, make<Xz>},
                                                   {"bzip2", bzip2, make<Bzip2>},
                                                   {"lz4", lz4, make<Lz4>}}};
  const auto found = std::find_if(all.begin(), all.end(), [&](const Compression& c) { return c.begins(head); });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace expanalyze
