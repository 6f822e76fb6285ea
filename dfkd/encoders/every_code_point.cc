#include "dfkd/encoders/every_code_point.h"

#include <cstdint>
#include <utility>

#include "dfkd/encoders/unicode.h"
#include "dfkd/testing/golden.h"
#include "gtest/gtest.h"

namespace dfkd {
namespace {

constexpr char32_t kCodePoints = 0x110000;
constexpr char32_t kBlock = 1024;

uint64_t Fnv1a(const std::string& bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : bytes) hash = (hash ^ static_cast<uint8_t>(byte)) * 0x100000001b3;
  return hash;
}

std::vector<bool> Skipped(const at::Tensor& ranges) {
  std::vector<bool> skipped(kCodePoints, false);
  for (int64_t i = 0; i < ranges.size(0); ++i) {
    const int32_t* range = ranges.data_ptr<int32_t>() + 2 * i;
    for (int32_t c = range[0]; c <= range[1]; ++c) skipped[c] = true;
  }
  return skipped;
}

}  // namespace

void ExpectWordsOfEveryCodePoint(
    const std::string& golden_path, const std::string& hashes,
    const std::function<std::vector<std::u32string>(std::u32string_view)>& split) {
  const Golden golden(golden_path);
  const std::vector<bool> skipped = Skipped(golden["skipped"]);
  for (char32_t block = 0; block < kCodePoints / kBlock; ++block) {
    std::string lines;
    bool first = true;
    for (char32_t c = block * kBlock; c < (block + 1) * kBlock; ++c) {
      if (skipped[c]) continue;
      if (!std::exchange(first, false)) lines += '\n';
      const char* space = "";
      for (const std::u32string& word : split(std::u32string{U'a', c, U'b'})) {
        lines += std::exchange(space, " ") + EncodeUtf8(word);
      }
    }
    ASSERT_EQ(Fnv1a(lines), static_cast<uint64_t>(golden[hashes].data_ptr<int64_t>()[block]))
        << "in the 1024 code points from U+" << std::hex << static_cast<uint32_t>(block * kBlock)
        << ":\n"
        << lines;
  }
}

}  // namespace dfkd
