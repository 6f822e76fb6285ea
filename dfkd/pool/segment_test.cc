#include "dfkd/pool/segment.h"

#include <string>

#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace dfkd {
namespace {

SegmentHeader Header() {
  return {.channels = 3, .height = 5, .width = 7, .first = 11, .chain = 13};
}

TEST(SegmentTest, HeadersComeBackAsTheyWere) {
  const std::string bytes = Header().Encode();
  ASSERT_EQ(bytes.size(), SegmentHeader::kBytes);
  const auto header = SegmentHeader::Decode(bytes);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->Encode(), bytes);
  EXPECT_EQ(header->first, 11);
  EXPECT_EQ(header->image_bytes(), 3 * 5 * 7);
  const BlockHeader block{.count = 2, .round = -1, .payload_crc = 3, .chain = 4};
  const auto again = BlockHeader::Decode(block.Encode());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->Encode(), block.Encode());
  EXPECT_EQ(again->payload_bytes(105), 2 * (105 + 4));
}

// Docs and other programs rely on the layout.
TEST(SegmentTest, TheLayoutIsTheDocumentedOne) {
  const std::string bytes = Header().Encode();
  EXPECT_EQ(bytes.substr(0, 36), absl::string_view("DFKDPOOL\1\0\0\0\3\0\0\0\5\0\0\0\7\0\0\0"
                                                   "\xb\0\0\0\0\0\0\0\xd\0\0\0",
                                                   36));
  EXPECT_EQ(bytes.substr(36, 24), std::string(24, '\0'));
}

TEST(SegmentTest, NoTruncationAndNoFlippedBitPasses) {
  for (const std::string& bytes : {Header().Encode(), BlockHeader{1, 2, 3, 4}.Encode()}) {
    for (size_t i = 0; i < bytes.size(); ++i) {
      EXPECT_FALSE(SegmentHeader::Decode(bytes.substr(0, i)) ||
                   BlockHeader::Decode(bytes.substr(0, i)));
      for (int bit = 0; bit < 8; ++bit) {
        std::string damaged = bytes;
        damaged[i] ^= static_cast<char>(1 << bit);
        EXPECT_FALSE(SegmentHeader::Decode(damaged) || BlockHeader::Decode(damaged)) << i;
      }
    }
  }
}

TEST(SegmentTest, TheChainTellsContentAndOrderApart) {
  const BlockHeader a{.count = 1, .round = 0, .payload_crc = 5};
  const BlockHeader b{.count = 1, .round = 0, .payload_crc = 6};
  EXPECT_NE(ExtendChain(0, a), ExtendChain(0, b));
  EXPECT_NE(ExtendChain(ExtendChain(0, a), b), ExtendChain(ExtendChain(0, b), a));
}

}  // namespace
}  // namespace dfkd
