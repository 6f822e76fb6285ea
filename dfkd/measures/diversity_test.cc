#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dfkd/core/testing.h"
#include "dfkd/measures/diversity.pb.h"
#include "dfkd/measures/measure_testing.h"

namespace dfkd {
namespace {

TEST(Diversity, IsTheDistanceToTheNearestOfThePool) {
  FakeRun run;
  // First 0, 0.2 and 1 of the second axis; then, new, 1 and 0.4 along the first axis.
  run.FillPool(Pixels({0, 0, 0, 0, 51.0f / 255,  0, 0, 0, 0, 1, 0, 0,  //
                       1, 0, 0, 0, 102.0f / 255, 0, 0, 0}));
  DiversityConfig config;
  config.set_images(2);
  ASSERT_OK_AND_ASSIGN(const Measurement measured, TakeMeasure(config, run));
  // To 0.2: 0.8 and 0.2.
  EXPECT_NEAR(ValueOf(measured, "new_to_pool"), 0.5, 1e-6);
  EXPECT_NEAR(ValueOf(measured, "new_to_pool_least"), 0.2, 1e-6);
  EXPECT_NEAR(ValueOf(measured, "among_new"), 0.6, 1e-6);
  // 0 and 0.2 are nearest to each other; the third is nearest to 0.
  EXPECT_NEAR(ValueOf(measured, "among_pool"), (0.2 + 0.2 + 1) / 3, 1e-6);
  EXPECT_THAT(measured.notes,
              ::testing::ElementsAre("Judge: the run's teacher, embedding of 4 dimensions. Of the "
                                     "newest 2 images of the pool, and 3 of the pool's 3 earlier "
                                     "images."));
}

}  // namespace
}  // namespace dfkd
