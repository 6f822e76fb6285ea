#include "dfkd/nn/spectral_norm.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/linalg_svdvals.h>
#include <gtest/gtest.h>

#include "dfkd/core/random_stream.h"
#include "dfkd/nn/deterministic_weights.h"
#include "dfkd/testing/golden.h"

namespace dfkd {
namespace {

TEST(SpectralNormTest, PowerIterationAndGradientAgreeWithPyTorch) {
  const Golden golden("dfkd/nn/testdata/nn.safetensors");
  RandomStream init(0, "init");
  SpectralNormConv2d conv(ConvOptions{.in = 3, .out = 4, .kernel = 3, .padding = 1}, init);
  FillDeterministically(conv);
  const at::Tensor x = DeterministicTensor({2, 3, 5, 5}, 14);
  EXPECT_LT(MaxDifference(conv.Forward(x), golden["spectral.first"]), 1e-5);
  const at::Tensor second = conv.Forward(x);
  EXPECT_LT(MaxDifference(second, golden["spectral.second"]), 1e-5);
  (second * DeterministicTensor(second.sizes(), 15)).sum().backward();
  EXPECT_LT(MaxDifference(conv.weight_orig.grad(), golden["spectral.weight_orig.grad"]), 1e-5);
  EXPECT_LT(MaxDifference(conv.weight_u, golden["spectral.weight_u"]), 1e-6);
  EXPECT_LT(MaxDifference(conv.weight_v, golden["spectral.weight_v"]), 1e-6);
  conv.Eval();
  EXPECT_LT(MaxDifference(conv.Forward(x), golden["spectral.eval"]), 1e-5);
  EXPECT_LT(MaxDifference(conv.weight_u, golden["spectral.weight_u"]), 1e-6);
}

TEST(SpectralNormTest, BothPassesOfOneGraphKeepTheirOwnVectors) {
  RandomStream init(0, "init");
  SpectralNormConv2d conv(ConvOptions{.in = 3, .out = 4, .kernel = 3, .padding = 1}, init);
  const at::Tensor x = DeterministicTensor({2, 3, 5, 5}, 14);
  const at::Tensor first = conv.Forward(x);
  const at::Tensor second = conv.Forward(x);
  (first.sum() + second.sum()).backward();
  EXPECT_GT(conv.weight_orig.grad().abs().max().item<double>(), 0);
}

TEST(SpectralNormTest, FindsTheLargestSingularValue) {
  RandomStream init(0, "init");
  SpectralNormConv2d conv(ConvOptions{.in = 3, .out = 4, .kernel = 3, .bias = false}, init);
  const at::Tensor x = DeterministicTensor({1, 3, 3, 3}, 14);
  for (int i = 0; i < 100; ++i) conv.Forward(x);
  const at::Tensor matrix = conv.weight_orig.detach().reshape({4, -1});
  const double largest = at::linalg_svdvals(matrix).max().item<double>();
  const double sigma = conv.weight_u.dot(matrix.mv(conv.weight_v)).item<double>();
  EXPECT_NEAR(sigma, largest, 1e-4 * largest);
}

}  // namespace
}  // namespace dfkd
