#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/testing.h"
#include "dfkd/models/cifar_vgg.pb.h"
#include "dfkd/models/model_testing.h"
#include "dfkd/nn/deterministic_weights.h"
#include "dfkd/testing/golden.h"

namespace dfkd {
namespace {

constexpr char kTestData[] = "dfkd/models/testdata/";

CifarVggConfig Config(const std::vector<int>& convolutions, int base_width = 64) {
  CifarVggConfig config;
  config.mutable_convolutions()->Add(convolutions.begin(), convolutions.end());
  config.set_base_width(base_width);
  return config;
}

// Blocks 4-8-16-32-32.
std::unique_ptr<Model> MakeSmall() { return MakeModel(Config({1, 1, 2, 1, 1}, 4), 5); }

TEST(CifarVggTest, NamesLogitsAndFeaturesAreThePublicCodes) {
  const Golden golden(absl::StrCat(kTestData, "models.safetensors"));
  const auto model = MakeModel(Config({1, 1, 2, 2, 2}), 10);
  EXPECT_EQ(NamesAndShapes(*model), OriginalNamesAndShapes("cifar_vgg11"));
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
  ExpectChannelsLastGivesTheSameLogits(*MakeSmall(), {2, 3, 32, 32});
}

TEST(CifarVggTest, LogitsAreTheMeanClassActivationMapPlusBias) {
  ExpectLogitsAreTheMeanClassActivationMapPlusBias(*MakeSmall(), {2, 3, 24, 24});
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
  ExpectGradientsReachTheImagesWithWeightsFrozen(*MakeSmall(), {2, 3, 16, 16});
}

TEST(CifarVggTest, InitialDistributionsAreThePublicCodes) {
  const auto model = MakeModel(Config({1, 1, 1, 1, 1}), 10);
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
  EXPECT_THAT(TryMakeModel(Config({1, 1, 2, 2, 2}), /*height=*/7),
              StatusMessageIs("CifarVggConfig: images are 7x32; must be at least 8x8 "
                              "pixels, as they are halved three times"));
}

}  // namespace
}  // namespace dfkd
