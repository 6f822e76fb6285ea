#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "dfkd/core/testing.h"
#include "dfkd/models/model_testing.h"
#include "dfkd/models/wide_resnet.pb.h"
#include "dfkd/nn/deterministic_weights.h"
#include "dfkd/testing/golden.h"

namespace dfkd {
namespace {

constexpr char kTestData[] = "dfkd/models/testdata/";

WideResNetConfig Config(int depth, int widen_factor, int base_width = 16) {
  WideResNetConfig config;
  config.set_depth(depth);
  config.set_widen_factor(widen_factor);
  config.set_base_width(base_width);
  return config;
}

struct PublicNetwork {
  const char* name;
  int depth;
  int widen_factor;
  int64_t classes;
};

class WideResNetGoldenTest : public testing::TestWithParam<PublicNetwork> {};

TEST_P(WideResNetGoldenTest, NamesAndShapesAreThePublicCodes) {
  const PublicNetwork& net = GetParam();
  const auto model = MakeModel(Config(net.depth, net.widen_factor), net.classes);
  EXPECT_EQ(NamesAndShapes(*model), OriginalNamesAndShapes(net.name));
}

TEST_P(WideResNetGoldenTest, LogitsAndFeaturesAreThePublicCodes) {
  const Golden golden(absl::StrCat(kTestData, "models.safetensors"));
  const PublicNetwork& net = GetParam();
  const auto model = MakeModel(Config(net.depth, net.widen_factor), net.classes);
  FillDeterministically(*model);
  model->Eval();
  at::NoGradGuard no_grad;
  for (const auto& [height, width] : {std::pair<int64_t, int64_t>{32, 32}, {20, 13}}) {
    const std::string key = absl::StrCat(net.name, ".", height, "x", width);
    const ModelOutput output = model->Forward(DeterministicTensor({2, 3, height, width}, 1));
    const at::Tensor& logits = golden[key + ".logits"];
    const double size = logits.abs().max().item<double>();
    EXPECT_LT(MaxDifference(output.logits, logits), 1e-4 * size);
    EXPECT_LT(MaxDifference(output.embedding, golden[key + ".embedding"]), 1e-4 * size);
  }
  model->Train();
  const std::string key = absl::StrCat(net.name, ".train");
  const ModelOutput output = model->Forward(DeterministicTensor({4, 3, 32, 32}, 2));
  EXPECT_LT(MaxDifference(output.logits, golden[key + ".logits"]), 1e-3);
  const at::Tensor& variance = golden[key + ".running_var"];
  for (const NamedTensor& buffer : model->NamedBuffers()) {
    if (buffer.name != "bn1.running_var") continue;
    EXPECT_LT(MaxDifference(buffer.tensor, variance), 1e-4 * variance.max().item<double>());
  }
}

INSTANTIATE_TEST_SUITE_P(Public, WideResNetGoldenTest,
                         testing::Values(PublicNetwork{"wrn16_1", 16, 1, 10},
                                         PublicNetwork{"wrn40_2", 40, 2, 7}),
                         [](const auto& info) { return info.param.name; });

TEST(WideResNetTest, ChannelsLastGivesTheSameLogits) {
  ExpectChannelsLastGivesTheSameLogits(*MakeModel(Config(16, 1), 10), {2, 3, 32, 32});
}

TEST(WideResNetTest, BaseWidthEightMakesTheNetworkOf8And16And32) {
  const auto model = MakeModel(Config(10, 1, 8), 10, /*channels=*/1);
  Taps taps;
  taps.want_stages = true;
  const ModelOutput output = model->Forward(DeterministicTensor({2, 1, 28, 28}, 1), taps);
  ASSERT_EQ(taps.stages.size(), 3u);
  EXPECT_EQ(taps.stages[0].sizes(), (at::IntArrayRef{2, 8, 28, 28}));
  EXPECT_EQ(taps.stages[1].sizes(), (at::IntArrayRef{2, 16, 14, 14}));
  EXPECT_EQ(taps.stages[2].sizes(), (at::IntArrayRef{2, 32, 7, 7}));
  EXPECT_EQ(output.feature_map.sizes(), (at::IntArrayRef{2, 32, 7, 7}));
  EXPECT_EQ(output.embedding.sizes(), (at::IntArrayRef{2, 32}));
  EXPECT_EQ(output.logits.sizes(), (at::IntArrayRef{2, 10}));
}

TEST(WideResNetTest, LogitsAreTheMeanClassActivationMapPlusBias) {
  ExpectLogitsAreTheMeanClassActivationMapPlusBias(*MakeModel(Config(10, 1), 5), {2, 3, 12, 12});
}

TEST(WideResNetTest, ShowsEveryBatchNormInputOnce) {
  const auto model = MakeModel(Config(16, 1), 5);
  Taps taps;
  taps.want_batch_norm_inputs = true;
  model->Forward(DeterministicTensor({2, 3, 8, 8}, 1), taps);
  // Two in each of 3 * 2 blocks and the last one.
  ASSERT_EQ(taps.batch_norm_inputs.size(), 13u);
  EXPECT_EQ(taps.batch_norm_inputs.front().input.sizes(), (at::IntArrayRef{2, 16, 8, 8}));
  EXPECT_EQ(taps.batch_norm_inputs.back().input.sizes(), (at::IntArrayRef{2, 64, 2, 2}));
}

TEST(WideResNetTest, GradientsReachTheImagesWithWeightsFrozen) {
  ExpectGradientsReachTheImagesWithWeightsFrozen(*MakeModel(Config(10, 1), 5), {2, 3, 8, 8});
}

TEST(WideResNetTest, InitialDistributionsAreThePublicCodes) {
  const auto model = MakeModel(Config(16, 2), 10);
  for (const NamedTensor& p : model->NamedParameters()) {
    if (p.name == "fc.bias") {
      EXPECT_EQ(p.tensor.abs().max().item<double>(), 0);
    }
    if (p.name == "block3.layer.1.conv2.weight") {
      // N(0, 2 / (9 * 128)): deviation 1 / 24, over 147,456 values.
      EXPECT_NEAR(p.tensor.std().item<double>(), 1.0 / 24, 0.01 / 24);
    }
    if (p.name == "fc.weight") {
      // U(-1 / sqrt(128), 1 / sqrt(128)).
      EXPECT_LE(p.tensor.abs().max().item<double>(), 0.0884);
      EXPECT_GT(p.tensor.abs().max().item<double>(), 0.085);
    }
  }
}

TEST(WideResNetTest, RefusesADepthThatGivesNoWholeBlocks) {
  EXPECT_THAT(TryMakeModel(Config(18, 1)),
              StatusMessageIs("student.model.WideResNetConfig: depth is 18; must be 6n + 4 "
                              "(10, 16, 22, 28, 40 ...)"));
}

}  // namespace
}  // namespace dfkd
