#include "dfkd/report/png.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <png.h>

#include <limits>

#include "dfkd/core/testing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace dfkd {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

constexpr int kBackground = 0xb8;

at::Tensor Constant(int64_t n, int64_t height, int64_t width, int value) {
  return at::full({n, 1, height, width}, value, at::TensorOptions().dtype(at::kByte));
}

int Pixel(const at::Tensor& image, int channel, int y, int x) {
  return image.select(0, channel).select(0, y).select(0, x).item<uint8_t>();
}

// [C, H, W] uint8, read by libpng.
at::Tensor Decode(const std::string& png, bool color) {
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  CHECK_NE(png_image_begin_read_from_memory(&image, png.data(), png.size()), 0);
  image.format = color ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  const int64_t channels = color ? 3 : 1;
  at::Tensor pixels =
      at::zeros({image.height, image.width, channels}, at::TensorOptions().dtype(at::kByte));
  CHECK_NE(png_image_finish_read(&image, nullptr, pixels.data_ptr(), 0, nullptr), 0);
  return pixels.permute({2, 0, 1}).contiguous();
}

TEST(ImageGrid, PutsImagesInRowsWithMarginsBetween) {
  const at::Tensor images =
      at::cat({Constant(1, 2, 3, 10), Constant(1, 2, 3, 20), Constant(1, 2, 3, 30)});
  const at::Tensor grid = ImageGrid(images, {.columns = 2, .scale = 1, .margin = 1});
  // Two rows of two: height 2 * (2 + 1) + 1 = 7, width 2 * (3 + 1) + 1 = 9.
  EXPECT_THAT(grid.sizes().vec(), ElementsAre(3, 7, 9));
  EXPECT_EQ(Pixel(grid, 0, 1, 1), 10);
  EXPECT_EQ(Pixel(grid, 1, 1, 5), 20);  // grey becomes three equal channels
  EXPECT_EQ(Pixel(grid, 2, 4, 1), 30);
  EXPECT_EQ(Pixel(grid, 0, 4, 5), kBackground);  // no fourth image
  EXPECT_EQ(Pixel(grid, 0, 0, 0), kBackground);
  EXPECT_EQ(Pixel(grid, 0, 3, 1), kBackground);
}

TEST(ImageGrid, EnlargesSmallImagesToPixelsThatCanBeSeen) {
  // 16 wide: three times, 48. 50 wide: as it is.
  EXPECT_EQ(ImageGrid(Constant(1, 16, 16, 0), {.columns = 1, .margin = 0}).size(2), 48);
  EXPECT_EQ(ImageGrid(Constant(1, 50, 50, 0), {.columns = 1, .margin = 0}).size(2), 50);
}

TEST(ImageGrid, RepeatsEachPixel) {
  const at::Tensor image = at::arange(4, at::kByte).reshape({1, 1, 2, 2});
  const at::Tensor grid = ImageGrid(image, {.columns = 1, .scale = 2, .margin = 0});
  const int expected[4][4] = {{0, 0, 1, 1}, {0, 0, 1, 1}, {2, 2, 3, 3}, {2, 2, 3, 3}};
  for (int y = 0; y < 4; ++y) {
    for (int x = 0; x < 4; ++x) EXPECT_EQ(Pixel(grid, 0, y, x), expected[y][x]);
  }
}

TEST(ImageGrid, RoundsAndClipsFloats) {
  const float inf = std::numeric_limits<float>::infinity();
  const at::Tensor image = at::tensor({0.0f, 0.5f, 1.0f, -1.0f, 2.0f, inf}).reshape({1, 1, 1, 6});
  const at::Tensor grid = ImageGrid(image, {.columns = 1, .scale = 1, .margin = 0});
  std::vector<int> pixels;
  for (int x = 0; x < 6; ++x) pixels.push_back(Pixel(grid, 0, 0, x));
  EXPECT_THAT(pixels, ElementsAre(0, 128, 255, 0, 255, 255));  // 127.5 rounds to even: 128
}

TEST(ImageGrid, KeepsColours) {
  at::Tensor image = at::zeros({1, 3, 1, 1}, at::TensorOptions().dtype(at::kByte));
  image.select(1, 0).fill_(1);
  image.select(1, 2).fill_(3);
  const at::Tensor grid = ImageGrid(image, {.columns = 1, .scale = 1, .margin = 0});
  EXPECT_EQ(Pixel(grid, 0, 0, 0), 1);
  EXPECT_EQ(Pixel(grid, 1, 0, 0), 0);
  EXPECT_EQ(Pixel(grid, 2, 0, 0), 3);
}

TEST(FirstOfEachClass, TakesTheFirstImagesOfTheFirstClasses) {
  const at::Tensor labels = at::tensor({7, 2, 7, 7, 2, 5}, at::kLong);
  EXPECT_THAT(FirstOfEachClass(labels, /*per_class=*/2, /*max_classes=*/2),
              ElementsAre(Pair(2, ElementsAre(1, 4)), Pair(5, ElementsAre(5))));
  EXPECT_THAT(
      FirstOfEachClass(labels, /*per_class=*/1, /*max_classes=*/9),
      ElementsAre(Pair(2, ElementsAre(1)), Pair(5, ElementsAre(5)), Pair(7, ElementsAre(0))));
}

TEST(ImageGridByClass, GivesEachClassARowOfItsFirstImages) {
  // Values 0, 1, ... 5 with labels 7, 2, 7, 7, 2, 5; two columns.
  std::vector<at::Tensor> images;
  for (int i = 0; i < 6; ++i) images.push_back(Constant(1, 1, 1, i));
  const at::Tensor labels = at::tensor({7, 2, 7, 7, 2, 5}, at::kLong);
  const ClassGrid grid =
      ImageGridByClass(at::cat(images), labels, {.columns = 2, .scale = 1, .margin = 0});
  EXPECT_THAT(grid.classes, ElementsAre(2, 5, 7));
  EXPECT_THAT(grid.image.sizes().vec(), ElementsAre(3, 3, 2));
  const int expected[3][2] = {{1, 4}, {5, kBackground}, {0, 2}};
  for (int y = 0; y < 3; ++y) {
    for (int x = 0; x < 2; ++x) EXPECT_EQ(Pixel(grid.image, 0, y, x), expected[y][x]);
  }
}

TEST(ImageGridByClass, StopsAtTheMostRows) {
  const ClassGrid grid = ImageGridByClass(Constant(5, 1, 1, 0), at::arange(5, at::kLong),
                                          {.scale = 1, .margin = 0}, /*max_rows=*/3);
  EXPECT_THAT(grid.classes, ElementsAre(0, 1, 2));
  EXPECT_EQ(grid.image.size(1), 3);
}

TEST(EncodePng, IsReadBackByLibpng) {
  for (int64_t channels : {1, 3}) {
    const at::Tensor image = at::arange(channels * 5 * 7, at::kByte).reshape({channels, 5, 7});
    ASSERT_OK_AND_ASSIGN(const std::string png, EncodePng(image));
    EXPECT_TRUE(Decode(png, channels == 3).equal(image)) << channels;
  }
}

TEST(EncodePng, EqualPixelsGiveEqualBytes) {
  const at::Tensor image = at::arange(12, at::kByte).reshape({3, 2, 2});
  ASSERT_OK_AND_ASSIGN(const std::string first, EncodePng(image, {{"a", "b"}}));
  // Another layout in memory, the same pixels.
  const at::Tensor permuted = image.permute({1, 2, 0}).contiguous().permute({2, 0, 1});
  ASSERT_OK_AND_ASSIGN(const std::string second, EncodePng(permuted, {{"a", "b"}}));
  EXPECT_EQ(first, second);
}

TEST(EncodePng, RefusesAnEmptyPicture) {
  const at::Tensor image = at::zeros({3, 0, 4}, at::TensorOptions().dtype(at::kByte));
  EXPECT_THAT(EncodePng(image), StatusHas(absl::StatusCode::kInternal, "PNG of 4 x 0: "));
}

TEST(ReadPngInfo, FindsSizeAndTexts) {
  const PngTexts texts = {{"dfkd.epoch", "12"}, {"dfkd.rows", "[\"null\",\"été\"]"}, {"empty", ""}};
  ASSERT_OK_AND_ASSIGN(
      const std::string png,
      EncodePng(at::zeros({1, 4, 9}, at::TensorOptions().dtype(at::kByte)), texts));
  ASSERT_OK_AND_ASSIGN(const PngInfo info, ReadPngInfo(png));
  EXPECT_EQ(info.width, 9);
  EXPECT_EQ(info.height, 4);
  EXPECT_EQ(info.texts, texts);
}

TEST(ReadPngInfo, RefusesEveryTruncation) {
  ASSERT_OK_AND_ASSIGN(
      const std::string png,
      EncodePng(at::zeros({1, 4, 9}, at::TensorOptions().dtype(at::kByte)), {{"key", "text"}}));
  for (size_t size = 0; size < png.size(); ++size) {
    EXPECT_THAT(ReadPngInfo(png.substr(0, size)), StatusMessageIs("not a whole PNG file")) << size;
  }
}

TEST(ReadPngInfo, SurvivesEveryFlippedByte) {
  ASSERT_OK_AND_ASSIGN(
      const std::string png,
      EncodePng(at::zeros({1, 4, 9}, at::TensorOptions().dtype(at::kByte)), {{"key", "text"}}));
  for (size_t at = 0; at < png.size(); ++at) {
    std::string damaged = png;
    damaged[at] = static_cast<char>(damaged[at] ^ 0xff);
    ReadPngInfo(damaged).status().IgnoreError();
  }
}

}  // namespace
}  // namespace dfkd
