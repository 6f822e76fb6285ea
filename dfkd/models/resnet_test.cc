#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "dfkd/core/random_stream.h"
#include "dfkd/core/testing.h"
#include "dfkd/models/model_testing.h"
#include "dfkd/models/resnet.pb.h"
#include "dfkd/models/resnet_backbone.h"
#include "dfkd/nn/deterministic_weights.h"
#include "dfkd/testing/golden.h"

namespace dfkd {
namespace {

ResnetConfig Config(ResnetConfig::Block block, const std::vector<int>& blocks,
                    int base_width = 64) {
  ResnetConfig config;
  config.set_block(block);
  config.mutable_blocks()->Add(blocks.begin(), blocks.end());
  config.set_base_width(base_width);
  return config;
}

// One block a stage, a stem of 8 channels.
std::unique_ptr<Model> MakeSmall(ResnetConfig::Block block = ResnetConfig::BOTTLENECK) {
  return MakeModel(Config(block, {1, 1, 1, 1}, 8), /*classes=*/5);
}

double Scale(const at::Tensor& x) { return x.abs().max().item<double>(); }

struct Original {
  const char* name;
  ResnetConfig::Block block;
  std::vector<int> blocks;
  int64_t classes;
};

class ResnetGoldenTest : public testing::TestWithParam<Original> {};

TEST_P(ResnetGoldenTest, NamesLogitsAndFeaturesAreTorchvisions) {
  const Original& net = GetParam();
  // The second size divides by 32 in neither direction.
  ExpectIsTorchvisions(*MakeModel(Config(net.block, net.blocks), net.classes), net.name,
                       {{64, 64}, {75, 50}});
}

INSTANTIATE_TEST_SUITE_P(
    Torchvision, ResnetGoldenTest,
    testing::Values(Original{"resnet18", ResnetConfig::BASIC, {2, 2, 2, 2}, 10},
                    Original{"resnet34", ResnetConfig::BASIC, {3, 4, 6, 3}, 7},
                    Original{"resnet50", ResnetConfig::BOTTLENECK, {3, 4, 6, 3}, 10}),
    [](const auto& info) { return info.param.name; });

TEST(ResnetTest, TrainsAsTorchvisions) {
  const Golden golden("dfkd/models/testdata/torchvision.safetensors");
  const auto model = MakeModel(Config(ResnetConfig::BASIC, {2, 2, 2, 2}), 10);
  FillDeterministically(*model);
  const at::Tensor logits = model->Forward(DeterministicTensor({4, 3, 64, 64}, 2)).logits;
  const at::Tensor& expected = golden["resnet18.train.logits"];
  EXPECT_LT(MaxDifference(logits, expected), 1e-3 * Scale(expected));
}

TEST(ResnetTest, TheStemQuartersTheSizeAndThreeStagesHalveIt) {
  const auto model = MakeModel(Config(ResnetConfig::BOTTLENECK, {2, 1, 1, 1}, 8), 10,
                               /*channels=*/1);
  Taps taps;
  taps.want_stages = true;
  const ModelOutput output = model->Forward(DeterministicTensor({2, 1, 96, 64}, 1), taps);
  ASSERT_EQ(taps.stages.size(), 4u);
  EXPECT_EQ(taps.stages[0].sizes(), (at::IntArrayRef{2, 32, 24, 16}));
  EXPECT_EQ(taps.stages[1].sizes(), (at::IntArrayRef{2, 64, 12, 8}));
  EXPECT_EQ(taps.stages[2].sizes(), (at::IntArrayRef{2, 128, 6, 4}));
  EXPECT_EQ(taps.stages[3].sizes(), (at::IntArrayRef{2, 256, 3, 2}));
  EXPECT_TRUE(output.feature_map.equal(taps.stages[3]));
  EXPECT_EQ(output.embedding.sizes(), (at::IntArrayRef{2, 256}));
  EXPECT_EQ(output.logits.sizes(), (at::IntArrayRef{2, 10}));
}

TEST(ResnetTest, ChannelsLastGivesTheSameLogits) {
  for (const auto block : {ResnetConfig::BASIC, ResnetConfig::BOTTLENECK}) {
    ExpectChannelsLastGivesTheSameLogits(*MakeSmall(block), {2, 3, 64, 64});
  }
}

TEST(ResnetTest, LogitsAreTheMeanClassActivationMapPlusBias) {
  ExpectLogitsAreTheMeanClassActivationMapPlusBias(*MakeSmall(), {2, 3, 96, 96});
}

TEST(ResnetTest, GradientsReachTheImagesWithWeightsFrozen) {
  for (const auto block : {ResnetConfig::BASIC, ResnetConfig::BOTTLENECK}) {
    ExpectGradientsReachTheImagesWithWeightsFrozen(*MakeSmall(block), {2, 3, 64, 64});
  }
}

TEST(ResnetTest, ShowsEveryBatchNormInputOnce) {
  const auto model = MakeSmall();
  Taps taps;
  taps.want_batch_norm_inputs = true;
  model->Forward(DeterministicTensor({2, 3, 64, 64}, 1), taps);
  // The stem's, three in each of 4 blocks and one in each block's shortcut: bottlenecks change the
  // channels in the first stage, too.
  ASSERT_EQ(taps.batch_norm_inputs.size(), 1u + 12u + 4u);
  EXPECT_EQ(taps.batch_norm_inputs.front().input.sizes(), (at::IntArrayRef{2, 8, 32, 32}));
  EXPECT_EQ(taps.batch_norm_inputs.back().input.sizes(), (at::IntArrayRef{2, 256, 2, 2}));
}

TEST(ResnetTest, InitialDistributionsAreTorchvisions) {
  ExpectInitialDistributions(*MakeModel(Config(ResnetConfig::BOTTLENECK, {3, 4, 6, 3}), 10),
                             "resnet50");
}

// One bottleneck in each of the first two stages, two in the others, which are dilated.
TEST(ResnetBackboneTest, DilatedStagesAreTorchvisionsAndKeepTheSize) {
  const Golden golden("dfkd/models/testdata/torchvision.safetensors");
  RandomStream init(0, "init");
  ResnetBackbone backbone(
      {.bottleneck = true, .blocks = {1, 1, 2, 2}, .dilated = {false, true, true}}, init);
  FillDeterministically(backbone);
  backbone.Eval();
  at::NoGradGuard no_grad;
  Taps taps;
  taps.want_stages = true;
  const at::Tensor map = backbone.Forward(DeterministicTensor({1, 3, 64, 64}, 1), taps);
  EXPECT_EQ(backbone.out_channels(), 2048);
  EXPECT_EQ(map.sizes(), (at::IntArrayRef{1, 2048, 8, 8}));
  EXPECT_EQ(taps.stages[2].sizes(), (at::IntArrayRef{1, 1024, 8, 8}));
  const at::Tensor& expected = golden["resnet_dilated.feature_map"];
  EXPECT_LT(MaxDifference(map[0].slice(0, 0, 8), expected), 1e-4 * Scale(expected));
}

TEST(ResnetTest, RefusesThreeStages) {
  EXPECT_THAT(TryMakeModel(Config(ResnetConfig::BASIC, {2, 2, 2})),
              StatusHas(absl::StatusCode::kInvalidArgument, "blocks"));
}

}  // namespace
}  // namespace dfkd
