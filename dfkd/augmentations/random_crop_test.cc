#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>

#include <map>
#include <utility>

#include "dfkd/augmentations/augmentation_testing.h"
#include "dfkd/augmentations/random_crop.pb.h"

namespace dfkd {
namespace {

RandomCropConfig Config(int padding) {
  RandomCropConfig config;
  config.set_padding(padding);
  return config;
}

TEST(RandomCrop, IsWellBehaved) { ExpectWellBehaved(*MakeAugmentation(Config(2))); }

TEST(RandomCrop, DrawsEachShiftAlikeAndForEachImage) {
  constexpr int64_t kImages = 9000;
  const auto crop = MakeAugmentation(Config(1));
  RandomStream random(0, "augmentation");
  const at::Tensor out = crop->Apply(PlaceImages(kImages, 5, 5), random);
  // The middle pixel, 13 when nothing moves, tells the shift: 5 per row and 1 per column.
  std::map<int64_t, int64_t> counts;
  const at::Tensor middle = out.select(3, 2).select(2, 2).flatten().to(at::kLong);
  for (int64_t n = 0; n < kImages; ++n) ++counts[middle[n].item<int64_t>()];
  ASSERT_EQ(counts.size(), 9u);
  for (const int64_t place : {7, 8, 9, 12, 13, 14, 17, 18, 19}) {
    // 1,000 expected of each; the standard deviation is sqrt(9000 * 1/9 * 8/9) = 30.
    EXPECT_NEAR(counts[place], 1000, 5 * 30) << place;
  }
}

TEST(RandomCrop, FillsWithZerosFromOutside) {
  const auto crop = MakeAugmentation(Config(3));
  RandomStream random(0, "augmentation");
  const at::Tensor out = crop->Apply(PlaceImages(200, 4, 4), random);
  // Shifted by 3 of 4 pixels in both directions, one pixel is left; not shifted, all 16.
  const at::Tensor kept = out.ne(0).sum({1, 2, 3});
  EXPECT_EQ(kept.min().item<int64_t>(), 1);
  EXPECT_EQ(kept.max().item<int64_t>(), 16);
}

TEST(RandomCrop, ARatioIsOfTheSmallerSide) {
  RandomCropConfig config;
  config.set_padding_ratio(0.125);
  const auto crop = MakeAugmentation(config);
  RandomStream random(0, "augmentation");
  // An eighth of 24 is 3.
  const ImageMoves moves = *crop->DrawMoves({500, 24, 40}, random);
  EXPECT_EQ(moves.dy.abs().max().item<int64_t>(), 3);
  EXPECT_EQ(moves.dx.abs().max().item<int64_t>(), 3);
}

TEST(RandomCrop, TheLaterOfPaddingAndRatioCountsAndWithNeitherItIsFourPixels) {
  RandomCropConfig config;
  config.set_padding_ratio(0.125);  // 4 of 32 pixels
  config.set_padding(1);
  for (const auto& [changed, largest] :
       {std::pair<RandomCropConfig, int64_t>{config, 1}, {RandomCropConfig(), 4}}) {
    RandomStream random(0, "augmentation");
    const ImageMoves moves = *MakeAugmentation(changed)->DrawMoves({500, 32, 32}, random);
    EXPECT_EQ(moves.dy.abs().max().item<int64_t>(), largest);
  }
}

TEST(RandomCrop, WithoutPaddingIsTheIdentity) {
  const auto crop = MakeAugmentation(Config(0));
  RandomStream random(0, "augmentation");
  const at::Tensor x = PlaceImages(3, 4, 4);
  EXPECT_TRUE(crop->Apply(x, random).equal(x));
}

}  // namespace
}  // namespace dfkd
