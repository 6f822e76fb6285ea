#include "dfkd/data/gzip.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "dfkd/core/testing.h"

namespace dfkd {
namespace {

std::string Gzip(const std::string& content) {
  z_stream stream = {};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string bytes(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_out = static_cast<uInt>(bytes.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  bytes.resize(stream.total_out);
  deflateEnd(&stream);
  return bytes;
}

TEST(Gunzip, GivesBackWhatWasPacked) {
  std::string content;
  for (int i = 0; i < 50000; ++i) absl::StrAppend(&content, i, ",");
  for (const std::string& text : {std::string(), std::string("digit"), content}) {
    ASSERT_OK_AND_ASSIGN(const std::string unpacked, Gunzip(Gzip(text), 1 << 20, "f.gz"));
    EXPECT_EQ(unpacked, text);
  }
}

TEST(Gunzip, RefusesEveryTruncation) {
  const std::string bytes = Gzip("0,1,2,3,4");
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_THAT(Gunzip(bytes.substr(0, length), 100, "f.gz"),
                StatusMessageIs("f.gz: the gzip file ends too soon"))
        << length;
  }
}

TEST(Gunzip, RefusesDamage) {
  std::string bytes = Gzip("0,1,2,3,4");
  bytes[bytes.size() - 8] ^= 1;  // the checksum
  EXPECT_THAT(Gunzip(bytes, 100, "f.gz"),
              StatusMessageIs("f.gz: damaged gzip file: incorrect data check"));
  EXPECT_THAT(Gunzip("no gzip file at all", 100, "f.gz"),
              StatusMessageIs("f.gz: damaged gzip file: incorrect header check"));
}

TEST(Gunzip, RefusesBytesBehindTheEnd) {
  EXPECT_THAT(Gunzip(Gzip("0,1") + "xyz", 100, "f.gz"),
              StatusMessageIs("f.gz: 3 bytes follow the end of the gzip file"));
}

TEST(Gunzip, StopsAtTheLimit) {
  const std::string zeros(10 << 20, '\0');  // packs to 10 kB
  EXPECT_THAT(Gunzip(Gzip(zeros), 1 << 20, "f.gz"),
              StatusMessageIs("f.gz: unpacks to more than 1048576 bytes"));
}

}  // namespace
}  // namespace dfkd
