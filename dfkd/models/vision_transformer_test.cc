#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/tensor.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "dfkd/core/testing.h"
#include "dfkd/models/model_factory.h"
#include "dfkd/models/model_testing.h"
#include "dfkd/models/vision_transformer.pb.h"
#include "dfkd/nn/deterministic_weights.h"
#include "dfkd/testing/golden.h"

namespace dfkd {
namespace {

// Patches of 8 pixels, width 24, 2 blocks of 3 heads; as tools/goldens/vit.py has it.
VisionTransformerConfig SmallConfig() {
  VisionTransformerConfig config;
  config.set_patch_size(8);
  config.set_width(24);
  config.set_depth(2);
  config.set_heads(3);
  return config;
}

absl::StatusOr<std::unique_ptr<Model>> Create(const ModelSpec& spec, int64_t height,
                                              int64_t width) {
  RandomStream init(0, "init");
  ModelContext context;
  context.num_classes = 5;
  context.height = height;
  context.width = width;
  context.init = &init;
  return CreateModel(spec, context, "teacher.model");
}

std::unique_ptr<Model> MakeSmall(int64_t height = 32, int64_t width = 32) {
  auto model = Create(SpecOf(SmallConfig()), height, width);
  EXPECT_OK(model);
  FillDeterministically(**model);
  (*model)->Eval();
  return *std::move(model);
}

const Golden& Goldens() {
  static const auto* golden = new Golden("dfkd/models/testdata/vit.safetensors");
  return *golden;
}

void ExpectIsGolden(const at::Tensor& value, const std::string& key) {
  const at::Tensor& golden = Goldens()[key];
  EXPECT_LT(MaxDifference(value, golden), 2e-5 * golden.abs().max().item<double>()) << key;
}

void ExpectAreGoldens(const ModelOutput& output, const std::string& key) {
  ExpectIsGolden(output.logits, key + ".logits");
  ExpectIsGolden(output.embedding, key + ".embedding");
  ExpectIsGolden(output.feature_map, key + ".feature_map");
}

// One image of their own size, 224 pixels.
TEST(VisionTransformerTest, DeitsNamesShapesAndLogitsAreTimms) {
  const at::NoGradGuard no_grad;
  const at::Tensor x = DeterministicTensor({1, 3, 224, 224}, 1);
  for (const std::string name : {"deit_tiny", "deit_base"}) {
    ModelSpec spec;
    spec.set_preset(name + "_patch16_224");
    RandomStream zeros = RandomStream::Zeros();
    ModelContext context;
    context.num_classes = 1000;
    context.init = &zeros;
    ASSERT_OK_AND_ASSIGN(const auto model, CreateModel(spec, context, "teacher.model"));
    EXPECT_EQ(NamesAndShapes(*model), OriginalNamesAndShapes(name));
    FillDeterministically(*model);
    model->Eval();
    const ModelOutput output = model->Forward(x);
    ExpectIsGolden(output.logits, name + ".logits");
    ExpectIsGolden(output.embedding, name + ".embedding");
  }
}

TEST(VisionTransformerTest, OutputsStagesAndGradientsAreTimms) {
  const auto model = MakeSmall();
  EXPECT_EQ(NamesAndShapes(*model), OriginalNamesAndShapes("vit"));
  at::Tensor x = DeterministicTensor({2, 3, 32, 32}, 1);
  x.requires_grad_();
  Taps taps;
  taps.want_stages = true;
  const ModelOutput output = model->Forward(x, taps);
  ExpectAreGoldens(output, "full");
  ASSERT_EQ(taps.stages.size(), 2u);
  for (int i = 0; i < 2; ++i) ExpectIsGolden(taps.stages[i], absl::StrCat("full.stage", i));
  at::Tensor sum;
  for (const at::Tensor& part : {output.logits, output.embedding, output.feature_map}) {
    const at::Tensor term = (part * DeterministicTensor(part.sizes(), 2)).sum();
    sum = sum.defined() ? sum + term : term;
  }
  sum.backward();
  ExpectIsGolden(x.grad(), "full.x.grad");
  for (const NamedTensor& p : model->NamedParameters()) {
    if (p.name == "pos_embed") ExpectIsGolden(p.tensor.grad(), "full.pos_embed.grad");
  }
}

// Images of 2 x 3 patches on a grid of 4 x 4.
TEST(VisionTransformerTest, ASmallerImageTakesThePositionsOfItsPlace) {
  const auto model = MakeSmall();
  const at::Tensor x = DeterministicTensor({3, 3, 16, 24}, 3);
  ExpectAreGoldens(model->Forward(x), "middle");
  Taps taps;
  taps.patch_offsets = at::tensor({0, 0, 2, 1, 1, 0}, at::kLong).view({3, 2});
  const ModelOutput drawn = model->Forward(x, taps);
  ExpectAreGoldens(drawn, "drawn");
  EXPECT_EQ(drawn.feature_map.sizes(), (at::IntArrayRef{3, 24, 2, 3}));
}

TEST(VisionTransformerTest, OnlyPositionsThatAnImageCoversLearn) {
  const auto model = MakeSmall();
  Taps taps;
  taps.patch_offsets = at::tensor({2, 1}, at::kLong).view({1, 2});
  model->Forward(DeterministicTensor({1, 3, 8, 16}, 3), taps).logits.square().sum().backward();
  for (const NamedTensor& p : model->NamedParameters()) {
    if (p.name != "pos_embed") continue;
    // The class token's, and row 2, columns 1 and 2: 1 + 2 * 4 + 1 and the next.
    const at::Tensor learned = p.tensor.grad().abs().sum(2).flatten().nonzero().flatten();
    EXPECT_TRUE(learned.equal(at::tensor({0, 10, 11}, at::kLong)));
  }
}

TEST(VisionTransformerTest, TheGridIsThatOfTheImagesUnlessASizeIsGiven) {
  EXPECT_EQ(MakeSmall(16, 40)->patch_grid(), (PatchGrid{8, 2, 5}));
  VisionTransformerConfig config = SmallConfig();
  config.set_image_size(64);
  ASSERT_OK_AND_ASSIGN(const auto model, Create(SpecOf(config), 16, 40));
  EXPECT_EQ(model->patch_grid(), (PatchGrid{8, 8, 8}));
  // Weights may be loaded where nobody has said how large the images are.
  EXPECT_OK(Create(SpecOf(config), 0, 0));
  EXPECT_THAT(Create(SpecOf(SmallConfig()), 0, 0),
              StatusMessageIs("VisionTransformerConfig.image_size is not set, and no card or data "
                              "set says how large the images are"));
}

TEST(VisionTransformerTest, RefusesSizesThatItHasNoPatchesOrPositionsFor) {
  VisionTransformerConfig config = SmallConfig();
  EXPECT_THAT(Create(SpecOf(config), 28, 28),
              StatusMessageIs("VisionTransformerConfig.patch_size is 8, which does not divide "
                              "images of 28x28 pixels; choose another size of images, or another "
                              "model"));
  config.set_image_size(32);
  EXPECT_THAT(Create(SpecOf(config), 64, 32),
              StatusMessageIs("VisionTransformerConfig.image_size is 32; there are no positions "
                              "for images of 64x32 pixels, which are larger"));
  config.set_image_size(30);
  EXPECT_THAT(Create(SpecOf(config), 24, 24),
              StatusMessageIs("teacher.model.VisionTransformerConfig: image_size is 30; must be a "
                              "multiple of patch_size, which is 8"));
  config = SmallConfig();
  config.set_heads(5);
  EXPECT_THAT(Create(SpecOf(config), 32, 32),
              StatusMessageIs("teacher.model.VisionTransformerConfig: heads is 5; must divide "
                              "width, which is 24"));
}

// What a forward pass throws, up to the end of its first line.
std::string Refusal(Model& model, at::IntArrayRef sizes, const at::Tensor& offsets = {}) {
  Taps taps;
  taps.patch_offsets = offsets;
  try {
    model.Forward(DeterministicTensor(sizes, 1), taps);
  } catch (const c10::Error& error) {
    const std::string text = error.what_without_backtrace();
    return text.substr(0, text.find('\n'));
  }
  return "";
}

TEST(VisionTransformerTest, AForwardPassSaysWhatItCannotTake) {
  const auto model = MakeSmall();
  EXPECT_EQ(Refusal(*model, {1, 3, 32, 32}), "");
  EXPECT_EQ(Refusal(*model, {1, 3, 16, 20}), "patches of 8 pixels do not divide images of 16x20");
  EXPECT_EQ(Refusal(*model, {1, 3, 40, 32}),
            "there are positions for images of up to 32x32 pixels, not for 40x32");
  EXPECT_EQ(Refusal(*model, {1, 3, 16, 16}, at::tensor({3, 0}, at::kLong).view({1, 2})),
            "patch_offsets leave the grid of 4x4 positions");
  EXPECT_EQ(Refusal(*model, {2, 3, 16, 16}, at::tensor({1, 1}, at::kLong).view({1, 2})),
            "patch_offsets is [1, 2]; must be [2, 2]");
}

TEST(VisionTransformerTest, GradientsReachTheImagesWithWeightsFrozen) {
  const auto model = MakeSmall();
  model->RequireGrad(false);
  const at::Tensor x = DeterministicTensor({2, 3, 16, 16}, 1).requires_grad_();
  const ModelOutput output = model->Forward(x);
  (output.logits.sum() + output.feature_map.square().sum()).backward();
  EXPECT_GT(x.grad().abs().max().item<double>(), 0);
  EXPECT_FALSE(model->ClassifierWeight().grad().defined());
}

// Deviations of many values; that of n normal values has a deviation of its own of s / sqrt(2 n).
TEST(VisionTransformerTest, InitialDistributionsAreTimms) {
  ModelSpec spec;
  spec.set_preset("deit_tiny_patch16_224");
  ASSERT_OK_AND_ASSIGN(const auto model, Create(spec, 224, 224));
  int linear = 0;
  for (const NamedTensor& p : model->NamedParameters()) {
    SCOPED_TRACE(p.name);
    const at::Tensor values = p.tensor.detach();
    const bool norm = p.name.find("norm") != std::string::npos;
    if (p.name == "patch_embed.proj.weight" || p.name == "patch_embed.proj.bias") {
      // U(-b, b) with b = 1 / sqrt(3 * 16 * 16).
      EXPECT_LE(values.abs().max().item<double>(), 0.03609);
      EXPECT_GT(values.abs().max().item<double>(), 0.034);
    } else if (p.name == "cls_token") {
      EXPECT_LT(values.abs().max().item<double>(), 5e-6);
      EXPECT_NEAR(values.std().item<double>(), 1e-6, 3e-7);  // 192 values
    } else if (p.name.ends_with("bias")) {
      EXPECT_EQ(values.abs().max().item<double>(), 0);
    } else if (norm) {
      EXPECT_EQ(values.min().item<double>(), 1);
      EXPECT_EQ(values.max().item<double>(), 1);
    } else if (p.name != "head.weight") {  // of 5 classes: 960 values
      EXPECT_NEAR(values.std().item<double>(), 0.02, 0.02 * 0.02);
      // Not cut at two deviations: 4.6% of a normal distribution lie beyond them.
      const double beyond = values.abs().gt(0.04).to(at::kDouble).mean().item<double>();
      EXPECT_NEAR(beyond, 0.0455, 0.006);
      ++linear;
    } else {
      EXPECT_NEAR(values.std().item<double>(), 0.02, 5 * 0.02 / 43.8);
    }
  }
  EXPECT_EQ(linear, 1 + 12 * 4);  // positions; qkv, proj, fc1 and fc2 of each block
}

}  // namespace
}  // namespace dfkd
