#include "dfkd/metrics/mmd.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>

#include "dfkd/nn/deterministic_weights.h"
#include "dfkd/testing/golden.h"

namespace dfkd {
namespace {

TEST(SquaredMmd, IsTheMeanKernelWithinLessTheMeanKernelBetween) {
  // Of 0 and 1, and of 1 and 3; with bandwidth 1, k is exp(-d^2 / 2). Within: d = 1, and d = 2.
  // Between: d = 1, 3, 0, 2.
  const at::Tensor x = at::tensor({0.0f, 1.0f}).view({2, 1});
  const at::Tensor y = at::tensor({1.0f, 3.0f}).view({2, 1});
  const auto k = [](double d) { return std::exp(-d * d / 2); };
  const SquaredMmdResult result = SquaredMmd(x, y, 1);
  EXPECT_NEAR(result.value, k(1) + k(2) - (k(1) + k(3) + k(0) + k(2)) / 2, 1e-12);
  EXPECT_EQ(result.bandwidth, 1);
  // The distances 0, 1, 1, 2, 2, 3 of the four, joined: the lower of the middle two.
  EXPECT_EQ(SquaredMmd(x, y).bandwidth, 1);
}

TEST(SquaredMmd, EqualsTheDefinitionInNumpy) {
  const Golden golden("dfkd/metrics/testdata/mmd.safetensors");
  const at::Tensor x = DeterministicTensor({30, 5}, 1, 0, 1);
  const at::Tensor y = DeterministicTensor({20, 5}, 2, 0.2, 1.2);
  const SquaredMmdResult by_median = SquaredMmd(x, y);
  EXPECT_NEAR(by_median.value, golden["median.value"].item<double>(), 1e-12);
  EXPECT_NEAR(by_median.bandwidth, golden["median.bandwidth"].item<double>(), 1e-12);
  EXPECT_NEAR(SquaredMmd(x, y, 0.5).value, golden["half.value"].item<double>(), 1e-12);
}

TEST(SquaredMmd, OfRowsThatAreAllEqualIsZeroAndOfTwoPointsFarApartTwo) {
  EXPECT_EQ(SquaredMmd(at::ones({3, 4}), at::ones({5, 4})).value, 0);
  // Within all kernels are 1, between exp(-50).
  EXPECT_NEAR(SquaredMmd(at::zeros({3, 1}), at::full({3, 1}, 10.0), 1).value, 2, 1e-12);
}

}  // namespace
}  // namespace dfkd
