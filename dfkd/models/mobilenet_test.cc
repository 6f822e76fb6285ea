#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <memory>

#include "dfkd/core/random_stream.h"
#include "dfkd/core/testing.h"
#include "dfkd/models/mobilenet.pb.h"
#include "dfkd/models/mobilenet_v2_features.h"
#include "dfkd/models/model_factory.h"
#include "dfkd/models/model_testing.h"
#include "dfkd/nn/deterministic_weights.h"
#include "dfkd/testing/golden.h"

namespace dfkd {
namespace {

MobilenetConfig Config(double width_multiplier, double dropout = 0.2) {
  MobilenetConfig config;
  config.set_width_multiplier(width_multiplier);
  config.set_dropout(dropout);
  return config;
}

// Blocks of 8 to 32 channels.
std::unique_ptr<Model> MakeSmall() { return MakeModel(Config(0.1), /*classes=*/5); }

TEST(MobilenetTest, NamesLogitsAndFeaturesAreTorchvisions) {
  ExpectIsTorchvisions(*MakeModel(Config(1), 10), "mobilenet_v2", {{64, 64}, {75, 50}});
}

TEST(MobilenetTest, ANarrowOnesChannelsAreRoundedAsTorchvisions) {
  ExpectIsTorchvisions(*MakeModel(Config(0.35), 5), "mobilenet_v2_0_35", {{64, 64}});
}

TEST(MobilenetTest, TrainsAsTorchvisions) {
  const Golden golden("dfkd/models/testdata/torchvision.safetensors");
  const auto model = MakeModel(Config(1, /*dropout=*/0), 10);
  FillDeterministically(*model);
  const at::Tensor logits = model->Forward(DeterministicTensor({4, 3, 64, 64}, 2)).logits;
  const at::Tensor& expected = golden["mobilenet_v2.train.logits"];
  EXPECT_LT(MaxDifference(logits, expected), 1e-3 * expected.abs().max().item<double>());
}

TEST(MobilenetTest, ChannelsAreTheNearestMultipleOf8ButHardlyFewer) {
  EXPECT_EQ(RoundToMultipleOf8(32), 32);
  EXPECT_EQ(RoundToMultipleOf8(11.2), 16);  // 8 would be less than 10.08
  EXPECT_EQ(RoundToMultipleOf8(33.6), 32);
  EXPECT_EQ(RoundToMultipleOf8(1.6), 8);
}

TEST(MobilenetTest, StagesAreTheLastOutputsOfEachSize) {
  const auto model = MakeModel(Config(1), 10, /*channels=*/1);
  Taps taps;
  taps.want_stages = true;
  model->Eval();
  const ModelOutput output = model->Forward(DeterministicTensor({2, 1, 96, 64}, 1), taps);
  ASSERT_EQ(taps.stages.size(), 5u);
  EXPECT_EQ(taps.stages[0].sizes(), (at::IntArrayRef{2, 16, 48, 32}));
  EXPECT_EQ(taps.stages[1].sizes(), (at::IntArrayRef{2, 24, 24, 16}));
  EXPECT_EQ(taps.stages[2].sizes(), (at::IntArrayRef{2, 32, 12, 8}));
  EXPECT_EQ(taps.stages[3].sizes(), (at::IntArrayRef{2, 96, 6, 4}));
  EXPECT_EQ(taps.stages[4].sizes(), (at::IntArrayRef{2, 1280, 3, 2}));
  EXPECT_TRUE(output.feature_map.equal(taps.stages[4]));
  EXPECT_EQ(output.embedding.sizes(), (at::IntArrayRef{2, 1280}));
}

TEST(MobilenetTest, ChannelsLastGivesTheSameLogits) {
  ExpectChannelsLastGivesTheSameLogits(*MakeSmall(), {2, 3, 64, 64});
}

TEST(MobilenetTest, LogitsAreTheMeanClassActivationMapPlusBias) {
  ExpectLogitsAreTheMeanClassActivationMapPlusBias(*MakeSmall(), {2, 3, 96, 96});
}

TEST(MobilenetTest, GradientsReachTheImagesWithWeightsFrozen) {
  ExpectGradientsReachTheImagesWithWeightsFrozen(*MakeSmall(), {2, 3, 64, 64});
}

TEST(MobilenetTest, ShowsEveryBatchNormInputOnce) {
  const auto model = MakeSmall();
  model->Eval();
  Taps taps;
  taps.want_batch_norm_inputs = true;
  model->Forward(DeterministicTensor({2, 3, 64, 64}, 1), taps);
  // Stem and last convolution, two in the first block and three in each of 16.
  ASSERT_EQ(taps.batch_norm_inputs.size(), 2u + 2u + 48u);
  EXPECT_EQ(taps.batch_norm_inputs.front().input.sizes(), (at::IntArrayRef{2, 8, 32, 32}));
  EXPECT_EQ(taps.batch_norm_inputs.back().input.sizes(), (at::IntArrayRef{2, 1280, 2, 2}));
}

TEST(MobilenetTest, InitialDistributionsAreTorchvisions) {
  const auto model = MakeModel(Config(1), 10);
  ExpectInitialDistributions(*model, "mobilenet_v2");
  EXPECT_EQ(model->ClassifierBias().abs().max().item<double>(), 0);
}

TEST(MobilenetTest, TrainingDropsPooledFeaturesByTheRunsStream) {
  RandomStream init(0, "init"), dropout(0, "dropout");
  ModelContext context;
  context.num_classes = 5;
  context.init = &init;
  context.dropout = &dropout;
  ASSERT_OK_AND_ASSIGN(const auto model,
                       CreateModel(SpecOf(Config(0.1, 0.5)), context, "student.model"));
  const at::Tensor x = DeterministicTensor({2, 3, 64, 64}, 1);
  at::NoGradGuard no_grad;
  const ModelOutput first = model->Forward(x), second = model->Forward(x);
  // BatchNorm uses the batch's statistics, so that only the masks differ; the embedding has none.
  EXPECT_TRUE(first.embedding.equal(second.embedding));
  EXPECT_FALSE(first.logits.equal(second.logits));
  EXPECT_EQ(dropout.counter(), 2u);
  dropout.set_counter(0);
  EXPECT_TRUE(model->Forward(x).logits.equal(first.logits));
  model->Eval();
  model->Forward(x);
  EXPECT_EQ(dropout.counter(), 1u);
}

}  // namespace
}  // namespace dfkd
