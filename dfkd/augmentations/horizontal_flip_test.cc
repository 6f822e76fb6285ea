#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>

#include "dfkd/augmentations/augmentation_testing.h"
#include "dfkd/augmentations/horizontal_flip.pb.h"

namespace dfkd {
namespace {

HorizontalFlipConfig Config(double probability) {
  HorizontalFlipConfig config;
  config.set_probability(probability);
  return config;
}

TEST(HorizontalFlip, IsWellBehaved) { ExpectWellBehaved(*MakeAugmentation(Config(0.5))); }

TEST(HorizontalFlip, MirrorsAllOrNoneAtTheEnds) {
  const at::Tensor x = PlaceImages(50, 3, 4);
  RandomStream random(0, "augmentation");
  EXPECT_TRUE(MakeAugmentation(Config(0))->Apply(x, random).equal(x));
  EXPECT_TRUE(MakeAugmentation(Config(1))->Apply(x, random).equal(x.flip({3})));
}

TEST(HorizontalFlip, MirrorsTheWantedShare) {
  RandomStream random(0, "augmentation");
  const at::Tensor out = MakeAugmentation(Config(0.3))->Apply(PlaceImages(10000, 1, 2), random);
  // A mirrored image begins with 2. The standard deviation is sqrt(10000 * 0.3 * 0.7) = 46.
  EXPECT_NEAR(out.select(3, 0).eq(2).sum().item<int64_t>(), 3000, 5 * 46);
}

TEST(HorizontalFlip, MayMirrorABatchAsOne) {
  HorizontalFlipConfig config = Config(0.5);
  config.set_scope(HorizontalFlipConfig::BATCH);
  const auto flip = MakeAugmentation(config);
  RandomStream random(0, "augmentation");
  const at::Tensor x = PlaceImages(4, 1, 2);
  int mirrored = 0;
  for (int i = 0; i < 100; ++i) {
    const at::Tensor out = flip->Apply(x, random);
    EXPECT_TRUE(out.equal(x) || out.equal(x.flip({3})));
    mirrored += out.equal(x) ? 0 : 1;
  }
  EXPECT_NEAR(mirrored, 50, 5 * 5);  // the standard deviation is sqrt(100 / 4) = 5
}

}  // namespace
}  // namespace dfkd
