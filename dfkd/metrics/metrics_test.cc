#include "dfkd/metrics/metrics.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>

namespace dfkd {
namespace {

// Three images, three classes; largest logits at 0, 2, 1.
at::Tensor Logits() {
  return at::tensor({3.0f, 2.0f, 1.0f, 0.0f, 1.0f, 2.0f, 0.0f, 5.0f, -1.0f}).view({3, 3});
}

TEST(TopKAccuracy, CountsLabelsAmongTheLargest) {
  const at::Tensor labels = at::tensor({0, 1, 2}, at::kLong);
  // Ranks of the labels: first, second, third.
  EXPECT_NEAR(TopKAccuracy(Logits(), labels, 1), 100.0 / 3, 1e-12);
  EXPECT_NEAR(TopKAccuracy(Logits(), labels, 2), 200.0 / 3, 1e-12);
  EXPECT_EQ(TopKAccuracy(Logits(), labels, 3), 100);
}

TEST(TopKAccuracy, TakesAllClassesWhereThereAreFewer) {
  EXPECT_EQ(TopKAccuracy(Logits(), at::tensor({2, 0, 2}, at::kLong), 5), 100);
}

TEST(TopKAccuracy, CountsExactlyKOfEqualLogits) {
  // Whichever classes torch.topk takes, of K labels over one row of ties exactly k are right.
  const at::Tensor logits = at::zeros({4, 4});
  EXPECT_EQ(TopKCorrect(logits, at::tensor({0, 1, 2, 3}, at::kLong), 1).item<double>(), 1);
  EXPECT_EQ(TopKCorrect(logits, at::tensor({0, 1, 2, 3}, at::kLong), 3).item<double>(), 3);
}

TEST(Agreement, ComparesTheLargestLogits) {
  const at::Tensor other =
      at::tensor({1.0f, 0.0f, 0.0f, 9.0f, 0.0f, 0.0f, 0.0f, 1.0f, 0.0f}).view({3, 3});
  // 0, 2, 1 against 0, 0, 1.
  EXPECT_NEAR(Agreement(Logits(), other), 200.0 / 3, 1e-12);
  EXPECT_EQ(Agreement(Logits(), Logits().mul(0.1)), 100);
}

TEST(MeanCrossEntropy, IsTheMeanOfNegativeLogProbabilities) {
  EXPECT_NEAR(MeanCrossEntropy(at::zeros({2, 4}), at::tensor({0, 3}, at::kLong)), std::log(4),
              1e-6);
  // -log(e^3 / (e^3 + e^2 + e)), and -log(e / (1 + e + e^2)): label logits 0 and 1 below the
  // largest.
  const double e = std::exp(1);
  const double first = std::log(1 + 1 / e + 1 / (e * e));
  EXPECT_NEAR(MeanCrossEntropy(Logits().narrow(0, 0, 2), at::tensor({0, 1}, at::kLong)),
              (first + first + 1) / 2, 1e-6);
}

TEST(Metrics, KeepNoGraph) {
  const at::Tensor logits = Logits().requires_grad_();
  EXPECT_FALSE(CrossEntropySum(logits, at::tensor({0, 1, 2}, at::kLong)).requires_grad());
}

}  // namespace
}  // namespace dfkd
