#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/testing.h"
#include "dfkd/models/cifar_resnet.pb.h"
#include "dfkd/models/model_testing.h"
#include "dfkd/nn/deterministic_weights.h"
#include "dfkd/testing/golden.h"

namespace dfkd {
namespace {

constexpr char kTestData[] = "dfkd/models/testdata/";

CifarResnetConfig Config(const std::vector<int>& blocks, int base_width = 64) {
  CifarResnetConfig config;
  config.mutable_blocks()->Add(blocks.begin(), blocks.end());
  config.set_base_width(base_width);
  return config;
}

// One block a stage, stages 8-16-32-64.
std::unique_ptr<Model> MakeSmall(int64_t classes = 5) {
  return MakeModel(Config({1, 1, 1, 1}, 8), classes);
}

struct PublicNetwork {
  const char* name;
  std::vector<int> blocks;
  int64_t classes;
};

class CifarResnetGoldenTest : public testing::TestWithParam<PublicNetwork> {};

TEST_P(CifarResnetGoldenTest, NamesLogitsAndFeaturesAreThePublicCodes) {
  const Golden golden(absl::StrCat(kTestData, "models.safetensors"));
  const PublicNetwork& net = GetParam();
  const std::string name = net.name;
  const auto model = MakeModel(Config(net.blocks), net.classes);
  EXPECT_EQ(NamesAndShapes(*model), OriginalNamesAndShapes(name));
  FillDeterministically(*model);
  model->Eval();
  at::NoGradGuard no_grad;
  for (const auto& [height, width] : {std::pair<int64_t, int64_t>{32, 32}, {20, 13}}) {
    const at::Tensor& logits = golden[absl::StrCat(name, ".", height, "x", width, ".logits")];
    const ModelOutput output = model->Forward(DeterministicTensor({2, 3, height, width}, 1));
    EXPECT_LT(MaxDifference(output.logits, logits), 1e-4 * logits.abs().max().item<double>());
    if (height != 32) continue;
    const at::Tensor& embedding = golden[name + ".embedding"];
    EXPECT_LT(MaxDifference(output.embedding, embedding),
              1e-4 * embedding.abs().max().item<double>());
  }
  model->Train();
  const ModelOutput output = model->Forward(DeterministicTensor({4, 3, 32, 32}, 2));
  EXPECT_LT(MaxDifference(output.logits, golden[name + ".train.logits"]), 1e-3);
}

INSTANTIATE_TEST_SUITE_P(Public, CifarResnetGoldenTest,
                         testing::Values(PublicNetwork{"cifar_resnet18", {2, 2, 2, 2}, 10},
                                         PublicNetwork{"cifar_resnet34", {3, 4, 6, 3}, 7}),
                         [](const auto& info) { return info.param.name; });

TEST(CifarResnetTest, StagesHalveTheSizeAndDoubleTheChannels) {
  const auto model = MakeModel(Config({2, 1, 1, 1}, 8), 10, /*channels=*/1);
  Taps taps;
  taps.want_stages = true;
  const ModelOutput output = model->Forward(DeterministicTensor({2, 1, 28, 20}, 1), taps);
  ASSERT_EQ(taps.stages.size(), 4u);
  EXPECT_EQ(taps.stages[0].sizes(), (at::IntArrayRef{2, 8, 28, 20}));
  EXPECT_EQ(taps.stages[1].sizes(), (at::IntArrayRef{2, 16, 14, 10}));
  EXPECT_EQ(taps.stages[2].sizes(), (at::IntArrayRef{2, 32, 7, 5}));
  EXPECT_EQ(taps.stages[3].sizes(), (at::IntArrayRef{2, 64, 4, 3}));
  EXPECT_TRUE(output.feature_map.equal(taps.stages[3]));
  EXPECT_EQ(output.embedding.sizes(), (at::IntArrayRef{2, 64}));
  EXPECT_EQ(output.logits.sizes(), (at::IntArrayRef{2, 10}));
}

TEST(CifarResnetTest, ChannelsLastGivesTheSameLogits) {
  ExpectChannelsLastGivesTheSameLogits(*MakeSmall(), {2, 3, 32, 32});
}

TEST(CifarResnetTest, LogitsAreTheMeanClassActivationMapPlusBias) {
  ExpectLogitsAreTheMeanClassActivationMapPlusBias(*MakeSmall(), {2, 3, 16, 16});
}

TEST(CifarResnetTest, ShowsEveryBatchNormInputOnce) {
  const auto model = MakeSmall();
  Taps taps;
  taps.want_batch_norm_inputs = true;
  model->Forward(DeterministicTensor({2, 3, 16, 16}, 1), taps);
  // The stem's, two in each of 4 blocks and one in each of 3 projection shortcuts.
  ASSERT_EQ(taps.batch_norm_inputs.size(), 1u + 8u + 3u);
  EXPECT_EQ(taps.batch_norm_inputs.front().input.sizes(), (at::IntArrayRef{2, 8, 16, 16}));
  EXPECT_EQ(taps.batch_norm_inputs.back().input.sizes(), (at::IntArrayRef{2, 64, 2, 2}));
}

TEST(CifarResnetTest, GradientsReachTheImagesWithWeightsFrozen) {
  ExpectGradientsReachTheImagesWithWeightsFrozen(*MakeSmall(), {2, 3, 16, 16});
}

TEST(CifarResnetTest, InitialDistributionsArePyTorchsDefaults) {
  const auto model = MakeModel(Config({1, 1, 1, 1}), 10);
  for (const NamedTensor& p : model->NamedParameters()) {
    const double largest = p.tensor.abs().max().item<double>();
    if (p.name == "layer4.0.conv2.weight") {
      // U(-b, b) with b = 1 / sqrt(9 * 512): deviation b / sqrt(3).
      EXPECT_LE(largest, 0.014732);
      EXPECT_NEAR(p.tensor.std().item<double>(), 0.0085052, 0.0001);
    }
    if (p.name == "linear.weight" || p.name == "linear.bias") {
      // U(-b, b) with b = 1 / sqrt(512); ten biases reach half of it.
      EXPECT_LE(largest, 0.044195);
      EXPECT_GT(largest, 0.022);
    }
    if (p.name == "layer4.0.bn2.weight") {
      EXPECT_TRUE(p.tensor.eq(1).all().item<bool>());
    }
  }
}

TEST(CifarResnetTest, RefusesThreeStages) {
  EXPECT_THAT(TryMakeModel(Config({2, 2, 2})),
              StatusHas(absl::StatusCode::kInvalidArgument, "blocks"));
}

}  // namespace
}  // namespace dfkd
