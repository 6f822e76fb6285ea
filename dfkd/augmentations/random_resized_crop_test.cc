#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include "dfkd/augmentations/augmentation_testing.h"
#include "dfkd/augmentations/random_resized_crop.pb.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/testing.h"
#include "google/protobuf/any.pb.h"

namespace dfkd {
namespace {

TEST(RandomResizedCrop, FollowsFromTheStreamAndKeepsSizeAndLayout) {
  const auto crop = MakeAugmentation(RandomResizedCropConfig());
  for (const auto layout : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
    const at::Tensor x = PlaceImages(32, 6, 5).repeat({1, 3, 1, 1}).contiguous(layout);
    RandomStream first(7, "augmentation"), same(7, "augmentation"), other(8, "augmentation");
    const at::Tensor out = crop->Apply(x, first);
    EXPECT_EQ(first.counter(), 1u);
    EXPECT_TRUE(out.equal(crop->Apply(x, same)));
    EXPECT_FALSE(out.equal(crop->Apply(x, other)));
    EXPECT_EQ(out.sizes(), x.sizes());
    EXPECT_TRUE(out.is_contiguous(layout));
    // Images are the same, windows are not.
    EXPECT_FALSE(out[0].equal(out[1]));
  }
}

// Each number put out is a mean of pixels with weights that add up to one.
TEST(RandomResizedCrop, GivesMeansOfPixelsAndTheirGradients) {
  const auto crop = MakeAugmentation(RandomResizedCropConfig());
  RandomStream random(0, "augmentation"), again(0, "augmentation");
  const at::Tensor out = crop->Apply(at::ones({16, 2, 9, 7}), random);
  EXPECT_LT((out - 1).abs().max().item<double>(), 1e-6);
  at::Tensor x = at::ones({16, 2, 9, 7}).requires_grad_();
  crop->Apply(x, again).sum().backward();
  EXPECT_NEAR(x.grad().sum().item<double>(), 16 * 2 * 9 * 7, 1e-2);
  EXPECT_GE(x.grad().min().item<double>(), 0);
}

TEST(RandomResizedCrop, TheWholeImageInItsShapeIsTheIdentity) {
  RandomResizedCropConfig config;
  config.set_min_scale(1);
  config.set_min_ratio(1);
  config.set_max_ratio(1);
  RandomStream random(0, "augmentation");
  const at::Tensor x = PlaceImages(3, 8, 8);
  EXPECT_TRUE(MakeAugmentation(config)->Apply(x, random).equal(x));
}

// Of 10,000 pixels, with areas uniform in [0.25, 0.75]: along a ramp from left to right, the spread
// of a window's values tells its width.
TEST(RandomResizedCrop, DrawsAreasWithinItsBounds) {
  RandomResizedCropConfig config;
  config.set_min_scale(0.25);
  config.set_max_scale(0.75);
  config.set_min_ratio(1);
  config.set_max_ratio(1);
  RandomStream random(0, "augmentation");
  constexpr int64_t kImages = 2000;
  const at::Tensor ramp = PlaceImages(1, 1, 100).expand({kImages, 1, 100, 100});
  const at::Tensor row = MakeAugmentation(config)->Apply(ramp, random).select(2, 0).squeeze(1);
  const at::Tensor width = row.select(1, 99) - row.select(1, 0) + 1;  // but for half pixels
  const at::Tensor area = width.square() / 1e4;
  EXPECT_NEAR(area.min().item<double>(), 0.25, 0.02);
  EXPECT_NEAR(area.max().item<double>(), 0.75, 0.02);
  // The mean's own deviation is 0.5 / sqrt(12 * 2000) = 0.0032.
  EXPECT_NEAR(area.mean().item<double>(), 0.5, 0.02);
}

TEST(RandomResizedCrop, BringsWindowsToTheSizeAskedFor) {
  RandomResizedCropConfig config;
  config.set_size(4);
  const auto crop = MakeAugmentation(config);
  RandomStream random(0, "augmentation");
  EXPECT_EQ(crop->Apply(PlaceImages(3, 8, 6), random).sizes(), at::IntArrayRef({3, 1, 4, 4}));
  EXPECT_FALSE(crop->KeepsPixels());
}

TEST(RandomResizedCrop, RefusesBoundsThatAreCrossed) {
  RandomResizedCropConfig config;
  config.set_min_scale(0.5);
  config.set_max_scale(0.4);
  google::protobuf::Any any;
  any.PackFrom(config);
  EXPECT_THAT(Registry<Augmentation>::Get().Create(any, {}, "augmentations[0]"),
              StatusMessageHas("min_scale is 0.5; must be at most max_scale, which is 0.4"));
  config.set_max_scale(1);
  config.set_min_ratio(2);
  any.PackFrom(config);
  EXPECT_THAT(Registry<Augmentation>::Get().Create(any, {}, "augmentations[0]"),
              StatusMessageHas("min_ratio is 2; must be at most max_ratio, which is 1.33333"));
}

}  // namespace
}  // namespace dfkd
