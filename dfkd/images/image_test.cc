#include "dfkd/images/image.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/from_blob.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "dfkd/core/files.h"
#include "dfkd/core/testing.h"
#include "dfkd/images/image_forge.h"
#include "dfkd/testing/golden.h"

namespace dfkd {
namespace {

// Pillow's, by tools/goldens/images.py.
const Golden& Images() {
  static const auto* golden = new Golden("dfkd/images/testdata/images.safetensors");
  return *golden;
}

std::string File(const std::string& name) {
  const at::Tensor bytes = Images()[name + ".file"].contiguous();
  return {reinterpret_cast<const char*>(bytes.const_data_ptr<uint8_t>()),
          static_cast<size_t>(bytes.numel())};
}

at::Tensor ToTensor(const Image& image) {
  return at::from_blob(const_cast<uint8_t*>(image.pixels.data()),
                       {image.channels, image.height, image.width}, at::kByte);
}

TEST(DecodeImage, GivesPillowsPixels) {
  int count = 0;
  for (const auto& [key, unused] : Images().tensors()) {
    if (!absl::EndsWith(key, ".file")) continue;
    const std::string name(absl::StripSuffix(key, ".file"));
    ASSERT_OK_AND_ASSIGN(const Image rgb, DecodeImage(File(name), ColorMode::kRgb));
    EXPECT_TRUE(ToTensor(rgb).equal(Images()[name + ".rgb"])) << name;
    ASSERT_OK_AND_ASSIGN(const Image grey, DecodeImage(File(name), ColorMode::kGrey));
    EXPECT_TRUE(ToTensor(grey).equal(Images()[name + ".grey"])) << name;
    ++count;
  }
  // PNG: 15 kinds, each plain and interlaced, and 4 more. JPEG: 15.
  EXPECT_EQ(count, 15 * 2 + 4 + 15);
}

TEST(DecodeImage, ReadsInterlacedPicturesLikePlainOnes) {
  for (const std::string name : {"png_grey1", "png_palette2", "png_rgba16"}) {
    EXPECT_EQ(DecodeImage(File(name), ColorMode::kRgb)->pixels,
              DecodeImage(File(name + "_interlaced"), ColorMode::kRgb)->pixels);
  }
}

TEST(DecodeImage, LeavesTheOrientationOut) {
  ASSERT_OK_AND_ASSIGN(const Image turned, DecodeImage(File("jpeg_turned"), ColorMode::kRgb));
  EXPECT_EQ(turned.height, 37);
  EXPECT_EQ(turned.width, 29);
}

TEST(DecodeImage, RefusesEveryTruncation) {
  for (const std::string name : {"png_rgba8", "png_palette4_interlaced", "jpeg_420",
                                 "jpeg_progressive", "jpeg_restarts", "jpeg_cmyk"}) {
    const std::string file = File(name);
    // A JPEG file's pixels may be whole before its last two bytes, which mark its end.
    const size_t whole = absl::StartsWith(name, "jpeg") ? file.size() - 2 : file.size();
    for (size_t size = 0; size < whole; ++size) {
      // A copy of its own, so that a sanitizer sees reads beyond the end.
      EXPECT_FALSE(DecodeImage(std::string(file, 0, size), ColorMode::kRgb).ok())
          << name << ", " << size << " bytes";
    }
  }
}

TEST(DecodeImage, SurvivesFlippedBits) {
  for (const std::string name :
       {"png_palette8", "png_grey16_interlaced", "jpeg_422", "jpeg_progressive_444", "jpeg_ycck"}) {
    std::string file = File(name);
    for (size_t i = 0; i < file.size(); ++i) {
      const char flip = static_cast<char>(1 << (i * 5 % 8));
      file[i] ^= flip;
      const auto image = DecodeImage(file, ColorMode::kRgb);
      if (image.ok()) {
        EXPECT_EQ(static_cast<int64_t>(image->pixels.size()), 3 * image->height * image->width);
      }
      file[i] ^= flip;
    }
  }
}

TEST(DecodeImage, SaysWhatIsWrong) {
  EXPECT_THAT(DecodeImage("", ColorMode::kRgb),
              StatusMessageIs("is neither a PNG nor a JPEG file"));
  EXPECT_THAT(DecodeImage("GIF89a", ColorMode::kRgb),
              StatusHas(absl::StatusCode::kNotFound, "is neither a PNG nor a JPEG file"));
  EXPECT_THAT(DecodeImage(File("png_rgb8").substr(0, 100), ColorMode::kRgb),
              StatusMessageIs("is not a PNG file that can be read: the file ends too early"));
  EXPECT_THAT(DecodeImage(File("jpeg_420").substr(0, 300), ColorMode::kRgb),
              StatusMessageIs("is not a JPEG file that can be read: the file ends too early"));
  std::string damaged = File("png_rgb8");
  damaged[damaged.size() - 13] ^= 1;  // in the checksum of the pixels
  EXPECT_THAT(DecodeImage(damaged, ColorMode::kRgb), StatusMessageHas("IDAT: CRC error"));
}

TEST(CheckImageSize, RefusesWhatAFileCannotHold) {
  EXPECT_OK(CheckImageSize(1, 1, 67));
  EXPECT_OK(CheckImageSize(2048, 2048, 100));
  // 4,194,304 + 512 * 1000 = 4,706,304 pixels in 1,000 bytes
  EXPECT_OK(CheckImageSize(4706304 / 1024, 1024, 1000));
  EXPECT_THAT(CheckImageSize(4706304 / 1024 + 1, 1024, 1000),
              StatusMessageIs("the picture is 4597 x 1024 pixels in 1000 bytes; above 4194304 "
                              "pixels a file has at least a byte for 512 of them"));
  EXPECT_THAT(CheckImageSize(65501, 1, 1000),
              StatusMessageIs("the picture is 65501 x 1 pixels; each side must be in [1, 65500]"));
  EXPECT_FALSE(CheckImageSize(10, 0, 1000).ok());
  EXPECT_THAT(CheckImageSize(20000, 20000, int64_t{1} << 28),
              StatusMessageIs("the picture is 20000 x 20000 pixels; more than 178956970 are "
                              "refused"));
}

TEST(ReadImage, PutsThePathFirst) {
  const std::string path = ::testing::TempDir() + "/picture.png";
  Image image(3, 2, 5);
  image.plane(1)[7] = 200;  // green, row 1, column 2
  ASSERT_OK(WriteFileAtomically(FileSystem::Posix(), path, ForgePng(image)));
  ASSERT_OK_AND_ASSIGN(const Image read, ReadImage(path, ColorMode::kRgb));
  EXPECT_EQ(read.pixels, image.pixels);
  ASSERT_OK(WriteFileAtomically(FileSystem::Posix(), path, "text"));
  EXPECT_THAT(ReadImage(path, ColorMode::kRgb),
              StatusMessageIs(absl::StrCat(path, ": is neither a PNG nor a JPEG file")));
  EXPECT_THAT(ReadImage("nowhere.png", ColorMode::kRgb),
              StatusHas(absl::StatusCode::kNotFound, "nowhere.png"));
}

}  // namespace
}  // namespace dfkd
