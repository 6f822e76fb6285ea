#include "dfkd/nn/frozen_batch_norm.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/relu.h>
#include <gtest/gtest.h>

#include <limits>
#include <tuple>
#include <utility>

#include "dfkd/nn/deterministic_weights.h"
#include "dfkd/testing/golden.h"
#include "dfkd/testing/threads.h"

namespace dfkd {
namespace {

constexpr int64_t kChannels = 5;

FrozenBatchNormOptions Options(bool relu, bool want_statistics) {
  FrozenBatchNormOptions options;
  options.weight = DeterministicTensor({kChannels}, 1, 0.5, 1.5);
  options.bias = DeterministicTensor({kChannels}, 2);
  options.running_mean = DeterministicTensor({kChannels}, 3);
  options.running_var = DeterministicTensor({kChannels}, 4, 0.5, 2.0);
  options.relu = relu;
  options.want_statistics = want_statistics;
  return options;
}

// 7 * 8 * 9 = 504 positions: one whole block and a part of one.
at::Tensor Input(at::ScalarType type = at::kFloat,
                 at::MemoryFormat layout = at::MemoryFormat::ChannelsLast) {
  return DeterministicTensor({7, kChannels, 8, 9}, 5, -1.0, 3.0).to(type).contiguous(layout);
}

// The same by ATen's operators.
FrozenBatchNormOutput ByOperators(const at::Tensor& x, const FrozenBatchNormOptions& options) {
  FrozenBatchNormOutput output;
  output.y = at::batch_norm(x, options.weight, options.bias, options.running_mean,
                            options.running_var, false, 0.1, options.eps, true);
  if (options.relu) output.y = at::relu(output.y);
  if (options.want_statistics) {
    const at::Tensor wide = x.to(at::kDouble);
    output.statistics.mean = wide.mean({0, 2, 3});
    output.statistics.variance = wide.var({0, 2, 3}, /*unbiased=*/false);
  }
  return output;
}

// Of a sum that weighs every number that comes out.
at::Tensor Gradient(const at::Tensor& x, const FrozenBatchNormOutput& output) {
  at::Tensor sum = (output.y.to(at::kFloat) * DeterministicTensor({7, kChannels, 8, 9}, 6)).sum();
  if (output.statistics.mean.defined()) {
    sum = sum + (output.statistics.mean * DeterministicTensor({kChannels}, 7)).sum() * 50 +
          (output.statistics.variance * DeterministicTensor({kChannels}, 8)).sum() * 50;
  }
  sum.backward();
  return x.grad();
}

class FrozenBatchNormTest : public testing::TestWithParam<std::tuple<bool, bool>> {
 protected:
  FrozenBatchNormOptions options() const {
    return Options(std::get<0>(GetParam()), std::get<1>(GetParam()));
  }
};

TEST_P(FrozenBatchNormTest, EqualsTheOperators) {
  const at::Tensor x = Input().requires_grad_(), same = Input().requires_grad_();
  const FrozenBatchNormOutput output = FrozenBatchNorm(x, options());
  const FrozenBatchNormOutput expected = ByOperators(same, options());
  EXPECT_LT(MaxDifference(output.y, expected.y), 1e-6);
  EXPECT_TRUE(output.y.is_contiguous(at::MemoryFormat::ChannelsLast));
  if (options().want_statistics) {
    EXPECT_LT(MaxDifference(output.statistics.mean, expected.statistics.mean), 1e-6);
    EXPECT_LT(MaxDifference(output.statistics.variance, expected.statistics.variance), 1e-6);
  }
  EXPECT_LT(MaxDifference(Gradient(x, output), Gradient(same, expected)), 1e-6);
}

TEST_P(FrozenBatchNormTest, OtherLayoutsGiveTheSame) {
  const at::Tensor x = Input().requires_grad_();
  const at::Tensor other = Input(at::kFloat, at::MemoryFormat::Contiguous).requires_grad_();
  const FrozenBatchNormOutput output = FrozenBatchNorm(x, options());
  const FrozenBatchNormOutput expected = FrozenBatchNorm(other, options());
  EXPECT_LT(MaxDifference(output.y, expected.y), 1e-6);
  EXPECT_LT(MaxDifference(Gradient(x, output), Gradient(other, expected)), 1e-6);
}

TEST_P(FrozenBatchNormTest, ShorterTypesAreComputedInFloat) {
  const at::Tensor x = Input(at::kBFloat16).requires_grad_();
  const at::Tensor rounded = x.detach().to(at::kFloat).requires_grad_();
  const FrozenBatchNormOutput output = FrozenBatchNorm(x, options());
  const FrozenBatchNormOutput expected = FrozenBatchNorm(rounded, options());
  EXPECT_EQ(output.y.scalar_type(), at::kBFloat16);
  // One rounding: half a unit of 8 bits, of values below 8.
  EXPECT_LT(MaxDifference(output.y, expected.y), 8.0 / 512);
  if (options().want_statistics) {
    EXPECT_TRUE(at::equal(output.statistics.mean, expected.statistics.mean));
    EXPECT_TRUE(at::equal(output.statistics.variance, expected.statistics.variance));
  }
  const at::Tensor gradient = Gradient(x, output);
  EXPECT_EQ(gradient.scalar_type(), at::kBFloat16);
  EXPECT_LT(MaxDifference(gradient, Gradient(rounded, expected)), 2.0 / 128);
}

TEST_P(FrozenBatchNormTest, WithoutAGradientNothingIsRecorded) {
  const FrozenBatchNormOutput output = FrozenBatchNorm(Input(), options());
  EXPECT_FALSE(output.y.requires_grad());
  EXPECT_TRUE(at::equal(output.y, FrozenBatchNorm(Input().requires_grad_(), options()).y.detach()));
}

TEST_P(FrozenBatchNormTest, TheNumberOfThreadsDoesNotMatter) {
  // 8 * 32 * 32 positions: 32 blocks, enough for each of four threads.
  const auto run = [this] {
    const at::Tensor x = DeterministicTensor({8, kChannels, 32, 32}, 5, -1.0, 3.0)
                             .contiguous(at::MemoryFormat::ChannelsLast)
                             .requires_grad_();
    FrozenBatchNormOutput output = FrozenBatchNorm(x, options());
    at::Tensor sum = output.y.square().sum();
    if (options().want_statistics) sum = sum + output.statistics.variance.sum() * 50;
    sum.backward();
    return std::pair(output, x.grad());
  };
  const auto [one, gradient_of_one] = OnThreads(1, run);
  const auto [four, gradient_of_four] = OnThreads(4, run);
  EXPECT_TRUE(at::equal(one.y, four.y));
  EXPECT_TRUE(at::equal(gradient_of_one, gradient_of_four));
  if (options().want_statistics) {
    EXPECT_TRUE(at::equal(one.statistics.mean, four.statistics.mean));
    EXPECT_TRUE(at::equal(one.statistics.variance, four.statistics.variance));
  }
}

TEST_P(FrozenBatchNormTest, WhatIsNoNumberStaysNone) {
  at::Tensor x = Input();
  x[0][1][0][0] = std::numeric_limits<float>::quiet_NaN();
  const FrozenBatchNormOutput output = FrozenBatchNorm(x, options());
  EXPECT_EQ(output.y.isnan().sum().item<int64_t>(), 1);
  EXPECT_TRUE(output.y[0][1][0][0].isnan().item<bool>());
  if (options().want_statistics) {
    EXPECT_TRUE(output.statistics.mean[1].isnan().item<bool>());
    EXPECT_TRUE(output.statistics.variance[1].isnan().item<bool>());
    EXPECT_EQ(output.statistics.variance.isnan().sum().item<int64_t>(), 1);
  }
}

INSTANTIATE_TEST_SUITE_P(ReluAndStatistics, FrozenBatchNormTest,
                         testing::Combine(testing::Bool(), testing::Bool()));

TEST(FrozenBatchNormPrecisionTest, ALargeMeanDoesNotDrownTheVariance) {
  // As in batch_statistics_test: U(-1, 1) around 1000, which float32 squares would lose.
  const at::Tensor x = (DeterministicTensor({8, kChannels, 16, 16}, 1) + 1000.0)
                           .contiguous(at::MemoryFormat::ChannelsLast);
  const BatchStatistics statistics = FrozenBatchNorm(x, Options(false, true)).statistics;
  const at::Tensor expected = x.to(at::kDouble).var({0, 2, 3}, /*unbiased=*/false);
  EXPECT_LT(MaxDifference(statistics.variance, expected), 1e-4);
}

TEST(FrozenBatchNormPrecisionTest, StatisticsAloneGiveAGradient) {
  const at::Tensor x = Input().requires_grad_();
  FrozenBatchNorm(x, Options(true, true)).statistics.variance.sum().backward();
  // d var_c / dx = 2 (x - mean_c) / M with M = 504.
  const at::Tensor wide = x.detach();
  const at::Tensor expected = (wide - wide.mean({0, 2, 3}, true)) * (2.0 / 504);
  EXPECT_LT(MaxDifference(x.grad(), expected), 1e-7);
}

}  // namespace
}  // namespace dfkd
