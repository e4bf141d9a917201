// Checksums and the wire format, against published values and by hand.
#include "io/wire.hpp"

#include <random>

#include "io/crc.hpp"
#include "support/catch.hpp"
#include "support/wire_writer.hpp"

using namespace expanalyze;

TEST_CASE("both checksums have the standard check value") {
  // "123456789": the catalogue of parametrised CRC algorithms; the rest: RFC 3720, appendix B.4.
  CHECK(crc32_ieee("123456789") == 0xCBF43926U);
  CHECK(crc32c("123456789") == 0xE3069283U);
  CHECK(crc32c(std::string(32, '\0')) == 0x8A9136AAU);
  CHECK(crc32c(std::string(32, '\xFF')) == 0x62A8AB43U);
  CHECK(crc32c("") == 0);
  CHECK(crc32_ieee("") == 0);
}

TEST_CASE("the instruction and the table agree at every length and alignment") {
  std::mt19937 random(3);
  std::string bytes(200, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  if (!has_crc32c_instruction()) WARN("this processor has no SSE 4.2");
  for (std::size_t from = 0; from < 9; ++from)
    for (std::size_t n = 0; n + from <= bytes.size(); ++n) {
      const auto part = std::string_view(bytes).substr(from, n);
      if (has_crc32c_instruction()) REQUIRE(crc32c_by_instruction(part) == crc32c_by_table(part));
      REQUIRE(crc32c(part) == crc32c_by_table(part));
    }
}

TEST_CASE("fields of every wire type") {
  const std::string bytes =
      test::number(1, -2) + test::real(2, 0.5) + test::message(3, "abc") + test::single(400, 1.5F);
  WireReader fields(bytes);
  WireField f;
  REQUIRE(fields.next(f));
  CHECK(f.is(1, WireType::varint));
  CHECK(f.int64() == -2);
  REQUIRE(fields.next(f));
  CHECK(f.float64() == 0.5);
  REQUIRE(fields.next(f));
  CHECK(f.message(3));
  CHECK(f.bytes == "abc");
  REQUIRE(fields.next(f));
  CHECK(f.number == 400);
  CHECK(f.float32() == 1.5);
  CHECK_FALSE(fields.next(f));
  CHECK_FALSE(fields.broken());
}

TEST_CASE("what is no field ends the message") {
  const auto broken = [](std::string_view bytes) {
    WireReader fields(bytes);
    for (WireField f; fields.next(f);)
      if (f.bytes.size() > bytes.size()) return false;
    return fields.broken();
  };
  CHECK(broken(std::string("\x0B", 1)));      // a group
  CHECK(broken(std::string("\x0E\x01", 2)));  // wire type 6
  CHECK(
      broken(std::string("\x0A\x05"
                         "ab",
                         4)));                                    // a length beyond the message
  CHECK(broken(std::string(11, '\xFF')));                         // a varint of more than 64 bits
  CHECK(broken(std::string("\x08\x80", 2)));                      // a varint without end
  CHECK(broken(std::string("\x09\x01\x02", 3)));                  // a double of two bytes
  CHECK(broken("\x0A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"));  // a length of 2^64 - 1
  CHECK_FALSE(broken(""));
}
