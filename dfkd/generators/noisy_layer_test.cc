#include "dfkd/generators/noisy_layer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/eye.h>
#include <gtest/gtest.h>

#include <cmath>

#include "dfkd/nn/deterministic_weights.h"
#include "dfkd/testing/golden.h"

namespace dfkd {
namespace {

TEST(NoisyLayerTest, ChunksAreLinearLayersOfTheirOwnWhereTheLastOneIsShort) {
  const Golden golden("dfkd/generators/testdata/generators.safetensors");
  // Seven rows, three to a layer: 3 + 3 + 1.
  NoisyLayer layer(4, 5, /*batch_size=*/7, /*rows_per_layer=*/3);
  ASSERT_EQ(layer.layers(), 3);
  layer.weight.detach().copy_(DeterministicTensor({3, 5, 4}, 3));
  layer.bias.detach().copy_(DeterministicTensor({3, 5}, 4));
  const at::Tensor x = DeterministicTensor({7, 4}, 2).requires_grad_();
  const at::Tensor y = layer.Forward(x);
  EXPECT_LT(MaxDifference(y, golden["noisy.output"]), 1e-6);
  (y * DeterministicTensor({7, 5}, 5)).sum().backward();
  EXPECT_LT(MaxDifference(x.grad(), golden["noisy.x.grad"]), 1e-6);
  EXPECT_LT(MaxDifference(layer.weight.grad(), golden["noisy.weight.grad"]), 1e-6);
  EXPECT_LT(MaxDifference(layer.bias.grad(), golden["noisy.bias.grad"]), 1e-6);
}

TEST(NoisyLayerTest, OneToOneGivesEachRowALayer) {
  NoisyLayer layer(2, 2, /*batch_size=*/3, /*rows_per_layer=*/1);
  ASSERT_EQ(layer.layers(), 3);
  // Layer i multiplies by i + 1.
  for (int i = 0; i < 3; ++i) layer.weight.detach()[i].copy_(at::eye(2) * (i + 1));
  const at::Tensor x = DeterministicTensor({3, 2}, 1);
  const at::Tensor y = layer.Forward(x);
  for (int i = 0; i < 3; ++i) EXPECT_LT(MaxDifference(y[i], x[i] * (i + 1)), 1e-6);
}

TEST(NoisyLayerTest, ASmallerBatchTakesTheFirstLayers) {
  RandomStream noise(0, "noise");
  NoisyLayer layer(4, 5, /*batch_size=*/9, /*rows_per_layer=*/3);
  layer.Redraw(noise);
  const at::Tensor x = DeterministicTensor({9, 4}, 1);
  EXPECT_LT(MaxDifference(layer.Forward(x.narrow(0, 0, 4)), layer.Forward(x).narrow(0, 0, 4)),
            1e-6);
}

TEST(NoisyLayerTest, RedrawMakesStandardNormalWeightsAndZeroBiases) {
  RandomStream noise(0, "noise");
  NoisyLayer layer(100, 200, /*batch_size=*/10, /*rows_per_layer=*/10);
  layer.bias.detach().fill_(1);
  layer.Redraw(noise);
  const at::Tensor first = layer.weight.detach().clone();
  // 20,000 values: the mean's own deviation is 0.007, that of the deviation 0.005.
  EXPECT_NEAR(first.mean().item<double>(), 0, 0.035);
  EXPECT_NEAR(first.std().item<double>(), 1, 0.025);
  EXPECT_EQ(layer.bias.abs().max().item<double>(), 0);
  layer.Redraw(noise);
  EXPECT_GT(MaxDifference(layer.weight, first), 1);
}

TEST(NoisyLayerTest, RedrawKeepsTheTensorsThatAnOptimiserHolds) {
  RandomStream noise(0, "noise");
  NoisyLayer layer(4, 5, 6, 3);
  layer.Redraw(noise);
  const at::Tensor held = layer.Parameters()[0];
  layer.Forward(DeterministicTensor({6, 4}, 1)).sum().backward();
  EXPECT_TRUE(held.grad().defined());
  layer.Redraw(noise);
  EXPECT_FALSE(held.grad().defined());
  EXPECT_TRUE(held.equal(layer.weight));
  EXPECT_TRUE(held.requires_grad());
}

}  // namespace
}  // namespace dfkd
