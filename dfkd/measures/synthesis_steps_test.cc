#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "dfkd/core/testing.h"
#include "dfkd/measures/measure_testing.h"
#include "dfkd/measures/synthesis_steps.pb.h"

namespace dfkd {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

TEST(SynthesisSteps, FollowABatchStepByStep) {
  WatchableFakeRun run;
  // A cat and a dog: at first both grey, then the right ones, beyond what an image can show.
  run.steps = {Pixels({0.5f, 0.5f, 0, 0, 0.5f, 0.5f, 0, 0}), Pixels({3, -1, 0, 0, 0, 1, 0, 0})};
  run.FillPool(Pixels({1, 0, 0, 0}));
  ASSERT_OK_AND_ASSIGN(const Measurement measured, TakeMeasure(SynthesisStepsConfig(), run));
  ASSERT_EQ(measured.curves.size(), 3);
  for (const MeasuredCurve& curve : measured.curves) EXPECT_THAT(curve.x, ElementsAre(1, 2));
  // Logits are twice the upper values: even, then (2, 0) and (0, 2).
  const double later = std::log(1 + std::exp(-2));
  EXPECT_THAT(measured.curves[0].values,
              ElementsAre(DoubleNear(std::log(2), 1e-6), DoubleNear(later, 1e-6)));
  EXPECT_NEAR(measured.curves[1].values[0], 1, 1e-9);
  EXPECT_GT(measured.curves[1].values[1], 1.2);
  // To (1, 0): sqrt(1/2) twice, then 0 and sqrt(2).
  EXPECT_THAT(measured.curves[2].values,
              ElementsAre(DoubleNear(std::sqrt(0.5), 1e-6), DoubleNear(std::sqrt(2) / 2, 1e-6)));
  EXPECT_NEAR(ValueOf(measured, "cross_entropy_mean"), (std::log(2) + later) / 2, 1e-6);
  EXPECT_NEAR(ValueOf(measured, "cross_entropy_last"), later, 1e-6);
}

TEST(SynthesisSteps, NeedAMethodThatCanBeWatched) {
  EXPECT_THAT(TakeMeasure(SynthesisStepsConfig(), FakeRun()),
              StatusMessageIs("the run's method cannot be watched while it makes images"));
}

}  // namespace
}  // namespace dfkd
