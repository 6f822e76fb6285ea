#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dfkd/core/testing.h"
#include "dfkd/measures/measure_testing.h"
#include "dfkd/measures/sample_grid.pb.h"

namespace dfkd {
namespace {

TEST(SampleGrid, ShowsAClassARow) {
  FakeRun run;
  run.images = Pixels({0, 0, 0, 0, 1, 1, 1, 1});
  SampleGridConfig config;
  config.set_per_class(3);
  ASSERT_OK_AND_ASSIGN(const Measurement measured, TakeMeasure(config, run));
  ASSERT_EQ(measured.pictures.size(), 1);
  const MeasuredPicture& picture = measured.pictures[0];
  EXPECT_EQ(picture.name, "new_images");
  EXPECT_THAT(picture.rows, ::testing::ElementsAre("cat", "dog"));
  // Two rows and three columns of images of 48 pixels, 2 pixels between them.
  EXPECT_EQ(picture.image.sizes(), at::IntArrayRef({3, 2 + 2 * 50, 2 + 3 * 50}));
  EXPECT_EQ(picture.image[0][10][10].item<int>(), 0);
  EXPECT_EQ(picture.image[0][60][10].item<int>(), 255);
}

TEST(SampleGrid, ShowsRealImagesBesideThemWhereThereAreData) {
  FakeRun run;
  run.images = Pixels({0, 0, 0, 0, 1, 1, 1, 1});
  run.SetData(Pixels({1, 0, 0, 0}), at::zeros({1}, at::kLong));
  ASSERT_OK_AND_ASSIGN(const Measurement measured, TakeMeasure(SampleGridConfig(), run));
  ASSERT_EQ(measured.pictures.size(), 2);
  EXPECT_EQ(measured.pictures[1].name, "real_images");
  EXPECT_THAT(measured.pictures[1].rows, ::testing::ElementsAre("cat"));
}

TEST(SampleGrid, ShowsRealImagesWithTheFirstOfSeveralPools) {
  FakeRun run;
  run.FillPools({at::zeros({4, 1, 2, 2}), at::zeros({4, 1, 4, 4})});
  run.SetData(Pixels({1, 0, 0, 0}), at::zeros({1}, at::kLong));
  ASSERT_OK_AND_ASSIGN(const Measurement first, TakeMeasure(SampleGridConfig(), run));
  EXPECT_EQ(first.pictures.size(), 2);
  run.LookAtPool(1);
  ASSERT_OK_AND_ASSIGN(const Measurement second, TakeMeasure(SampleGridConfig(), run));
  ASSERT_EQ(second.pictures.size(), 1);
  EXPECT_EQ(second.pictures[0].name, "new_images");
}

}  // namespace
}  // namespace dfkd
