#include <ATen/TensorOperators.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <gtest/gtest.h>

#include <memory>

#include "dfkd/core/contract.h"
#include "dfkd/core/testing.h"
#include "dfkd/models/model_factory.h"
#include "dfkd/models/model_testing.h"
#include "dfkd/models/plain_segmenter.pb.h"
#include "dfkd/nn/deterministic_weights.h"
#include "dfkd/testing/golden.h"

namespace dfkd {
namespace {

// Widths 4, 6, 5, two convolutions a stage, three classes.
std::unique_ptr<Model> MakeSmall() {
  PlainSegmenterConfig config;
  for (int width : {4, 6, 5}) config.add_widths(width);
  auto model = MakeModel(config, /*classes=*/3);
  FillDeterministically(*model);
  model->Eval();
  return model;
}

TEST(PlainSegmenterTest, AgreesWithPyTorch) {
  const Golden golden("dfkd/models/testdata/segmentation.safetensors");
  const auto model = MakeSmall();
  EXPECT_EQ(NamesAndShapes(*model), OriginalNamesAndShapes("plain_segmenter"));
  const at::Tensor odd = model->Forward(DeterministicTensor({2, 3, 7, 5}, 1)).logits;
  ASSERT_EQ(odd.sizes(), (at::IntArrayRef{2, 3, 7, 5}));
  EXPECT_LT(
      MaxDifference(odd.slice(2, 0, 7, 3).slice(3, 0, 5, 3), golden["plain_segmenter.7x5.logits"]),
      1e-5);
  const at::Tensor even = model->Forward(DeterministicTensor({2, 3, 12, 16}, 1)).logits;
  EXPECT_LT(MaxDifference(even.slice(2, 0, 12, 3).slice(3, 0, 16, 3),
                          golden["plain_segmenter.12x16.logits"]),
            1e-5);
}

TEST(PlainSegmenterTest, LogitsAreTheClassifiersOfTheMapEnlarged) {
  const auto model = MakeSmall();
  const ModelOutput output = model->Forward(DeterministicTensor({2, 3, 12, 16}, 1));
  ASSERT_EQ(output.feature_map.sizes(), (at::IntArrayRef{2, 5, 3, 4}));
  EXPECT_LT(MaxDifference(output.embedding, output.feature_map.mean({2, 3})), 1e-6);
  ASSERT_EQ(model->ClassifierWeight().sizes(), (at::IntArrayRef{3, 5}));
  const at::Tensor small =
      (output.feature_map.permute({0, 2, 3, 1}).matmul(model->ClassifierWeight().t()) +
       model->ClassifierBias())
          .permute({0, 3, 1, 2});
  EXPECT_LT(MaxDifference(at::upsample_bilinear2d(small, {12, 16}, false), output.logits), 1e-5);
}

TEST(PlainSegmenterTest, SaysThatItsLogitsAreOfPixelsAndHasNoClassifierToMapClassesWith) {
  ModelSpec spec;
  spec.set_preset("plain_segmenter_small");
  ASSERT_OK_AND_ASSIGN(const Capabilities provides, ModelCapabilities(spec, "student.model"));
  EXPECT_TRUE(provides.Has(Capability::kPixelLogits));
  EXPECT_TRUE(provides.Has(Capability::kBatchNormInputs));
  EXPECT_FALSE(provides.Has(Capability::kImageLogits));
  EXPECT_FALSE(provides.Has(Capability::kClassifierWeight));
}

}  // namespace
}  // namespace dfkd
