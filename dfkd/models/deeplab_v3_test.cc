#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dfkd/core/random_stream.h"
#include "dfkd/core/testing.h"
#include "dfkd/models/deeplab_v3.pb.h"
#include "dfkd/models/model_factory.h"
#include "dfkd/models/model_testing.h"
#include "dfkd/nn/deterministic_weights.h"
#include "dfkd/testing/golden.h"

namespace dfkd {
namespace {

std::unique_ptr<Model> MakePreset(const std::string& name, RandomStream* dropout = nullptr) {
  ModelSpec spec;
  spec.set_preset(name);
  RandomStream init(0, "init");
  ModelContext context;
  context.num_classes = 4;
  context.init = &init;
  context.dropout = dropout;
  auto model = CreateModel(spec, context, "student.model");
  EXPECT_OK(model);
  return std::move(model).value();
}

class DeeplabV3GoldenTest : public testing::TestWithParam<const char*> {};

TEST_P(DeeplabV3GoldenTest, NamesInitialDeviationsAndLogitsAreTheOriginals) {
  const Golden golden("dfkd/models/testdata/segmentation.safetensors");
  const std::string name = GetParam();
  const auto model = MakePreset(name);
  EXPECT_EQ(NamesAndShapes(*model), OriginalNamesAndShapes(name));
  int compared = 0;
  for (const NamedTensor& p : model->NamedParameters()) {
    const std::string key = absl::StrCat(name, ".deviation.", p.name);
    if (!golden.Has(key)) continue;
    // Of more than 20,000 numbers each: the deviation's own is below 0.5 % of it.
    const double deviation = golden[key].item<double>();
    EXPECT_NEAR(p.tensor.std().item<double>(), deviation, 0.02 * deviation) << p.name;
    ++compared;
  }
  EXPECT_EQ(compared, 3);
  FillDeterministically(*model);
  model->Eval();
  at::NoGradGuard no_grad;
  for (const auto& [height, width] : {std::pair<int64_t, int64_t>{33, 48}, {24, 24}}) {
    const std::string key = absl::StrCat(name, ".", height, "x", width);
    const ModelOutput output = model->Forward(DeterministicTensor({2, 3, height, width}, 1));
    ASSERT_EQ(output.logits.sizes(), (at::IntArrayRef{2, 4, height, width}));
    const at::Tensor logits = output.logits.slice(2, 0, height, 3).slice(3, 0, width, 3);
    const double largest = golden[key + ".logits"].abs().max().item<double>();
    EXPECT_LT(MaxDifference(logits, golden[key + ".logits"]), 1e-4 * largest) << key;
    const double widest = golden[key + ".embedding"].abs().max().item<double>();
    EXPECT_LT(MaxDifference(output.embedding, golden[key + ".embedding"]), 1e-4 * widest) << key;
    EXPECT_EQ(output.feature_map.size(2), (height + 7) / 8);
    EXPECT_EQ(output.feature_map.size(3), (width + 7) / 8);
  }
}

INSTANTIATE_TEST_SUITE_P(Presets, DeeplabV3GoldenTest,
                         testing::Values("deeplabv3_resnet50", "deeplabv3_mobilenet_v2"),
                         [](const auto& info) { return std::string(info.param); });

TEST(DeeplabV3Test, NamesTheAuxiliaryHeadOfPublishedWeights) {
  DeeplabV3Config config;
  for (int rate : {12, 24, 36}) config.add_atrous_rates(rate);
  config.set_auxiliary_classifier(true);
  EXPECT_EQ(NamesAndShapes(*MakeModel(config, /*classes=*/4)),
            OriginalNamesAndShapes("deeplabv3_resnet50_auxiliary"));
  config.set_backbone(DeeplabV3Config::MOBILENET_V2);
  EXPECT_THAT(TryMakeModel(config),
              StatusMessageHas("auxiliary_classifier is true with backbone MOBILENET_V2; only "
                               "RESNET50 has one"));
}

TEST(DeeplabV3Test, StagesAreTheLastMapsOfEachSize) {
  const auto model = MakePreset("deeplabv3_mobilenet_v2");
  model->Eval();
  at::NoGradGuard no_grad;
  Taps taps;
  taps.want_stages = true;
  taps.want_batch_norm_inputs = true;
  model->Forward(DeterministicTensor({1, 3, 32, 40}, 1), taps);
  ASSERT_EQ(taps.stages.size(), 3u);
  EXPECT_EQ(taps.stages[0].sizes(), (at::IntArrayRef{1, 16, 16, 20}));
  EXPECT_EQ(taps.stages[1].sizes(), (at::IntArrayRef{1, 24, 8, 10}));
  EXPECT_EQ(taps.stages[2].sizes(), (at::IntArrayRef{1, 320, 4, 5}));
  // One in the stem, two in the first block, three in each of 16, and seven in the head.
  EXPECT_EQ(taps.batch_norm_inputs.size(), 1u + 2 + 3 * 16 + 7);
}

TEST(DeeplabV3Test, DropsOutInTrainingAlone) {
  RandomStream dropout(0, "dropout");
  const auto model = MakePreset("deeplabv3_mobilenet_v2", &dropout);
  at::NoGradGuard no_grad;
  const at::Tensor x = DeterministicTensor({2, 3, 16, 16}, 1);
  model->Forward(x);
  EXPECT_EQ(dropout.counter(), 1u);
  model->Eval();
  model->Forward(x);
  EXPECT_EQ(dropout.counter(), 1u);
}

}  // namespace
}  // namespace dfkd
