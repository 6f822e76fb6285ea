#include "dfkd/images/resize.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/rot90.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/testing/golden.h"

namespace dfkd {
namespace {

// Pillow's, by tools/goldens/images.py.
const Golden& Images() {
  static const auto* golden = new Golden("dfkd/images/testdata/images.safetensors");
  return *golden;
}

Image ToImage(const at::Tensor& tensor) {
  const at::Tensor bytes = tensor.contiguous();
  Image image(bytes.size(0), bytes.size(1), bytes.size(2));
  std::copy_n(bytes.const_data_ptr<uint8_t>(), bytes.numel(), image.pixels.begin());
  return image;
}

at::Tensor ToTensor(const Image& image) {
  return at::from_blob(const_cast<uint8_t*>(image.pixels.data()),
                       {image.channels, image.height, image.width}, at::kByte);
}

const std::vector<std::pair<std::string, ResizeFilter>> kFilters = {
    {"bilinear", ResizeFilter::kBilinear}, {"bicubic", ResizeFilter::kBicubic}};

TEST(ResizeImage, EqualsPillowByteForByte) {
  const Image input = ToImage(Images()["resize.input"]);
  using Size = std::pair<int64_t, int64_t>;
  for (const auto& [name, filter] : kFilters) {
    for (const auto& [height, width] : {Size(16, 16), Size(64, 64), Size(53, 20), Size(20, 37),
                                        Size(106, 5), Size(1, 1), Size(54, 36), Size(7, 111)}) {
      const std::string key = absl::StrCat("resize.", name, ".", height, "x", width);
      EXPECT_TRUE(ToTensor(ResizeImage(input, height, width, filter)).equal(Images()[key])) << key;
    }
  }
}

TEST(ResizeImage, KeepsAPictureThatHasTheSize) {
  const Image input = ToImage(Images()["resize.input"]);
  EXPECT_EQ(ResizeImage(input, 53, 37, ResizeFilter::kBicubic).pixels, input.pixels);
}

TEST(ResizeNearest, EqualsPillowByteForByte) {
  const Image input = ToImage(Images()["resize.input"]);
  using Size = std::pair<int64_t, int64_t>;
  for (const auto& [height, width] : {Size(16, 16), Size(64, 64), Size(53, 20), Size(106, 5),
                                      Size(1, 1), Size(54, 36), Size(7, 111)}) {
    const std::string key = absl::StrCat("nearest.", height, "x", width);
    EXPECT_TRUE(ToTensor(ResizeNearest(input, height, width)).equal(Images()[key])) << key;
  }
}

TEST(ResizeShorterSideAndCrop, EqualsTorchvisionByteForByte) {
  const at::Tensor tall = Images()["resize.input"];
  for (const auto& [name, filter] : kFilters) {
    for (const auto& [side, input] : {std::make_pair("tall", ToImage(tall)),
                                      std::make_pair("wide", ToImage(tall.rot90(1, {1, 2})))}) {
      for (const auto& [shorter, height, width] :
           {std::tuple(32, 28, 28), std::tuple(33, 28, 28), std::tuple(40, 32, 32),
            std::tuple(24, 24, 17), std::tuple(37, 37, 37)}) {
        const std::string key =
            absl::StrCat("crop.", name, ".", side, ".", shorter, ".", height, "x", width);
        const Image crop = ResizeShorterSideAndCrop(input, shorter, height, width, filter);
        EXPECT_TRUE(ToTensor(crop).equal(Images()[key])) << key;
      }
    }
  }
}

// 256 * 65,500 pixels would be 16 million of them a row.
TEST(ResizeShorterSideAndCrop, ComputesOnlyWhatRemains) {
  Image line(1, 1, 65500);
  std::fill(line.pixels.begin(), line.pixels.end(), 9);
  const Image crop = ResizeShorterSideAndCrop(line, 256, 224, 224, ResizeFilter::kBilinear);
  EXPECT_EQ(crop.pixels, std::vector<uint8_t>(224 * 224, 9));
}

}  // namespace
}  // namespace dfkd
