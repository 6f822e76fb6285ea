#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "dfkd/core/testing.h"
#include "dfkd/measures/measure_testing.h"
#include "dfkd/measures/mmd.pb.h"

namespace dfkd {
namespace {

TEST(Mmd, ComparesNewImagesWithThePool) {
  FakeRun run;
  // Black and white in the pool, then, new, white twice; white has the length 2.
  run.FillPool(Pixels({0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}));
  MmdConfig config;
  config.set_images(2);
  config.set_bandwidth(2);
  ASSERT_OK_AND_ASSIGN(const Measurement measured, TakeMeasure(config, run));
  // Mean kernels: 1 among the new ones, k = exp(-4 / 8) among the pool's, (k + 1) / 2 between them:
  // 1 + k - 2 (k + 1) / 2.
  EXPECT_NEAR(ValueOf(measured, "squared_mmd"), 0, 1e-12);
  EXPECT_EQ(ValueOf(measured, "bandwidth"), 2);
  EXPECT_THAT(measured.notes,
              ::testing::ElementsAre("Judge: the run's teacher, embedding of 4 dimensions. Of the "
                                     "newest 2 images of the pool, and 2 of the pool's 2 earlier "
                                     "images."));

  // White in the pool and black anew: 1 + 1 - 2 k.
  run.FillPool(Pixels({1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0}));
  ASSERT_OK_AND_ASSIGN(const Measurement apart, TakeMeasure(config, run));
  EXPECT_NEAR(ValueOf(apart, "squared_mmd"), 2 - 2 * std::exp(-0.5), 1e-12);
  // Distances of the four, joined: 0 twice, 2 four times.
  config.clear_bandwidth();
  ASSERT_OK_AND_ASSIGN(const Measurement by_median, TakeMeasure(config, run));
  EXPECT_EQ(ValueOf(by_median, "bandwidth"), 2);
}

TEST(Mmd, NeedsPairsOnBothSides) {
  FakeRun run;
  run.FillPool(Pixels({0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1}));
  EXPECT_THAT(TakeMeasure(MmdConfig(), run),
              StatusMessageIs("there are the newest 2 images of the pool, and 1 of the pool's 1 "
                              "earlier images; must be at least 2 of each"));
}

}  // namespace
}  // namespace dfkd
