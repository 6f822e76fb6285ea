#include "dfkd/metrics/segmentation.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/one_hot.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "dfkd/nn/deterministic_weights.h"
#include "dfkd/testing/golden.h"

namespace dfkd {
namespace {

// Logits [1, classes, 1, W] that are largest at the given classes.
at::Tensor Predicting(const at::Tensor& named, int64_t classes) {
  return at::one_hot(named, classes).to(at::kFloat).t().view({1, classes, 1, -1});
}

// Eight pixels, four classes, of which class 3 nowhere occurs; the last pixel is of no class.
//   label       0 0 0 0 1 1 2 -
//   prediction  0 0 0 1 1 2 2 2
at::Tensor Example() {
  const at::Tensor masks = at::tensor({0, 0, 0, 0, 1, 1, 2, 255}, at::kByte).view({1, 1, 8});
  return ConfusionMatrix(Predicting(at::tensor({0, 0, 0, 1, 1, 2, 2, 2}, at::kLong), 4), masks);
}

TEST(ConfusionMatrix, CountsEachPixelByItsClassAndWhatItIsTakenFor) {
  const at::Tensor expected =
      at::tensor({3, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0}, at::kLong).view({4, 4});
  EXPECT_TRUE(Example().equal(expected));
}

TEST(ScoreSegmentation, IsTheMeanOverTheClassesThatOccur) {
  const SegmentationScores scores = ScoreSegmentation(Example());
  ASSERT_EQ(scores.class_iou.size(), 4u);
  // Right, of those that are of the class or taken for it: 3 of 4, 1 of 3, 1 of 2.
  EXPECT_DOUBLE_EQ(*scores.class_iou[0], 75);
  EXPECT_DOUBLE_EQ(*scores.class_iou[1], 100.0 / 3);
  EXPECT_DOUBLE_EQ(*scores.class_iou[2], 50);
  EXPECT_FALSE(scores.class_iou[3].has_value());
  EXPECT_NEAR(scores.miou, (75 + 100.0 / 3 + 50) / 3, 1e-12);
  EXPECT_DOUBLE_EQ(scores.pixel_accuracy, 100 * 5.0 / 7);
}

TEST(ScoreSegmentation, AddsUpOverBatches) {
  const SegmentationScores once = ScoreSegmentation(Example());
  const SegmentationScores twice = ScoreSegmentation(Example() + Example());
  EXPECT_DOUBLE_EQ(twice.miou, once.miou);
}

TEST(ScoreSegmentation, AgreesWithScikitLearn) {
  const Golden golden("dfkd/metrics/testdata/segmentation.safetensors");
  const at::Tensor logits = DeterministicTensor({3, 5, 6, 7}, 1);
  const SegmentationScores scores = ScoreSegmentation(ConfusionMatrix(logits, golden["masks"]));
  EXPECT_TRUE(ConfusionMatrix(logits, golden["masks"]).equal(golden["confusion"]));
  EXPECT_NEAR(scores.miou, golden["miou"].item<double>(), 1e-9);
  EXPECT_NEAR(scores.pixel_accuracy, golden["pixel_accuracy"].item<double>(), 1e-9);
}

}  // namespace
}  // namespace dfkd
