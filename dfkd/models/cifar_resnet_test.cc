#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/files.h"
#include "dfkd/core/testing.h"
#include "dfkd/models/cifar_resnet.pb.h"
#include "dfkd/models/model_factory.h"
#include "dfkd/nn/deterministic_weights.h"
#include "dfkd/testing/golden.h"

namespace dfkd {
namespace {

constexpr char kTestData[] = "dfkd/models/testdata/";

ModelSpec Spec(const std::vector<int>& blocks, int base_width = 64) {
  CifarResnetConfig config;
  config.mutable_blocks()->Add(blocks.begin(), blocks.end());
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

// One block a stage, stages 8-16-32-64.
std::unique_ptr<Model> MakeSmall(int64_t classes = 5) {
  return Make(Spec({1, 1, 1, 1}, 8), classes);
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
  const auto model = Make(Spec(net.blocks), net.classes);
  ASSERT_OK_AND_ASSIGN(const std::string expected, ReadFile(absl::StrCat(kTestData, name, ".txt")));
  EXPECT_EQ(NamesAndShapes(*model), expected);
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
  const auto model = Make(Spec({2, 1, 1, 1}, 8), 10, /*channels=*/1);
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
  const auto model = MakeSmall();
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

TEST(CifarResnetTest, LogitsAreTheMeanClassActivationMapPlusBias) {
  const auto model = MakeSmall();
  FillDeterministically(*model);
  model->Eval();
  const ModelOutput output = model->Forward(DeterministicTensor({2, 3, 16, 16}, 1));
  EXPECT_GE(output.feature_map.min().item<double>(), 0);  // behind the ReLU
  // CAM_k = sum_f w[k, f] map_f; its mean over positions plus the bias is the logit.
  const at::Tensor cam = output.feature_map.permute({0, 2, 3, 1})
                             .matmul(model->ClassifierWeight().t());  // [N, h, w, K]
  EXPECT_LT(MaxDifference(cam.mean({1, 2}) + model->ClassifierBias(), output.logits), 1e-3);
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
  const auto model = MakeSmall();
  model->Eval();
  model->RequireGrad(false);
  const at::Tensor x = DeterministicTensor({2, 3, 16, 16}, 1).requires_grad_();
  Taps taps;
  taps.want_batch_norm_inputs = true;
  taps.want_stages = true;
  const ModelOutput output = model->Forward(x, taps);
  // Taps are part of the graph although sums and ReLU overwrite what BatchNorm makes of them.
  (output.logits.sum() + taps.stages[1].square().sum() +
   taps.batch_norm_inputs[1].input.square().sum())
      .backward();
  EXPECT_GT(x.grad().abs().max().item<double>(), 0);
  EXPECT_FALSE(model->ClassifierWeight().grad().defined());
}

TEST(CifarResnetTest, InitialDistributionsArePyTorchsDefaults) {
  const auto model = Make(Spec({1, 1, 1, 1}), 10);
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
  RandomStream init(0, "init");
  ModelContext context;
  context.num_classes = 10;
  context.init = &init;
  EXPECT_THAT(CreateModel(Spec({2, 2, 2}), context, "student.model"),
              StatusHas(absl::StatusCode::kInvalidArgument, "blocks"));
}

}  // namespace
}  // namespace dfkd
