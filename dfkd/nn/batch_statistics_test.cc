#include "dfkd/nn/batch_statistics.h"

#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include "dfkd/nn/deterministic_weights.h"
#include "dfkd/testing/golden.h"

namespace dfkd {
namespace {

at::Tensor Input() { return DeterministicTensor({6, 5, 4, 3}, 16, -1.0, 3.0); }

// The gradient of the weighted sum that the golden was made with.
at::Tensor Gradient(const at::Tensor& x, const BatchStatistics& statistics) {
  (statistics.mean * DeterministicTensor({5}, 17) +
   statistics.variance * DeterministicTensor({5}, 18))
      .sum()
      .backward();
  return x.grad();
}

class BatchStatisticsTest : public testing::TestWithParam<at::MemoryFormat> {};

TEST_P(BatchStatisticsTest, ValuesAndGradientsAreThoseOfVarMean) {
  const Golden golden("dfkd/nn/testdata/nn.safetensors");
  const at::Tensor x = Input().contiguous(GetParam()).requires_grad_();
  const BatchStatistics statistics = ComputeBatchStatistics(x);
  EXPECT_LT(MaxDifference(statistics.mean, golden["statistics.mean"]), 1e-6);
  EXPECT_LT(MaxDifference(statistics.variance, golden["statistics.variance"]), 1e-6);
  const at::Tensor gradient = Gradient(x, statistics);
  EXPECT_LT(MaxDifference(gradient, golden["statistics.grad"]), 1e-7);
  EXPECT_TRUE(gradient.is_contiguous(GetParam()));
}

TEST_P(BatchStatisticsTest, ShorterTypesAreSummedInFloat) {
  const at::Tensor x = Input().contiguous(GetParam()).to(at::kBFloat16).requires_grad_();
  const BatchStatistics statistics = ComputeBatchStatistics(x);
  EXPECT_EQ(statistics.mean.scalar_type(), at::kFloat);
  EXPECT_EQ(statistics.variance.scalar_type(), at::kFloat);
  // Statistics of the rounded values, not rounded statistics.
  const at::Tensor rounded = x.detach().to(at::kFloat).requires_grad_();
  const BatchStatistics expected = ComputeBatchStatistics(rounded);
  EXPECT_LT(MaxDifference(statistics.mean, expected.mean), 1e-6);
  EXPECT_LT(MaxDifference(statistics.variance, expected.variance), 1e-5);
  const at::Tensor gradient = Gradient(x, statistics);
  EXPECT_EQ(gradient.scalar_type(), at::kBFloat16);
  // One rounding of values below 0.125 to 8 bits.
  EXPECT_LT(MaxDifference(gradient, Gradient(rounded, expected)), 0.125 / 256);
}

INSTANTIATE_TEST_SUITE_P(Layouts, BatchStatisticsTest,
                         testing::Values(at::MemoryFormat::Contiguous,
                                         at::MemoryFormat::ChannelsLast));

TEST(BatchStatisticsPrecisionTest, ALargeMeanDoesNotDrownTheVariance) {
  // Mean 1000, variance that of U(-1, 1) or about 1/3: in float32 the mean of squares minus the
  // square of the mean would be off by 0.06.
  const at::Tensor x = DeterministicTensor({8, 2, 16, 16}, 1) + 1000.0;
  const at::Tensor variance = ComputeBatchStatistics(x).variance;
  const at::Tensor expected = x.to(at::kDouble).var(at::IntArrayRef{0, 2, 3}, /*correction=*/0);
  EXPECT_LT(MaxDifference(variance, expected), 1e-4);
}

}  // namespace
}  // namespace dfkd
