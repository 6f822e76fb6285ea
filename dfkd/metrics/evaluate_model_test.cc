#include "dfkd/metrics/evaluate_model.h"

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
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
