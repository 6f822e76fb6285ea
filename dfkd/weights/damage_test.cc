// Damage at every byte of the goldens: nothing crashes, and where the container has checksums,
// nothing is read that was not written.
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "dfkd/core/files.h"
#include "dfkd/core/testing.h"
#include "dfkd/weights/pytorch_legacy.h"
#include "dfkd/weights/pytorch_zip.h"
#include "dfkd/weights/safetensors.h"
#include "dfkd/weights/tensor_record.h"
#include "gtest/gtest.h"

namespace dfkd {
namespace {

using Parser = absl::StatusOr<TensorRecords> (*)(absl::string_view);

std::string Content(const TensorRecord& record) {
  std::string bytes(record.elements() * ItemSize(record.dtype), '\0');
  CopyElements(record, bytes.data());
  return bytes;
}

bool Same(const TensorRecords& a, const TensorRecords& b) {
  if (a.tensors.size() != b.tensors.size() || a.metadata != b.metadata) return false;
  for (size_t i = 0; i < a.tensors.size(); ++i) {
    const TensorRecord& x = a.tensors[i];
    const TensorRecord& y = b.tensors[i];
    if (x.name != y.name || x.dtype != y.dtype || x.sizes != y.sizes || Content(x) != Content(y)) {
      return false;
    }
  }
  return true;
}

// Flips one bit of each byte in turn; every element of what is accepted is looked at.
void FlipBits(const std::string& name, Parser parse, bool has_checksums) {
  ASSERT_OK_AND_ASSIGN(std::string bytes, ReadFile(JoinPath("dfkd/weights/testdata", name)));
  const std::string original = bytes;
  ASSERT_OK_AND_ASSIGN(const TensorRecords whole, parse(original));
  for (size_t i = 0; i < bytes.size(); ++i) {
    const char flip = static_cast<char>(1 << (i * 5 % 8));
    bytes[i] ^= flip;
    const auto damaged = parse(bytes);
    if (damaged.ok()) {
      const bool same = Same(*damaged, whole);
      EXPECT_TRUE(same || !has_checksums) << name << ", byte " << i;
    }
    bytes[i] ^= flip;
  }
}

void Truncate(const std::string& name, Parser parse) {
  ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadFile(JoinPath("dfkd/weights/testdata", name)));
  for (size_t size = 0; size < bytes.size(); ++size) {
    // A copy of its own, so that a sanitizer sees reads beyond the end.
    EXPECT_FALSE(parse(std::string(bytes, 0, size)).ok()) << name << ", " << size << " bytes";
  }
}

TEST(DamageTest, SafetensorsSurvivesFlippedBits) {
  FlipBits("library.safetensors", ParseSafetensorsRecords, false);
}
TEST(DamageTest, ZipReadsNothingWrongAfterFlippedBits) {
  FlipBits("checkpoint_zip.pth", ParsePyTorchZipRecords, true);
}
TEST(DamageTest, ZipWithoutChecksumsSurvivesFlippedBits) {
  FlipBits("model_without_crc_zip.pth", ParsePyTorchZipRecords, false);
}
TEST(DamageTest, LegacySurvivesFlippedBits) {
  FlipBits("checkpoint_legacy.pth", ParsePyTorchLegacyRecords, false);
}
TEST(DamageTest, EveryTruncationIsRefused) {
  Truncate("library.safetensors", ParseSafetensorsRecords);
  Truncate("checkpoint_zip.pth", ParsePyTorchZipRecords);
  Truncate("checkpoint_legacy.pth", ParsePyTorchLegacyRecords);
}

}  // namespace
}  // namespace dfkd
