#include "dfkd/pool/segment.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "crc32c/crc32c.h"
#include "dfkd/core/little_endian.h"

namespace dfkd {
namespace {

constexpr absl::string_view kSegmentMagic = "DFKDPOOL";
constexpr absl::string_view kBlockMagic = "BLOK";
constexpr uint32_t kVersion = 1;

uint32_t Crc(absl::string_view bytes) { return crc32c::Crc32c(bytes.data(), bytes.size()); }

// Whether `bytes` begins with `magic`, and with a part of `size` bytes that ends in its own
// checksum.
bool IsSealed(absl::string_view bytes, absl::string_view magic, size_t size) {
  if (bytes.size() < size || !absl::StartsWith(bytes, magic)) return false;
  const size_t end = size - sizeof(uint32_t);
  return LoadLittleEndian<uint32_t>(bytes.data() + end) == Crc(bytes.substr(0, end));
}

std::string Sealed(std::string bytes, size_t size) {
  bytes.resize(size - sizeof(uint32_t), '\0');
  AppendLittleEndian<uint32_t>(Crc(bytes), &bytes);
  return bytes;
}

}  // namespace

std::string SegmentHeader::Encode() const {
  std::string bytes(kSegmentMagic);
  for (const uint32_t value : {kVersion, channels, height, width}) {
    AppendLittleEndian(value, &bytes);
  }
  AppendLittleEndian(first, &bytes);
  AppendLittleEndian(chain, &bytes);
  return Sealed(std::move(bytes), kBytes);
}

std::optional<SegmentHeader> SegmentHeader::Decode(absl::string_view bytes) {
  if (!IsSealed(bytes, kSegmentMagic, kBytes)) return std::nullopt;
  if (LoadLittleEndian<uint32_t>(bytes.data() + 8) != kVersion) return std::nullopt;
  SegmentHeader header;
  header.channels = LoadLittleEndian<uint32_t>(bytes.data() + 12);
  header.height = LoadLittleEndian<uint32_t>(bytes.data() + 16);
  header.width = LoadLittleEndian<uint32_t>(bytes.data() + 20);
  header.first = LoadLittleEndian<uint64_t>(bytes.data() + 24);
  header.chain = LoadLittleEndian<uint32_t>(bytes.data() + 32);
  return header;
}

std::string BlockHeader::Encode() const {
  std::string bytes(kBlockMagic);
  AppendLittleEndian(count, &bytes);
  AppendLittleEndian(round, &bytes);
  AppendLittleEndian(payload_crc, &bytes);
  AppendLittleEndian(chain, &bytes);
  return Sealed(std::move(bytes), kBytes);
}

std::optional<BlockHeader> BlockHeader::Decode(absl::string_view bytes) {
  if (!IsSealed(bytes, kBlockMagic, kBytes)) return std::nullopt;
  BlockHeader header;
  header.count = LoadLittleEndian<uint32_t>(bytes.data() + 4);
  header.round = LoadLittleEndian<int32_t>(bytes.data() + 8);
  header.payload_crc = LoadLittleEndian<uint32_t>(bytes.data() + 12);
  header.chain = LoadLittleEndian<uint32_t>(bytes.data() + 16);
  return header;
}

uint32_t ExtendChain(uint32_t chain, const BlockHeader& block) {
  std::string link;
  AppendLittleEndian(block.count, &link);
  AppendLittleEndian(block.round, &link);
  AppendLittleEndian(block.payload_crc, &link);
  return crc32c::Extend(chain, reinterpret_cast<const uint8_t*>(link.data()), link.size());
}

std::vector<Block> ScanBlocks(const SegmentHeader& header, absl::string_view bytes) {
  std::vector<Block> blocks;
  int64_t first = static_cast<int64_t>(header.first);
  uint32_t chain = header.chain;
  size_t at = SegmentHeader::kBytes;
  while (at < bytes.size()) {
    const std::optional<BlockHeader> block = BlockHeader::Decode(bytes.substr(at));
    if (!block) break;
    at += BlockHeader::kBytes;
    const size_t payload = block->payload_bytes(header.image_bytes());
    if (payload > bytes.size() - at || Crc(bytes.substr(at, payload)) != block->payload_crc) break;
    chain = ExtendChain(chain, *block);
    if (block->chain != chain) break;
    blocks.push_back({first, block->count, static_cast<int64_t>(at), chain});
    first += block->count;
    at += payload;
  }
  return blocks;
}

}  // namespace dfkd
