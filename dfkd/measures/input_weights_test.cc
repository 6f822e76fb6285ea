#include <ATen/ops/full.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dfkd/core/testing.h"
#include "dfkd/measures/input_weights.pb.h"
#include "dfkd/measures/measure_testing.h"

namespace dfkd {
namespace {

TEST(InputWeights, AreMeansOfMagnitudesByPart) {
  WatchableFakeRun run;
  run.parts = {{"rows", "the class rows", Pixels({1, -3, 2, -2}).view({2, 2})},
               {"noise", "the noise", at::full({2, 5}, -0.25)}};
  ASSERT_OK_AND_ASSIGN(const Measurement measured, TakeMeasure(InputWeightsConfig(), run));
  EXPECT_NEAR(ValueOf(measured, "mean_weight_rows"), 2, 1e-7);
  EXPECT_NEAR(ValueOf(measured, "mean_weight_noise"), 0.25, 1e-7);
  EXPECT_EQ(measured.values[1].help, "mean |w| of the first layer over the 5 inputs of the noise");
}

TEST(InputWeights, NeedAGenerator) {
  EXPECT_THAT(TakeMeasure(InputWeightsConfig(), FakeRun()),
              StatusMessageIs("the run's method has no generator that is fed in parts"));
}

}  // namespace
}  // namespace dfkd
