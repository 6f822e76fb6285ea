#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "dfkd/core/testing.h"
#include "dfkd/measures/class_cross_entropy.pb.h"
#include "dfkd/measures/measure_testing.h"

namespace dfkd {
namespace {

TEST(ClassCrossEntropy, IsThatOfTheClassAskedFor) {
  FakeRun run;
  // Logits are twice the upper values: (2, 0) for a cat, (2, 0) again for a dog.
  run.images = Pixels({1, 0, 0, 0, 1, 0, 0, 0});
  ClassCrossEntropyConfig config;
  config.set_images(4);
  ASSERT_OK_AND_ASSIGN(const Measurement measured, TakeMeasure(config, run));
  const double right = std::log(1 + std::exp(-2)), wrong = std::log(1 + std::exp(2));
  EXPECT_NEAR(ValueOf(measured, "cross_entropy"), (right + wrong) / 2, 1e-6);
  EXPECT_NEAR(ValueOf(measured, "cross_entropy[cat]"), right, 1e-6);
  EXPECT_NEAR(ValueOf(measured, "cross_entropy[dog]"), wrong, 1e-6);
  EXPECT_EQ(ValueOf(measured, "teacher_top1"), 50);
  EXPECT_THAT(measured.notes, ::testing::ElementsAre("Of 4 new images."));
}

}  // namespace
}  // namespace dfkd
