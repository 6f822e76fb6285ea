#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>

#include <map>

#include "dfkd/augmentations/augmentation_testing.h"
#include "dfkd/augmentations/roll.pb.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/testing.h"
#include "google/protobuf/any.pb.h"

namespace dfkd {
namespace {

RollConfig Config(int max_shift, RollConfig::Scope scope) {
  RollConfig config;
  config.set_max_shift(max_shift);
  config.set_scope(scope);
  return config;
}

TEST(Roll, IsWellBehavedInEitherScope) {
  ExpectWellBehaved(*MakeAugmentation(Config(2, RollConfig::BATCH)));
  ExpectWellBehaved(*MakeAugmentation(Config(2, RollConfig::IMAGE)));
}

TEST(Roll, LosesNoPixel) {
  const auto roll =
      MakeAugmentation(Config(9, RollConfig::IMAGE));  // further than the image is wide
  RandomStream random(0, "augmentation");
  const at::Tensor x = PlaceImages(50, 4, 6);
  EXPECT_TRUE(std::get<0>(roll->Apply(x, random).flatten(1).sort(1)).equal(x.flatten(1)));
}

TEST(Roll, ShiftsABatchTogetherOrEachImageByItself) {
  RandomStream random(0, "augmentation");
  const at::Tensor x = PlaceImages(40, 5, 5);
  const at::Tensor together = MakeAugmentation(Config(2, RollConfig::BATCH))->Apply(x, random);
  EXPECT_TRUE(together.equal(together.narrow(0, 0, 1).expand_as(together)));
  const at::Tensor apart = MakeAugmentation(Config(2, RollConfig::IMAGE))->Apply(x, random);
  EXPECT_FALSE(apart.equal(apart.narrow(0, 0, 1).expand_as(apart)));
}

TEST(Roll, DrawsEachShiftAlike) {
  constexpr int64_t kImages = 9000;
  const auto roll = MakeAugmentation(Config(1, RollConfig::IMAGE));
  RandomStream random(0, "augmentation");
  const at::Tensor middle =
      roll->Apply(PlaceImages(kImages, 5, 5), random).select(3, 2).select(2, 2).flatten();
  std::map<int64_t, int64_t> counts;
  for (int64_t n = 0; n < kImages; ++n) ++counts[middle[n].item<int64_t>()];
  ASSERT_EQ(counts.size(), 9u);
  for (const int64_t place : {7, 8, 9, 12, 13, 14, 17, 18, 19}) {
    // 1,000 expected of each; the standard deviation is sqrt(9000 * 1/9 * 8/9) = 30.
    EXPECT_NEAR(counts[place], 1000, 5 * 30) << place;
  }
}

TEST(Roll, AFractionFollowsTheSizeOfTheImages) {
  RollConfig config;
  config.set_max_fraction(0.25);
  const auto roll = MakeAugmentation(config);
  // A quarter of 4 rows is 1 and of 8 columns 2: the first pixel, 1, comes to rows 3, 0 or 1 and
  // columns 6, 7, 0, 1 or 2.
  RandomStream random(0, "augmentation");
  std::map<int64_t, int64_t> rows, columns;
  for (int i = 0; i < 100; ++i) {
    const int64_t place = roll->Apply(PlaceImages(1, 4, 8), random).argmin().item<int64_t>();
    ++rows[place / 8];
    ++columns[place % 8];
  }
  EXPECT_EQ(rows.size(), 3u);
  EXPECT_EQ(columns.size(), 5u);
  EXPECT_EQ(rows.count(2), 0u);
  EXPECT_EQ(columns.count(4), 0u);
}

TEST(Roll, NotAtAllIsTheIdentity) {
  RandomStream random(0, "augmentation");
  const at::Tensor x = PlaceImages(3, 4, 4);
  EXPECT_TRUE(MakeAugmentation(Config(0, RollConfig::BATCH))->Apply(x, random).equal(x));
}

TEST(Roll, WantsExactlyOneLimit) {
  RollConfig config = Config(2, RollConfig::BATCH);
  config.set_max_fraction(0.1);
  google::protobuf::Any any;
  any.PackFrom(config);
  EXPECT_THAT(Registry<Augmentation>::Get().Create(any, {}, "augmentations[0]"),
              StatusMessageIs("augmentations[0].RollConfig: both max_shift and max_fraction are "
                              "set; set one"));
  any.PackFrom(RollConfig());
  EXPECT_THAT(Registry<Augmentation>::Get().Create(any, {}, "augmentations[0]"),
              StatusMessageIs("augmentations[0].RollConfig: neither max_shift nor max_fraction is "
                              "set; set one"));
}

}  // namespace
}  // namespace dfkd
