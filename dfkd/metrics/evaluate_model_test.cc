#include "dfkd/metrics/evaluate_model.h"

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/one_hot.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>
#include <utility>
#include <vector>

#include "dfkd/core/testing.h"

namespace dfkd {
namespace {

// Its logit is `sharpness` at the class that the image's first pixel, times 10, names. Remembers
// how it was called.
class PixelReader : public Model {
 public:
  explicit PixelReader(double sharpness, int64_t shift = 0)
      : sharpness_(sharpness), shift_(shift) {}

  using Model::Forward;
  ModelOutput Forward(const at::Tensor& x, Taps&) override {
    batch_sizes.push_back(x.size(0));
    in_training |= training();
    with_gradients |= at::GradMode::is_enabled();
    const at::Tensor pixel = x.select(3, 0).select(2, 0).select(1, 0);
    const at::Tensor named = pixel.mul(10).round().to(at::kLong).add(shift_).remainder(10);
    ModelOutput output;
    output.logits = at::one_hot(named, 10).to(at::kFloat).mul(sharpness_);
    return output;
  }
  at::Tensor ClassifierWeight() const override { return {}; }
  at::Tensor ClassifierBias() const override { return {}; }

  std::vector<int64_t> batch_sizes;
  bool in_training = false;
  bool with_gradients = false;

 private:
  const double sharpness_;
  const int64_t shift_;
};

// Ten images that name classes 0 to 9 where x = (pixel - 0.1) / 2; of the labels the first six
// agree.
MemorySplit TenImages() {
  const at::Tensor pixel = at::arange(10, at::kFloat).mul(0.2).add(0.1).view({10, 1, 1, 1});
  return MemorySplit(pixel.expand({10, 1, 2, 2}).contiguous(),
                     at::tensor({0, 1, 2, 3, 4, 5, 0, 0, 0, 0}, at::kLong));
}

TeacherCard Card() {
  TeacherCard card;
  card.set_channels(1);
  card.mutable_normalization()->add_mean(0.1);
  card.mutable_normalization()->add_std(2);
  return card;
}

TEST(EvaluateModel, MeasuresNormalisedImagesInBatches) {
  PixelReader model(3);
  ASSERT_OK_AND_ASSIGN(const Evaluation result,
                       EvaluateModel(model, TenImages(), Card(), 4, at::kCPU));
  EXPECT_EQ(result.count, 10);
  EXPECT_EQ(result.top1, 60);
  // log(e^3 + 9), less 3 where the label is named.
  EXPECT_NEAR(result.cross_entropy, std::log(std::exp(3) + 9) - 0.6 * 3, 1e-6);
  EXPECT_EQ(model.batch_sizes, (std::vector<int64_t>{4, 4, 2}));
}

TEST(EvaluateModel, DoesNotDependOnTheBatchSize) {
  PixelReader model(3);
  for (const int64_t batch_size : {1, 3, 10, 64}) {
    ASSERT_OK_AND_ASSIGN(const Evaluation result,
                         EvaluateModel(model, TenImages(), Card(), batch_size, at::kCPU));
    EXPECT_EQ(result.top1, 60);
    EXPECT_GE(result.top5, 60);
  }
}

TEST(EvaluateModel, TellsOfEachBatch) {
  PixelReader model(3);
  std::vector<int64_t> images;
  ASSERT_OK(EvaluateModel(model, TenImages(), Card(), 4, at::kCPU,
                          [&](int64_t count) { images.push_back(count); }));
  EXPECT_EQ(images, (std::vector<int64_t>{4, 4, 2}));
}

TEST(EvaluateModel, EvaluatesWithoutGradientsAndPutsTheModeBack) {
  for (const bool training : {true, false}) {
    PixelReader model(1);
    model.Train(training);
    ASSERT_OK(EvaluateModel(model, TenImages(), Card(), 4, at::kCPU));
    EXPECT_FALSE(model.in_training);
    EXPECT_FALSE(model.with_gradients);
    EXPECT_EQ(model.training(), training);
    EXPECT_THAT(EvaluateModel(model, TenImages(), TeacherCard(), 4, at::kCPU),
                StatusMessageHas("normalization has 0 means"));
    EXPECT_EQ(model.training(), training);
  }
}

TEST(EvaluateModel, RefusesAnEmptySplit) {
  PixelReader model(1);
  const MemorySplit none =
      MemorySplit(at::arange(0, at::kFloat).view({0, 1, 2, 2}), at::arange(0, at::kLong));
  EXPECT_THAT(EvaluateModel(model, none, Card(), 4, at::kCPU),
              StatusMessageIs("the split to evaluate on has no images"));
}

// Its logit is 3 at the class that each pixel, times 10, names.
class PixelNamer : public Model {
 public:
  using Model::Forward;
  ModelOutput Forward(const at::Tensor& x, Taps&) override {
    ModelOutput output;
    output.logits = at::one_hot(x.select(1, 0).mul(10).round().to(at::kLong), 10)
                        .permute({0, 3, 1, 2})
                        .to(at::kFloat)
                        .mul(3);
    return output;
  }
  at::Tensor ClassifierWeight() const override { return {}; }
  at::Tensor ClassifierBias() const override { return {}; }
};

TEST(EvaluateModel, MeasuresPixelsWhereTheSplitHasMasks) {
  // Images of 2 x 2 pixels that name class i everywhere. Of their masks, one pixel is of no class
  // and one of class 0, the others are right.
  const at::Tensor pixel = at::arange(10, at::kFloat).mul(0.2).add(0.1).view({10, 1, 1, 1});
  at::Tensor masks = at::arange(10, at::kByte).view({10, 1, 1}).repeat({1, 2, 2});
  masks.select(2, 0).select(1, 0).fill_(255);
  masks.select(2, 1).select(1, 1).fill_(0);
  const MemorySplit split(pixel.expand({10, 1, 2, 2}).contiguous(), at::full({10}, -1, at::kLong),
                          masks);
  PixelNamer model;
  ASSERT_OK_AND_ASSIGN(const Evaluation result, EvaluateModel(model, split, Card(), 4, at::kCPU));
  ASSERT_TRUE(result.segmentation.has_value());
  EXPECT_STREQ(result.metric(), "miou");
  // Class 0: three pixels right, nine more are of it. Class k > 0: two right, one more is taken for
  // it.
  EXPECT_NEAR(result.accuracy(), 100 * (3.0 / 12 + 9 * 2.0 / 3) / 10, 1e-9);
  EXPECT_NEAR(result.segmentation->pixel_accuracy, 100 * 21.0 / 30, 1e-9);
  // 21 of 30 pixels have the logit 3 at their class.
  EXPECT_NEAR(result.cross_entropy, std::log(std::exp(3) + 9) - 0.7 * 3, 1e-5);
  PixelReader whole(3);
  EXPECT_THAT(
      EvaluateModel(whole, split, Card(), 4, at::kCPU),
      StatusMessageIs("the data name the class of each pixel, but the model gives logits for "
                      "whole images"));
  EXPECT_THAT(
      EvaluateModel(model, TenImages(), Card(), 4, at::kCPU),
      StatusMessageIs("the model gives logits for each pixel, but the data name the classes "
                      "of whole images"));
}

TEST(EvaluateAgreement, IsTheShareOfPixelsWhereTheyHaveLogits) {
  PixelNamer teacher;
  // Half of the pixels of each image name another class.
  class Half : public PixelNamer {
   public:
    using Model::Forward;
    ModelOutput Forward(const at::Tensor& x, Taps& taps) override {
      at::Tensor shown = x.clone();
      shown.select(3, 0).add_(0.1);
      return PixelNamer::Forward(shown.remainder(0.95), taps);  // behind 9 comes 0
    }
  } half;
  ASSERT_OK_AND_ASSIGN(const AgreementEvaluation result,
                       EvaluateAgreement(half, teacher, TenImages(), Card(), 4, at::kCPU));
  EXPECT_EQ(result.agreement, 50);
  EXPECT_NEAR(result.cross_entropy, std::log(std::exp(3) + 9) - 1.5, 1e-5);
}

TEST(EvaluateAgreement, NeedsNoLabels) {
  PixelReader teacher(1), same(2), shifted(2, 1);
  ASSERT_OK_AND_ASSIGN(AgreementEvaluation result,
                       EvaluateAgreement(same, teacher, TenImages(), Card(), 4, at::kCPU));
  EXPECT_EQ(result.agreement, 100);
  EXPECT_EQ(result.count, 10);
  EXPECT_NEAR(result.cross_entropy, std::log(std::exp(2) + 9) - 2, 1e-6);
  ASSERT_OK_AND_ASSIGN(result,
                       EvaluateAgreement(shifted, teacher, TenImages(), Card(), 4, at::kCPU));
  EXPECT_EQ(result.agreement, 0);
  EXPECT_NEAR(result.cross_entropy, std::log(std::exp(2) + 9), 1e-6);
}

}  // namespace
}  // namespace dfkd
