#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "dfkd/core/files.h"
#include "dfkd/core/testing.h"
#include "dfkd/models/model_factory.h"
#include "dfkd/models/wide_resnet.pb.h"
#include "dfkd/nn/deterministic_weights.h"
#include "dfkd/testing/golden.h"

namespace dfkd {
namespace {

constexpr char kTestData[] = "dfkd/models/testdata/";

ModelSpec Spec(int depth, int widen_factor, int base_width = 16) {
  WideResNetConfig config;
  config.set_depth(depth);
  config.set_widen_factor(widen_factor);
  config.set_base_width(base_width);
  ModelSpec spec;
  spec.mutable_config()->PackFrom(config);
  return spec;
}

std::unique_ptr<Model> Make(const ModelSpec& spec, int64_t classes, int64_t channels = 3) {
  RandomStream init(0, "init");
  ModelContext context;
  context.num_classes = classes;
  context.channels = channels;
  context.init = &init;
  auto model = CreateModel(spec, context, "student.model");
  EXPECT_OK(model);
  return std::move(model).value();
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
  const auto model = Make(Spec(net.depth, net.widen_factor), net.classes);
  ASSERT_OK_AND_ASSIGN(const std::string expected,
                       ReadFile(absl::StrCat(kTestData, net.name, ".txt")));
  EXPECT_EQ(NamesAndShapes(*model), expected);
}

TEST_P(WideResNetGoldenTest, LogitsAndFeaturesAreThePublicCodes) {
  const Golden golden(absl::StrCat(kTestData, "models.safetensors"));
  const PublicNetwork& net = GetParam();
  const auto model = Make(Spec(net.depth, net.widen_factor), net.classes);
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
  const auto model = Make(Spec(16, 1), 10);
  FillDeterministically(*model);
  model->Eval();
  at::NoGradGuard no_grad;
  const at::Tensor x = DeterministicTensor({2, 3, 32, 32}, 1);
  const at::Tensor before = model->Forward(x).logits;
  model->ToChannelsLast();
  const ModelOutput output = model->Forward(x.contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_LT(MaxDifference(output.logits, before), 1e-4 * before.abs().max().item<double>());
  EXPECT_TRUE(output.feature_map.is_contiguous(at::MemoryFormat::ChannelsLast));
}

TEST(WideResNetTest, BaseWidthEightMakesTheNetworkOf8And16And32) {
  const auto model = Make(Spec(10, 1, 8), 10, /*channels=*/1);
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
  const auto model = Make(Spec(10, 1), 5);
  FillDeterministically(*model);
  model->Eval();
  const ModelOutput output = model->Forward(DeterministicTensor({2, 3, 12, 12}, 1));
  EXPECT_GE(output.feature_map.min().item<double>(), 0);  // behind the ReLU
  // CAM_k = sum_f w[k, f] map_f; its mean over positions plus the bias is the logit.
  const at::Tensor cam = output.feature_map.permute({0, 2, 3, 1})
                             .matmul(model->ClassifierWeight().t());  // [N, h, w, K]
  EXPECT_LT(MaxDifference(cam.mean({1, 2}) + model->ClassifierBias(), output.logits), 1e-4);
}

TEST(WideResNetTest, ShowsEveryBatchNormInputOnce) {
  const auto model = Make(Spec(16, 1), 5);
  Taps taps;
  taps.want_batch_norm_inputs = true;
  model->Forward(DeterministicTensor({2, 3, 8, 8}, 1), taps);
  // Two in each of 3 * 2 blocks and the last one.
  ASSERT_EQ(taps.batch_norm_inputs.size(), 13u);
  EXPECT_EQ(taps.batch_norm_inputs.front().input.sizes(), (at::IntArrayRef{2, 16, 8, 8}));
  EXPECT_EQ(taps.batch_norm_inputs.back().input.sizes(), (at::IntArrayRef{2, 64, 2, 2}));
}

TEST(WideResNetTest, GradientsReachTheImagesWithWeightsFrozen) {
  const auto model = Make(Spec(10, 1), 5);
  model->Eval();
  model->RequireGrad(false);
  const at::Tensor x = DeterministicTensor({2, 3, 8, 8}, 1).requires_grad_();
  Taps taps;
  taps.want_batch_norm_inputs = true;
  const ModelOutput output = model->Forward(x, taps);
  // Taps are part of the graph although ReLU overwrites what BatchNorm makes of them.
  (output.logits.sum() + taps.batch_norm_inputs[1].input.square().sum()).backward();
  EXPECT_GT(x.grad().abs().max().item<double>(), 0);
  EXPECT_FALSE(model->ClassifierWeight().grad().defined());
}

TEST(WideResNetTest, InitialDistributionsAreThePublicCodes) {
  const auto model = Make(Spec(16, 2), 10);
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
  RandomStream init(0, "init");
  ModelContext context;
  context.num_classes = 10;
  context.init = &init;
  EXPECT_THAT(CreateModel(Spec(18, 1), context, "student.model"),
              StatusMessageIs("student.model.WideResNetConfig: depth is 18; must be 6n + 4 "
                              "(10, 16, 22, 28, 40 ...)"));
}

}  // namespace
}  // namespace dfkd
