#include "dfkd/nn/conv_transpose.h"

#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include "dfkd/core/random_stream.h"
#include "dfkd/nn/deterministic_weights.h"
#include "dfkd/testing/golden.h"

namespace dfkd {
namespace {

TEST(ConvTranspose2dTest, WeightAndBiasAreUniformWithinOneOverTheRootOfAFiltersOutputs) {
  RandomStream init(1, "init");
  const ConvTranspose2d conv(ConvOptions{.in = 256, .out = 128, .kernel = 3, .groups = 8}, init);
  const at::Tensor weight = conv.weight.detach(), bias = conv.bias.detach();
  EXPECT_EQ(weight.sizes(), (at::IntArrayRef{256, 16, 3, 3}));
  EXPECT_EQ(bias.sizes(), (at::IntArrayRef{128}));
  // PyTorch counts 128 / 8 * 3 * 3 = 144, so the bound is 1 / 12.
  EXPECT_LE(weight.abs().max().item<double>(), 1.0 / 12 + 1e-7);
  EXPECT_LE(bias.abs().max().item<double>(), 1.0 / 12 + 1e-7);
  EXPECT_GT(weight.max().item<double>(), 0.99 / 12);
  EXPECT_LT(weight.min().item<double>(), -0.99 / 12);
  // U(-a, a) has the deviation a / sqrt(3) = 0.04811.
  EXPECT_NEAR(weight.std().item<double>(), 0.04811, 0.0005);
}

TEST(ConvTranspose2dTest, OutputAndGradientsAgreeWithPyTorchInBothLayouts) {
  const Golden golden("dfkd/nn/testdata/nn.safetensors");
  RandomStream init(1, "init");
  for (const bool channels_last : {false, true}) {
    SCOPED_TRACE(channels_last);
    ConvTranspose2d conv(
        ConvOptions{.in = 4, .out = 6, .kernel = 4, .stride = 2, .padding = 1, .groups = 2}, init);
    FillDeterministically(conv);
    if (channels_last) conv.ToChannelsLast();
    const at::Tensor x = DeterministicTensor({2, 4, 5, 3}, 19).requires_grad_();
    const at::Tensor y = conv.Forward(x);
    // (5 - 1) * 2 - 2 * 1 + 4 = 10 rows: a kernel of 4 at stride 2 and padding 1 doubles the map.
    ASSERT_EQ(y.sizes(), (at::IntArrayRef{2, 6, 10, 6}));
    EXPECT_LT(MaxDifference(y, golden["conv_transpose.output"]), 1e-5);
    (y * DeterministicTensor({2, 6, 10, 6}, 20)).sum().backward();
    EXPECT_LT(MaxDifference(x.grad(), golden["conv_transpose.x.grad"]), 1e-5);
    EXPECT_LT(MaxDifference(conv.weight.grad(), golden["conv_transpose.weight.grad"]), 1e-5);
    EXPECT_LT(MaxDifference(conv.bias.grad(), golden["conv_transpose.bias.grad"]), 1e-5);
  }
}

}  // namespace
}  // namespace dfkd
