#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dfkd/core/testing.h"
#include "dfkd/measures/cam_overlay.pb.h"
#include "dfkd/measures/measure_testing.h"

namespace dfkd {
namespace {

using ::testing::HasSubstr;

TEST(CamOverlay, WeighsFeatureMapsByTheClassifiersRow) {
  FakeRun run;
  // The feature maps are the upper and the lower row of pixels; a cat's weights are 1 and 2, a
  // dog's -1 and 0. M of the cat: (1 + 2 * 0, 0 + 2 * 0.5) = (1, 1); of the dog: (-0.5, 0).
  run.images = Pixels({1, 0, 0, 0.5f, 0.5f, 0, 1, 1});
  CamOverlayConfig config;
  config.set_per_class(1);
  ASSERT_OK_AND_ASSIGN(const Measurement measured, TakeMeasure(config, run));
  EXPECT_NEAR(ValueOf(measured, "cam_mean_new"), (1 + 1 - 0.5 + 0) / 4, 1e-6);
  EXPECT_NEAR(ValueOf(measured, "cam_above_1_new"), 50, 1e-6);
  ASSERT_EQ(measured.pictures.size(), 1);
  EXPECT_THAT(measured.pictures[0].caption, HasSubstr("red +1.00, blue -1.00"));

  // Each row: the image enlarged to 64 pixels, and its map; red rules over the cat, blue over the
  // left of the dog.
  const at::Tensor& picture = measured.pictures[0].image;
  EXPECT_EQ(picture.sizes(), at::IntArrayRef({3, 2 + 2 * 66, 2 + 2 * 66}));
  const auto pixel = [&picture](int64_t y, int64_t x, int64_t channel) {
    return picture[channel][y][x].item<int>();
  };
  EXPECT_EQ(pixel(10, 10, 0), 255);  // the image's own white
  EXPECT_EQ(pixel(10, 10, 2), 255);
  EXPECT_GT(pixel(30, 80, 0), pixel(30, 80, 2) + 50);
  EXPECT_GT(pixel(90, 75, 2), pixel(90, 75, 0) + 30);
}

TEST(CamOverlay, ClassesThatAreNotShownCountAllTheSame) {
  FakeRun run;
  // M of the cat: (0.5, 0); of the dog, whose row is left out: (-1, -1).
  run.images = Pixels({0.5f, 0, 0, 0, 1, 1, 0, 0});
  CamOverlayConfig config;
  config.set_per_class(1);
  ASSERT_OK_AND_ASSIGN(const Measurement both, TakeMeasure(config, run));
  config.set_classes(1);
  ASSERT_OK_AND_ASSIGN(const Measurement cat, TakeMeasure(config, run));
  EXPECT_EQ(ValueOf(cat, "cam_mean_new"), ValueOf(both, "cam_mean_new"));
  EXPECT_THAT(cat.pictures[0].caption, HasSubstr("red +1.00, blue -1.00"));
  // The first row, with the margins above and below it.
  EXPECT_TRUE(cat.pictures[0].image.equal(both.pictures[0].image.narrow(1, 0, 68)));
}

}  // namespace
}  // namespace dfkd
