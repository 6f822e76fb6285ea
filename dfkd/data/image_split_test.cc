#include "dfkd/data/image_split.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <numeric>
#include <string>

#include "absl/strings/str_cat.h"
#include "dfkd/core/testing.h"
#include "dfkd/data/batch_loader.h"
#include "dfkd/data/picture_forge.h"
#include "dfkd/images/image_forge.h"

namespace dfkd {
namespace {

constexpr int64_t kCount = 12;

class ImageSplitTest : public ::testing::Test {
 protected:
  // Pictures of 20 x 20 pixels, PNG and JPEG in turn.
  void SetUp() override {
    std::filesystem::remove_all(dir_);
    ASSERT_OK(ForgeClassFolders(dir_, 1, kCount, 20, /*seed=*/0));
    for (int64_t i = 0; i < kCount; ++i) {
      files_.paths.push_back(absl::StrCat(dir_, "/class_0/", i, i % 2 == 0 ? ".png" : ".jpg"));
      files_.labels.push_back(i + 100);
    }
    options_.layout = {.height = 8, .width = 10, .shorter_side = 12};
  }

  // An epoch in batches of five, as training asks for it.
  double Epoch(const ImageSplit& split) {
    std::vector<at::Tensor> batches;
    int64_t start = 0;
    BatchLoader loader(split, 3, [&] {
      const int64_t first = start;
      start = std::min(start + 5, kCount);
      return at::arange(first, start, at::kLong);
    });
    double sum = 0;
    for (int64_t i = 0; i < 3; ++i) {
      const auto batch = loader.Next();
      EXPECT_OK(batch);
      // Sensitive to the order of pictures and of pixels.
      const at::Tensor flat = batch->images.to(at::kDouble).flatten();
      sum = sum * 31 + flat.dot(at::arange(1, flat.numel() + 1, at::kDouble)).item<double>();
    }
    return sum;
  }

  void Overwrite(int64_t i, const std::string& bytes) {
    std::ofstream(files_.paths[i], std::ios::binary) << bytes;
  }

  const std::string dir_ = ::testing::TempDir() + "/image_split";
  LabelledFiles files_;
  ImageSplitOptions options_;
};

TEST_F(ImageSplitTest, GivesPicturesInTheOrderAskedForAtTheWantedSize) {
  const ImageSplit split(files_, options_);
  EXPECT_EQ(split.size(), kCount);
  EXPECT_EQ(split.labels()[3].item<int64_t>(), 103);
  ASSERT_OK_AND_ASSIGN(const at::Tensor images, split.Images(at::tensor({4, 0, 4}, at::kLong)));
  ASSERT_EQ(images.sizes(), at::IntArrayRef({3, 3, 8, 10}));
  EXPECT_TRUE(images[0].equal(images[2]));
  ASSERT_OK_AND_ASSIGN(const Image whole, ReadImage(files_.paths[0], ColorMode::kRgb));
  const Image crop = ResizeShorterSideAndCrop(whole, 12, 8, 10, ResizeFilter::kBilinear);
  const at::Tensor expected =
      at::from_blob(const_cast<uint8_t*>(crop.pixels.data()), {3, 8, 10}, at::kByte)
          .to(at::kFloat)
          .div(255);
  EXPECT_TRUE(images[1].equal(expected));
}

TEST_F(ImageSplitTest, GivesTheSameBytesWithAnyNumberOfThreadsAndAnyCache) {
  options_.reading.set_threads(1);
  options_.reading.set_cache(ImageReading::NONE);
  const double expected = Epoch(ImageSplit(files_, options_));
  for (const int threads : {1, 4}) {
    for (const auto cache : {ImageReading::NONE, ImageReading::MEMORY, ImageReading::AUTO}) {
      options_.reading.set_threads(threads);
      options_.reading.set_cache(cache);
      const ImageSplit split(files_, options_);
      EXPECT_EQ(Epoch(split), expected) << threads << ", " << cache;
      EXPECT_EQ(Epoch(split), expected) << threads << ", " << cache << ", again";
    }
  }
}

TEST_F(ImageSplitTest, ReadsAFileOnceWhereItIsKept) {
  options_.reading.set_cache(ImageReading::NONE);
  const ImageSplit reads(files_, options_);
  options_.reading.set_cache(ImageReading::MEMORY);
  const ImageSplit keeps(files_, options_);
  EXPECT_FALSE(reads.cached());
  EXPECT_TRUE(keeps.cached());
  const at::Tensor third = at::tensor({3}, at::kLong);
  ASSERT_OK_AND_ASSIGN(const at::Tensor before, keeps.Images(third));
  EXPECT_OK(reads.Images(third));
  Overwrite(3, "text");
  ASSERT_OK_AND_ASSIGN(const at::Tensor after, keeps.Images(third));
  EXPECT_TRUE(after.equal(before));
  EXPECT_FALSE(reads.Images(third).ok());
}

TEST_F(ImageSplitTest, NamesTheFileThatCannotBeRead) {
  Overwrite(7, "text");
  std::filesystem::remove(files_.paths[9]);
  for (const int threads : {1, 4}) {
    options_.reading.set_threads(threads);
    const ImageSplit split(files_, options_);
    split.Prefetch(at::arange(0, 5, at::kLong));
    split.Prefetch(at::arange(5, kCount, at::kLong));
    EXPECT_OK(split.Images(at::arange(0, 5, at::kLong)));
    EXPECT_THAT(split.Images(at::arange(5, kCount, at::kLong)),
                StatusHas(absl::StatusCode::kNotFound,
                          files_.paths[7] + ": is neither a PNG nor a JPEG file"));
    EXPECT_THAT(split.Images(at::tensor({9}, at::kLong)), StatusMessageHas(files_.paths[9]));
  }
}

TEST_F(ImageSplitTest, RefusesOtherSizesWhereTheyMustBeExact) {
  options_.layout = {.height = 20, .width = 21, .fit = ImageLayout::Fit::kExact};
  EXPECT_THAT(ImageSplit(files_, options_).Images(at::tensor({0}, at::kLong)),
              StatusMessageIs(files_.paths[0] + " has 20 x 20 pixels; must have 21 x 20"));
  options_.layout.width = 20;
  EXPECT_OK(ImageSplit(files_, options_).Images(at::tensor({0}, at::kLong)));
}

TEST_F(ImageSplitTest, SquashesAndTurnsToGrey) {
  options_.layout = {.channels = 1, .height = 5, .width = 9, .fit = ImageLayout::Fit::kSquash};
  const ImageSplit split(files_, options_);
  ASSERT_OK_AND_ASSIGN(const at::Tensor images, split.Images(at::tensor({0}, at::kLong)));
  EXPECT_EQ(images.sizes(), at::IntArrayRef({1, 1, 5, 9}));
}

TEST_F(ImageSplitTest, RefusesACacheLargerThanTheMachine) {
  options_.reading.set_cache(ImageReading::MEMORY);
  options_.layout.height = options_.layout.width = int64_t{1} << 25;
  EXPECT_THAT(MakeImageDataset({}, {.train = files_, .validation = {}, .test = {}}, options_),
              StatusHas(absl::StatusCode::kInvalidArgument,
                        "reading.cache is MEMORY, but 12 pictures take "));
}

TEST(DrawSplits, MakesPartsWithoutOverlap) {
  LabelledFiles files;
  for (int64_t i = 0; i < 50; ++i) {
    files.paths.push_back(absl::StrCat(i));
    files.labels.push_back(i);
  }
  // 0.25 * 50 = 12.5 and 0.1 * 50 = 5
  const SplitFiles splits = DrawSplits(files, 0.25, 0.1, 3);
  EXPECT_EQ(splits.train.paths.size(), 33);
  EXPECT_EQ(splits.validation.paths.size(), 12);
  EXPECT_EQ(splits.test.paths.size(), 5);
  std::vector<int64_t> all;
  for (const LabelledFiles* part : {&splits.train, &splits.validation, &splits.test}) {
    for (size_t i = 0; i < part->paths.size(); ++i) {
      EXPECT_EQ(part->paths[i], absl::StrCat(part->labels[i]));
      all.push_back(part->labels[i]);
    }
  }
  EXPECT_NE(all, files.labels);
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, files.labels);
  EXPECT_EQ(DrawSplits(files, 0.25, 0.1, 3).test.paths, splits.test.paths);
  EXPECT_NE(DrawSplits(files, 0.25, 0.1, 4).test.paths, splits.test.paths);
  EXPECT_EQ(DrawSplits(files, 0, 0, 3).train.paths, files.paths);
}

}  // namespace
}  // namespace dfkd
