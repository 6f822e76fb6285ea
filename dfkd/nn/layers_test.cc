#include "dfkd/nn/layers.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>
#include <optional>

#include "dfkd/core/random_stream.h"
#include "dfkd/nn/deterministic_weights.h"
#include "dfkd/nn/init.h"
#include "dfkd/testing/golden.h"

namespace dfkd {
namespace {

const Golden& Goldens() {
  static const auto* golden = new Golden("dfkd/nn/testdata/nn.safetensors");
  return *golden;
}

// Drawn from U(-bound, bound): inside, near to both ends, mean 0 and deviation bound / sqrt(3).
// With n draws the mean's own deviation is bound / sqrt(3 n): five of them are allowed.
void ExpectUniform(const at::Tensor& x, double bound) {
  const at::Tensor values = x.detach();
  EXPECT_LE(values.abs().max().item<double>(), bound * (1 + 1e-6));
  EXPECT_GT(values.max().item<double>(), 0.99 * bound);
  EXPECT_LT(values.min().item<double>(), -0.99 * bound);
  const double count = static_cast<double>(values.numel());
  EXPECT_NEAR(values.mean().item<double>(), 0.0, 5 * bound / std::sqrt(3 * count));
  EXPECT_NEAR(values.std().item<double>(), bound / std::sqrt(3.0), 0.02 * bound);
}

// A shortcut of few channels: in LibTorch 2.11 the weights' gradient overran a buffer here, and the
// program ended.
TEST(Conv2dTest, AStrideOfTwoBehindAKernelOfOneHasItsGradient) {
  RandomStream init(1, "init");
  for (const int64_t in : {8, 12, 16}) {
    const ConvOptions options = {.in = in, .out = 16, .kernel = 1, .stride = 2, .bias = false};
    Conv2d conv(options, init);
    conv.ToChannelsLast();
    const at::Tensor x =
        DeterministicTensor({2, in, 64, 64}, 3, -1, 1).contiguous(at::MemoryFormat::ChannelsLast);
    const at::Tensor y = conv.Forward(x);
    ASSERT_EQ(y.sizes(), at::IntArrayRef({2, 16, 32, 32}));
    const at::Tensor gradient = DeterministicTensor({2, 16, 32, 32}, 4, -1, 1);
    y.backward(gradient);
    // d sum(g y) / dw[o, i] = sum over images and places of g[o] x[i], at every second pixel.
    const at::Tensor seen = x.slice(2, 0, std::nullopt, 2).slice(3, 0, std::nullopt, 2);
    const at::Tensor expected = gradient.transpose(0, 1)
                                    .flatten(1)
                                    .to(at::kDouble)
                                    .matmul(seen.transpose(0, 1).flatten(1).to(at::kDouble).t());
    EXPECT_LT(MaxDifference(conv.weight.grad().view({16, in}).to(at::kDouble), expected), 1e-3)
        << in;
  }
}

TEST(Conv2dTest, WeightAndBiasAreUniformWithinOneOverTheRootOfFanIn) {
  RandomStream init(1, "init");
  const Conv2d conv(ConvOptions{.in = 16, .out = 1024, .kernel = 3}, init);
  // fan_in = 16 * 3 * 3 = 144, so the bound is 1 / 12.
  ExpectUniform(conv.weight, 1.0 / 12);
  ExpectUniform(conv.bias, 1.0 / 12);
}

TEST(Conv2dTest, GroupsCountOnlyTheirOwnInputsInFanIn) {
  RandomStream init(1, "init");
  const Conv2d conv(ConvOptions{.in = 64, .out = 1024, .kernel = 3, .groups = 4, .bias = false},
                    init);
  EXPECT_EQ(conv.weight.sizes(), (at::IntArrayRef{1024, 16, 3, 3}));
  ExpectUniform(conv.weight, 1.0 / 12);
  EXPECT_FALSE(conv.bias.defined());
}

TEST(Conv2dTest, StridePaddingDilationAndGroupsAgreeWithPyTorch) {
  RandomStream init(1, "init");
  Conv2d conv(
      ConvOptions{
          .in = 4, .out = 6, .kernel = 3, .stride = 2, .padding = 2, .dilation = 2, .groups = 2},
      init);
  FillDeterministically(conv);
  const at::Tensor y = conv.Forward(DeterministicTensor({2, 4, 7, 6}, 13));
  EXPECT_LT(MaxDifference(y, Goldens()["conv.output"]), 1e-5);
}

TEST(LinearTest, WeightAndBiasAreUniformWithinOneOverTheRootOfInputs) {
  RandomStream init(2, "init");
  const Linear linear(100, 2000, init);
  ExpectUniform(linear.weight, 0.1);
  ExpectUniform(linear.bias, 0.1);
}

TEST(InitTest, KaimingNormalFanOutHasTheDeviationOfItsOutputs) {
  RandomStream init(3, "init");
  const Conv2d conv(ConvOptions{.in = 64, .out = 128, .kernel = 3, .bias = false}, init);
  DrawKaimingNormalFanOut(conv.weight, init);
  // sqrt(2 / (128 * 9)) = 1 / 24.
  const at::Tensor w = conv.weight.detach();
  EXPECT_NEAR(w.std().item<double>(), 1.0 / 24, 0.01 / 24);
  EXPECT_NEAR(w.mean().item<double>(), 0.0, 5.0 / 24 / std::sqrt(64 * 128 * 9));
  // A normal distribution has 0.27% beyond three deviations; a uniform one none.
  const double beyond = (w.abs() > 3.0 / 24).to(at::kFloat).mean().item<double>();
  EXPECT_NEAR(beyond, 0.0027, 0.001);
}

TEST(InitTest, AConvolutionDrawsThatDistributionInPlaceOfItsOwn) {
  RandomStream init(3, "init"), same(3, "init");
  // A filter's own outputs count, however many groups there are: sqrt(2 / (128 * 9)) = 1 / 24.
  const Conv2d conv(
      ConvOptions{.in = 128, .out = 128, .groups = 2, .bias = false, .kaiming_normal = true}, init);
  EXPECT_EQ(conv.weight.sizes(), (at::IntArrayRef{128, 64, 3, 3}));
  EXPECT_TRUE(at::equal(conv.weight, same.Normal({128, 64, 3, 3}, 0.0, 1.0 / 24)));
  EXPECT_EQ(init.counter(), 1u);
}

TEST(LayersTest, WeightsFollowFromTheStreamAlone) {
  RandomStream first(5, "init"), same(5, "init"), other(6, "init");
  const Linear a(3, 4, first), b(3, 4, same), c(3, 4, other);
  EXPECT_TRUE(at::equal(a.weight, b.weight));
  EXPECT_FALSE(at::equal(a.weight, c.weight));
}

TEST(BatchNormTest, TrainsAndEvaluatesAsPyTorch) {
  BatchNorm norm(4);
  FillDeterministically(norm);
  const at::Tensor x = DeterministicTensor({5, 4, 3, 3}, 11);
  EXPECT_LT(MaxDifference(norm.Forward(x), Goldens()["batch_norm.train"]), 1e-5);
  norm.Forward(DeterministicTensor({5, 4, 3, 3}, 12, 0.0, 3.0));
  EXPECT_LT(MaxDifference(norm.running_mean, Goldens()["batch_norm.running_mean"]), 1e-6);
  EXPECT_LT(MaxDifference(norm.running_var, Goldens()["batch_norm.running_var"]), 1e-6);
  EXPECT_EQ(norm.num_batches_tracked.item<int64_t>(), 2);
  norm.Eval();
  EXPECT_LT(MaxDifference(norm.Forward(x), Goldens()["batch_norm.eval"]), 1e-5);
  EXPECT_EQ(norm.num_batches_tracked.item<int64_t>(), 2);
}

TEST(BatchNormTest, StartsAsTheIdentityOfStandardizedInputs) {
  BatchNorm norm(3);
  EXPECT_EQ(norm.weight.sum().item<double>(), 3.0);
  EXPECT_EQ(norm.bias.abs().sum().item<double>(), 0.0);
  EXPECT_EQ(norm.running_mean.abs().sum().item<double>(), 0.0);
  EXPECT_EQ(norm.running_var.sum().item<double>(), 3.0);
  const BatchNorm plain(3, 1e-5, 0.1, /*affine=*/false);
  EXPECT_FALSE(plain.weight.defined());
  EXPECT_TRUE(plain.NamedParameters().empty());
}

TEST(BatchNormTest, ShowsFourDimensionalInputsWhereTheyAreWanted) {
  BatchNorm norm(4);
  const at::Tensor x = DeterministicTensor({5, 4, 3, 3}, 11);
  Taps none;
  norm.Forward(x, none);
  EXPECT_TRUE(none.batch_norm_inputs.empty());
  Taps taps;
  taps.want_batch_norm_inputs = true;
  norm.Forward(x, taps);
  norm.Forward(x.mean({2, 3}), taps);
  ASSERT_EQ(taps.batch_norm_inputs.size(), 1u);
  EXPECT_TRUE(taps.batch_norm_inputs[0].input.is_same(x));
  EXPECT_TRUE(taps.batch_norm_inputs[0].running_mean.is_same(norm.running_mean));
  EXPECT_TRUE(taps.batch_norm_inputs[0].running_var.is_same(norm.running_var));
}

TEST(BatchNormTest, Relu6CutsBelowZeroAndAboveSix) {
  for (const bool frozen : {false, true}) {
    BatchNorm norm(2);
    norm.Eval();
    if (frozen) norm.RequireGrad(false);
    // With mean 0 and variance 1 - eps the layer is the identity.
    norm.running_var.fill_(1 - 1e-5);
    const at::Tensor x = at::tensor({-1.0f, 3.0f, 6.5f, 0.5f}).view({1, 2, 2, 1}).requires_grad_();
    Taps taps;
    const at::Tensor y = norm.ForwardRelu6(x, taps);
    EXPECT_LT(MaxDifference(y.flatten(), at::tensor({0.0f, 3.0f, 6.0f, 0.5f})), 1e-5);
    y.sum().backward();
    EXPECT_LT(MaxDifference(x.grad().flatten(), at::tensor({0.0f, 1.0f, 0.0f, 1.0f})), 1e-5);
  }
}

TEST(TapsTest, TheLastReluShowsItsInputWhereThatIsWanted) {
  for (const bool frozen : {false, true}) {
    BatchNorm norm(2);
    norm.Eval();
    if (frozen) norm.RequireGrad(false);
    norm.running_var.fill_(1 - 1e-5);  // the identity
    const at::Tensor x = at::tensor({-1.0f, 3.0f, 6.5f, 0.5f}).view({1, 2, 2, 1}).requires_grad_();
    Taps taps;
    taps.want_last_relu_input = true;
    EXPECT_LT(MaxDifference(norm.ForwardRelu6(x, taps), x.clamp(0, 6)), 1e-5);
    EXPECT_LT(MaxDifference(taps.last_relu_input, x), 1e-5);
    // Two ReLUs one after the other: the second one's input is the first one's output.
    const at::Tensor y = norm.ForwardRelu(norm.ForwardRelu(x, taps), taps);
    EXPECT_LT(MaxDifference(y, x.clamp_min(0)), 1e-5);
    EXPECT_LT(MaxDifference(taps.last_relu_input, x.clamp_min(0)), 1e-5);

    // Gradients reach what a ReLU cuts off.
    norm.ForwardRelu(x, taps);
    taps.last_relu_input.sum().backward();
    EXPECT_LT(MaxDifference(x.grad(), at::ones({1, 2, 2, 1})), 1e-4);

    Taps unasked;
    norm.ForwardRelu(x, unasked);
    EXPECT_FALSE(unasked.last_relu_input.defined());
  }
}

TEST(TapsTest, AReluOfAFreshTensorOverwritesItUnlessItIsWanted) {
  const at::Tensor x = at::tensor({-1.0f, 2.0f});
  Taps wanted, unasked;
  wanted.want_last_relu_input = true;
  EXPECT_TRUE(at::equal(ReluOfFresh(x, wanted), at::tensor({0.0f, 2.0f})));
  EXPECT_TRUE(at::equal(wanted.last_relu_input, at::tensor({-1.0f, 2.0f})));
  EXPECT_TRUE(ReluOfFresh(x, unasked).is_same(x));
  EXPECT_TRUE(at::equal(x, at::tensor({0.0f, 2.0f})));
}

TEST(DropoutTest, ZeroesAShareOfTheNumbersAndScalesTheOthers) {
  RandomStream random(4, "dropout");
  Dropout dropout(0.2, &random);
  const at::Tensor y = dropout.Forward(at::ones({100, 1000}));
  // Kept numbers become 1 / 0.8 = 1.25. The share's own deviation is sqrt(0.16 / 1e5) = 0.0013.
  EXPECT_TRUE((y.eq(0) | y.eq(1.25)).all().item<bool>());
  EXPECT_NEAR(y.eq(0).to(at::kFloat).mean().item<double>(), 0.2, 5 * 0.0013);
  // Each forward pass has a mask of its own.
  EXPECT_FALSE(at::equal(dropout.Forward(at::ones({100, 1000})), y));
}

TEST(DropoutTest, MasksFollowFromTheStreamsPlace) {
  RandomStream random(4, "dropout"), resumed(4, "dropout");
  Dropout first(0.5, &random), second(0.5, &resumed);
  const at::Tensor x = at::ones({8, 8});
  first.Forward(x);
  resumed.set_counter(random.counter());
  EXPECT_TRUE(at::equal(first.Forward(x), second.Forward(x)));
}

TEST(DropoutTest, GradientsPassWhereNumbersDo) {
  RandomStream random(4, "dropout");
  Dropout dropout(0.5, &random);
  const at::Tensor x = at::ones({64}).requires_grad_();
  const at::Tensor y = dropout.Forward(x);
  y.sum().backward();
  EXPECT_TRUE(at::equal(x.grad(), y.detach()));
}

TEST(DropoutTest, DoesAndDrawsNothingInEvaluation) {
  Dropout dropout(0.5, nullptr);
  dropout.Eval();
  const at::Tensor x = at::ones({4});
  EXPECT_TRUE(dropout.Forward(x).is_same(x));
}

TEST(UpsampleTest, RepeatsEachPixelFourTimes) {
  UpsampleNearest2x up;
  const at::Tensor x = at::tensor({1.0f, 2.0f}).view({1, 1, 1, 2});
  const at::Tensor expected =
      at::tensor({1.0f, 1.0f, 2.0f, 2.0f, 1.0f, 1.0f, 2.0f, 2.0f}).view({1, 1, 2, 4});
  EXPECT_TRUE(at::equal(up.Forward(x), expected));
}

TEST(LeakyReLUTest, InPlaceGivesTheSameValuesAndGradients) {
  LeakyReLU fresh(0.2), in_place(0.2, true);
  for (LeakyReLU* layer : {&fresh, &in_place}) {
    const at::Tensor x = at::tensor({-2.0f, 3.0f}).requires_grad_();
    const at::Tensor y = layer->Forward(x * 1.0);
    // -2 * 0.2 and 3; slopes 0.2 and 1.
    EXPECT_LT(MaxDifference(y, at::tensor({-0.4f, 3.0f})), 1e-6);
    y.sum().backward();
    EXPECT_LT(MaxDifference(x.grad(), at::tensor({0.2f, 1.0f})), 1e-6);
  }
}

TEST(SequentialTest, AppliesItsLayersInOrder) {
  Sequential layers;
  layers.Add<ReLU>();
  layers.Add<Sigmoid>();
  EXPECT_EQ(layers.size(), 2u);
  // sigmoid(relu(-5)) = sigmoid(0) = 1/2.
  EXPECT_EQ(layers.Forward(at::tensor({-5.0f})).item<float>(), 0.5f);
  layers.Add<Tanh>();
  // tanh(1/2) = (e - 1) / (e + 1)
  EXPECT_NEAR(layers.Forward(at::tensor({-5.0f})).item<float>(), 0.46211716, 1e-7);
}

}  // namespace
}  // namespace dfkd
