#include "dfkd/metrics/inception_score.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>

namespace dfkd {
namespace {

TEST(InceptionScore, IsOneWhereAllImagesLookAlikeAndTheNumberOfClassesAtBest) {
  EXPECT_NEAR(InceptionScore(at::zeros({5, 4})), 1, 1e-12);
  EXPECT_NEAR(InceptionScore(at::tensor({3.0f, 2.0f, 1.0f}).repeat({7, 1})), 1, 1e-12);
  EXPECT_NEAR(InceptionScore(at::eye(4).repeat({3, 1}).mul(1000)), 4, 1e-9);
}

TEST(InceptionScore, IsTheExponentialOfTheMeanDivergenceFromTheMarginal) {
  // p = (3/4, 1/4) and (1/4, 3/4), marginal (1/2, 1/2): KL = 3/4 log 3/2 + 1/4 log 1/2, twice.
  const float gap = std::log(3.0f);
  const at::Tensor logits = at::tensor({gap, 0.0f, 0.0f, gap}).view({2, 2});
  EXPECT_NEAR(InceptionScore(logits), std::pow(1.5, 0.75) * std::pow(0.5, 0.25), 1e-6);
}

}  // namespace
}  // namespace dfkd
