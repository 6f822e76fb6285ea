#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/files.h"
#include "dfkd/core/testing.h"
#include "dfkd/models/cifar_vgg.pb.h"
#include "dfkd/models/model_factory.h"
#include "dfkd/nn/deterministic_weights.h"
#include "dfkd/testing/golden.h"

namespace dfkd {
namespace {

constexpr char kTestData[] = "dfkd/models/testdata/";

ModelSpec Spec(const std::vector<int>& convolutions, int base_width = 64) {
  CifarVggConfig config;
  config.mutable_convolutions()->Add(convolutions.begin(), convolutions.end());
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
  auto model = CreateModel(spec, context, "teacher.model");
  EXPECT_OK(model);
  return std::move(model).value();
}

// Blocks 4-8-16-32-32.
std::unique_ptr<Model> MakeSmall() { return Make(Spec({1, 1, 2, 1, 1}, 4), 5); }

TEST(CifarVggTest, NamesLogitsAndFeaturesAreThePublicCodes) {
  const Golden golden(absl::StrCat(kTestData, "models.safetensors"));
  const auto model = Make(Spec({1, 1, 2, 2, 2}), 10);
  ASSERT_OK_AND_ASSIGN(const std::string expected,
                       ReadFile(absl::StrCat(kTestData, "cifar_vgg11.txt")));
  EXPECT_EQ(NamesAndShapes(*model), expected);
  FillDeterministically(*model);
  model->Eval();
  at::NoGradGuard no_grad;
  for (const auto& [height, width] : {std::pair<int64_t, int64_t>{32, 32}, {20, 13}, {64, 64}}) {
    const at::Tensor& logits = golden[absl::StrCat("cifar_vgg11.", height, "x", width, ".logits")];
    const ModelOutput output = model->Forward(DeterministicTensor({2, 3, height, width}, 1));
    EXPECT_LT(MaxDifference(output.logits, logits), 1e-4);
    if (height != 32) continue;
    EXPECT_LT(MaxDifference(output.embedding, golden["cifar_vgg11.embedding"]), 1e-4);
  }
  model->Train();
  const ModelOutput output = model->Forward(DeterministicTensor({4, 3, 32, 32}, 2));
  EXPECT_LT(MaxDifference(output.logits, golden["cifar_vgg11.train.logits"]), 1e-3);
}

TEST(CifarVggTest, BlocksAreHalvedThreeTimesAndAFourthTimeFrom64Pixels) {
  const auto model = MakeSmall();
  Taps taps;
  taps.want_stages = true;
  const ModelOutput small = model->Forward(DeterministicTensor({2, 3, 63, 24}, 1), taps);
  ASSERT_EQ(taps.stages.size(), 5u);
  EXPECT_EQ(taps.stages[0].sizes(), (at::IntArrayRef{2, 4, 63, 24}));
  EXPECT_EQ(taps.stages[3].sizes(), (at::IntArrayRef{2, 32, 7, 3}));
  EXPECT_EQ(small.feature_map.sizes(), (at::IntArrayRef{2, 32, 7, 3}));
  EXPECT_TRUE(small.feature_map.equal(taps.stages[4]));
  EXPECT_EQ(small.embedding.sizes(), (at::IntArrayRef{2, 32}));
  const ModelOutput large = model->Forward(DeterministicTensor({2, 3, 64, 96}, 1));
  EXPECT_EQ(large.feature_map.sizes(), (at::IntArrayRef{2, 32, 4, 6}));
}

TEST(CifarVggTest, ChannelsLastGivesTheSameLogits) {
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

TEST(CifarVggTest, LogitsAreTheMeanClassActivationMapPlusBias) {
  const auto model = MakeSmall();
  FillDeterministically(*model);
  model->Eval();
  const ModelOutput output = model->Forward(DeterministicTensor({2, 3, 24, 24}, 1));
  EXPECT_GE(output.feature_map.min().item<double>(), 0);  // behind the ReLU
  // CAM_k = sum_f w[k, f] map_f; its mean over positions plus the bias is the logit.
  const at::Tensor cam = output.feature_map.permute({0, 2, 3, 1})
                             .matmul(model->ClassifierWeight().t());  // [N, h, w, K]
  EXPECT_LT(MaxDifference(cam.mean({1, 2}) + model->ClassifierBias(), output.logits), 1e-4);
}

TEST(CifarVggTest, ShowsEveryBatchNormInputOnce) {
  const auto model = MakeSmall();
  Taps taps;
  taps.want_batch_norm_inputs = true;
  model->Forward(DeterministicTensor({2, 3, 16, 16}, 1), taps);
  // One behind each of 1 + 1 + 2 + 1 + 1 convolutions.
  ASSERT_EQ(taps.batch_norm_inputs.size(), 6u);
  EXPECT_EQ(taps.batch_norm_inputs.front().input.sizes(), (at::IntArrayRef{2, 4, 16, 16}));
  EXPECT_EQ(taps.batch_norm_inputs.back().input.sizes(), (at::IntArrayRef{2, 32, 2, 2}));
}

TEST(CifarVggTest, GradientsReachTheImagesWithWeightsFrozen) {
  const auto model = MakeSmall();
  model->Eval();
  model->RequireGrad(false);
  const at::Tensor x = DeterministicTensor({2, 3, 16, 16}, 1).requires_grad_();
  Taps taps;
  taps.want_batch_norm_inputs = true;
  const ModelOutput output = model->Forward(x, taps);
  // Taps are part of the graph although ReLU overwrites what BatchNorm makes of them.
  (output.logits.sum() + taps.batch_norm_inputs[1].input.square().sum()).backward();
  EXPECT_GT(x.grad().abs().max().item<double>(), 0);
  EXPECT_FALSE(model->ClassifierWeight().grad().defined());
}

TEST(CifarVggTest, InitialDistributionsAreThePublicCodes) {
  const auto model = Make(Spec({1, 1, 1, 1, 1}), 10);
  for (const NamedTensor& p : model->NamedParameters()) {
    if (p.name == "block4.0.weight") {
      // N(0, 2 / (9 * 512)): deviation 1 / 48.
      EXPECT_NEAR(p.tensor.std().item<double>(), 1.0 / 48, 0.01 / 48);
    }
    if (p.name == "block4.0.bias" || p.name == "classifier.bias") {
      EXPECT_EQ(p.tensor.abs().max().item<double>(), 0);
    }
    if (p.name == "classifier.weight") {
      // 5,120 values of N(0, 0.01^2): the deviation's own is 0.0001.
      EXPECT_NEAR(p.tensor.std().item<double>(), 0.01, 0.0005);
    }
  }
}

TEST(CifarVggTest, RefusesImagesThatCannotBeHalvedThreeTimes) {
  RandomStream init(0, "init");
  ModelContext context;
  context.num_classes = 10;
  context.height = 7;
  context.init = &init;
  EXPECT_THAT(CreateModel(Spec({1, 1, 2, 2, 2}), context, "teacher.model"),
              StatusMessageIs("CifarVggConfig: images are 7x32; must be at least 8x8 "
                              "pixels, as they are halved three times"));
}

}  // namespace
}  // namespace dfkd
