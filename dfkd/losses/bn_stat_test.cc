#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/testing.h"
#include "dfkd/losses/bn_stat.pb.h"
#include "dfkd/losses/loss_testing.h"

namespace dfkd {
namespace {

TEST(BnStatTest, EachOptionAgreesWithPyTorch) {
  const std::vector<std::pair<std::string, std::function<void(BnStatConfig&)>>> cases = {
      {"plain", [](BnStatConfig&) {}},
      {"squared", [](BnStatConfig& c) { c.set_squared(true); }},
      {"standardized", [](BnStatConfig& c) { c.set_scale(BnStatConfig::STANDARDIZED); }},
      {"standardized_squared",
       [](BnStatConfig& c) {
         c.set_scale(BnStatConfig::STANDARDIZED);
         c.set_squared(true);
       }},
      {"first_layer", [](BnStatConfig& c) { c.set_first_layer_multiplier(10); }},
  };
  for (const auto& [name, set] : cases) {
    BnStatConfig config;
    config.set_momentum(0);
    set(config);
    const BatchNormExample example(0);
    ExpectGolden(absl::StrCat("bn_stat.", name), MakeLoss(config)->Compute(example.Input()),
                 example);
  }
}

TEST(BnStatTest, MomentumMovesOncePerBatchAfterItsLastStep) {
  const auto loss = MakeLoss(BnStatConfig());  // momentum 0.9
  for (int batch = 0; batch < 3; ++batch) {
    // Steps before the last one leave no trace.
    const BatchNormExample earlier_step(7);
    loss->Compute(earlier_step.Input());
    const BatchNormExample example(batch);
    ExpectGolden(absl::StrCat("bn_stat.batch", batch), loss->Compute(example.Input()), example);
    loss->EndBatch();
  }
}

TEST(BnStatTest, AveragesSurviveACheckpoint) {
  const auto loss = MakeLoss(BnStatConfig());
  for (int batch = 0; batch < 2; ++batch) {
    const BatchNormExample example(batch);
    loss->Compute(example.Input());
    loss->EndBatch();
  }
  State state;
  loss->Save(StateWriter(&state));
  const auto resumed = MakeLoss(BnStatConfig());
  EXPECT_OK(resumed->Load(StateReader(&state)));
  const BatchNormExample example(2);
  ExpectGolden("bn_stat.batch2", resumed->Compute(example.Input()), example);
}

TEST(BnStatTest, ACheckpointBeforeTheFirstBatchHoldsNoAverage) {
  State state;
  MakeLoss(BnStatConfig())->Save(StateWriter(&state));
  const auto resumed = MakeLoss(BnStatConfig());
  EXPECT_OK(resumed->Load(StateReader(&state)));
  const BatchNormExample example(0);
  ExpectGolden("bn_stat.batch0", resumed->Compute(example.Input()), example);
}

TEST(BnStatTest, ACheckpointOfAnotherKindIsRefused) {
  const State empty;
  EXPECT_FALSE(MakeLoss(BnStatConfig())->Load(StateReader(&empty)).ok());
}

// One channel with the values -1, 1, 3, 5: mean 2, biased variance 5.
Taps HandMade(float running_mean, float running_var) {
  Taps taps;
  const at::Tensor x = at::tensor({-1.0f, 1.0f, 3.0f, 5.0f}).view({2, 1, 1, 2}).requires_grad_();
  taps.batch_norm_inputs.push_back(
      {x, ComputeBatchStatistics(x), at::tensor({running_mean}), at::tensor({running_var})});
  return taps;
}

TEST(BnStatTest, IsZeroAndSmoothWhereStatisticsMatch) {
  const Taps taps = HandMade(2, 5);
  LossInput input;
  input.teacher_taps = &taps;
  const at::Tensor value = MakeLoss(BnStatConfig())->Compute(input);
  EXPECT_EQ(value.item<double>(), 0);
  value.backward();
  // The norm has no slope at zero: no NaN either.
  EXPECT_EQ(taps.batch_norm_inputs[0].input.grad().abs().max().item<double>(), 0);
}

TEST(BnStatTest, AddsTheGapsOfMeanAndVariance) {
  const Taps taps = HandMade(5, 1);
  LossInput input;
  input.teacher_taps = &taps;
  // |1 - 5| + |5 - 2| = 7; squares 16 + 9 = 25.
  EXPECT_NEAR(MakeLoss(BnStatConfig())->Compute(input).item<double>(), 7, 1e-6);
  BnStatConfig squared;
  squared.set_squared(true);
  EXPECT_NEAR(MakeLoss(squared)->Compute(input).item<double>(), 25, 1e-5);
  // Deviation 1 and variance 1 as units leave both as they are, but for the epsilon.
  BnStatConfig standardized;
  standardized.set_scale(BnStatConfig::STANDARDIZED);
  EXPECT_NEAR(MakeLoss(standardized)->Compute(input).item<double>(), 7, 1e-3);
}

TEST(BnStatTest, StandardizedIsBlindToTheScaleOfALayer) {
  BnStatConfig config;
  config.set_scale(BnStatConfig::STANDARDIZED);
  double values[2];
  for (int i = 0; i < 2; ++i) {
    const float scale = i == 0 ? 1.0f : 100.0f;
    BatchNormExample example(0);
    for (BatchNormInput& layer : example.taps.batch_norm_inputs) {
      layer.input = layer.input.detach() * scale;
      layer.statistics = ComputeBatchStatistics(layer.input);
      layer.running_mean = layer.running_mean * scale;
      layer.running_var = layer.running_var * (scale * scale);
    }
    values[i] = MakeLoss(config)->Compute(example.Input()).item<double>();
  }
  EXPECT_NEAR(values[0], values[1], 1e-4);
}

TEST(BnStatTest, AMomentumOfOneOrMoreIsRefused) {
  BnStatConfig config;
  config.set_momentum(1.5);
  google::protobuf::Any any;
  any.PackFrom(config);
  EXPECT_THAT(Registry<Loss>::Get().Create(any, LossContext{4}, "losses[0]"),
              StatusMessageHas("losses[0].BnStatConfig.momentum is 1.5; must be in [0, 1)"));
}

}  // namespace
}  // namespace dfkd
