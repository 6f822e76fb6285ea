#include <ATen/core/Tensor.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include <map>

#include "dfkd/augmentations/augmentation_testing.h"
#include "dfkd/augmentations/random_window.pb.h"

namespace dfkd {
namespace {

RandomWindowConfig Config(int size) {
  RandomWindowConfig config;
  config.set_size(size);
  return config;
}

TEST(RandomWindow, DependsOnTheStreamAlone) {
  const auto window = MakeAugmentation(Config(4));
  RandomStream first(7, "augmentation"), same(7, "augmentation"), other(8, "augmentation");
  const at::Tensor x = PlaceImages(32, 9, 8);
  const at::Tensor out = window->Apply(x, first);
  EXPECT_EQ(first.counter(), 1u);
  EXPECT_TRUE(out.equal(window->Apply(x, same)));
  EXPECT_FALSE(out.equal(window->Apply(x, other)));
}

TEST(RandomWindow, GivesThePixelsItKeepsTheirGradient) {
  const auto window = MakeAugmentation(Config(4));
  RandomStream random(0, "augmentation");
  at::Tensor x = PlaceImages(5, 9, 8).requires_grad_();
  window->Apply(x, random).sum().backward();
  EXPECT_TRUE(x.grad().sum({1, 2, 3}).eq(16).all().item<bool>());
}

TEST(RandomWindow, DrawsEachPlaceAlikeAndForEachImage) {
  constexpr int64_t kImages = 6000;
  const auto window = MakeAugmentation(Config(4));
  RandomStream random(0, "augmentation");
  // Three rows fit and two columns.
  const at::Tensor out = window->Apply(PlaceImages(kImages, 6, 5), random);
  ASSERT_EQ(out.sizes(), (at::IntArrayRef{kImages, 1, 4, 4}));
  std::map<int64_t, int64_t> counts;
  const at::Tensor corner = out.select(3, 0).select(2, 0).flatten().to(at::kLong);
  for (int64_t n = 0; n < kImages; ++n) ++counts[corner[n].item<int64_t>()];
  ASSERT_EQ(counts.size(), 6u);
  for (const int64_t place : {1, 2, 6, 7, 11, 12}) {
    // 1,000 expected of each; the standard deviation is sqrt(6000 * 1/6 * 5/6) = 29.
    EXPECT_NEAR(counts[place], 1000, 5 * 29) << place;
  }
}

TEST(RandomWindow, CutsOutWhatStandsSideBySide) {
  const auto window = MakeAugmentation(Config(3));
  RandomStream random(0, "augmentation");
  const at::Tensor out = window->Apply(PlaceImages(50, 7, 9), random);
  EXPECT_TRUE(out.slice(3, 1).sub(out.slice(3, 0, 2)).eq(1).all().item<bool>());
  EXPECT_TRUE(out.slice(2, 1).sub(out.slice(2, 0, 2)).eq(9).all().item<bool>());
}

TEST(RandomWindow, PadsSmallerImages) {
  const auto window = MakeAugmentation(Config(5));
  RandomStream random(0, "augmentation");
  const at::Tensor out = window->Apply(at::ones({200, 2, 4, 5}), random);
  ASSERT_EQ(out.sizes(), (at::IntArrayRef{200, 2, 5, 5}));
  // One row is missing: a zero row above and one below make six, of which five remain. Every
  // window has all columns.
  EXPECT_TRUE(out.sum({1, 2, 3}).eq(2 * 4 * 5).all().item<bool>());
}

}  // namespace
}  // namespace dfkd
