// One file of a pool. All numbers are little-endian.
//
//   header   "DFKDPOOL", uint32 version, channels, height, width, uint64 index of the first image,
//            uint32 chain before the first block, zeros, at byte 60 the CRC32C of all this
//   block    uint32 "BLOK", count, int32 round, uint32 CRC32C of the payload, chain, CRC32C of
//   these;
//            the payload: uint8 images [count, C, H, W], int32 labels [count]
//
// The chain is a checksum over all blocks ever appended: two pools with the same chain at the same
// image hold the same images.
#ifndef DFKD_POOL_SEGMENT_H_
#define DFKD_POOL_SEGMENT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace dfkd {

struct SegmentHeader {
  static constexpr size_t kBytes = 64;

  uint32_t channels = 0;
  uint32_t height = 0;
  uint32_t width = 0;
  uint64_t first = 0;  // images appended before this segment
  uint32_t chain = 0;

  int64_t image_bytes() const { return int64_t{channels} * height * width; }
  std::string Encode() const;
  // Absent unless `bytes` begins with a whole and unharmed header.
  static std::optional<SegmentHeader> Decode(absl::string_view bytes);
};

struct BlockHeader {
  static constexpr size_t kBytes = 24;

  uint32_t count = 0;
  int32_t round = 0;
  uint32_t payload_crc = 0;
  uint32_t chain = 0;  // with this block

  int64_t payload_bytes(int64_t image_bytes) const {
    return count * (image_bytes + static_cast<int64_t>(sizeof(int32_t)));
  }
  std::string Encode() const;
  static std::optional<BlockHeader> Decode(absl::string_view bytes);
};

// The chain behind a block.
uint32_t ExtendChain(uint32_t chain, const BlockHeader& block);

// A block where it lies.
struct Block {
  int64_t first = 0;  // index of its first image
  int64_t count = 0;
  int64_t images = 0;  // place of the images in the file
  uint32_t chain = 0;
};

// The whole, unharmed blocks of a segment whose header is `header`, up to the first that is not.
std::vector<Block> ScanBlocks(const SegmentHeader& header, absl::string_view bytes);

}  // namespace dfkd

#endif  // DFKD_POOL_SEGMENT_H_
