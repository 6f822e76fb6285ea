#include "dfkd/nn/layers.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/relu6.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/upsample_nearest2d.h>
#include <ATen/ops/zeros.h>
#include <c10/core/ScalarType.h>

#include <array>
#include <cmath>
#include <optional>

#include "dfkd/nn/frozen_batch_norm.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

// A convolution of kernel 1 and stride s looks at every s-th pixel alone. Where its channels do not
// fill the processor's registers, the library that LibTorch 2.11 computes it with on a CPU writes
// beyond a buffer when it comes to the weights' gradient (8 or 12 channels of 64 x 64 pixels in
// channels_last end the program, in PyTorch too); of the pixels that count, at stride 1, it does
// not.
bool OverrunsAtItsStride(const ConvOptions& options, const at::Tensor& x) {
  return options.kernel == 1 && options.stride > 1 && options.padding == 0 && x.is_cpu() &&
         options.in % 16 != 0;
}

}  // namespace

at::Tensor ReluOfFresh(at::Tensor x, Taps& taps) {
  if (!taps.want_last_relu_input) return at::relu_(x);
  taps.last_relu_input = x;
  return at::relu(x);
}

Conv2d::Conv2d(const ConvOptions& options, RandomStream& init) : options_(options) {
  const int64_t in_per_group = options.in / options.groups;
  const int64_t fan_in = in_per_group * options.kernel * options.kernel;
  const std::array<int64_t, 4> shape = {options.out, in_per_group, options.kernel, options.kernel};
  // torch.nn.Conv2d draws the weight by kaiming_uniform(a = sqrt(5)), which is the same bound as
  // the bias's.
  const double bound = 1.0 / std::sqrt(static_cast<double>(fan_in));
  const double fan_out = static_cast<double>(options.out * options.kernel * options.kernel);
  weight = AddParameter("weight", options.kaiming_normal
                                      ? init.Normal(shape, 0.0, std::sqrt(2.0 / fan_out))
                                      : init.Uniform(shape, -bound, bound));
  if (options.bias) bias = AddParameter("bias", init.Uniform({options.out}, -bound, bound));
}

at::Tensor Conv2d::Forward(const at::Tensor& x, Taps& taps) {
  const bool overruns = OverrunsAtItsStride(options_, x);
  const int64_t stride = overruns ? 1 : options_.stride;
  const at::Tensor seen =
      overruns
          ? x.slice(2, 0, std::nullopt, options_.stride).slice(3, 0, std::nullopt, options_.stride)
          : x;
  at::Tensor y =
      at::conv2d(seen, weight, bias, stride, options_.padding, options_.dilation, options_.groups);
  taps.layer_elements += y.numel();
  return y;
}

Linear::Linear(int64_t in, int64_t out, RandomStream& init, bool with_bias) {
  const double bound = 1.0 / std::sqrt(static_cast<double>(in));
  weight = AddParameter("weight", init.Uniform({out, in}, -bound, bound));
  if (with_bias) bias = AddParameter("bias", init.Uniform({out}, -bound, bound));
}

at::Tensor Linear::Forward(const at::Tensor& x, Taps& taps) {
  at::Tensor y = at::linear(x, weight, bias);
  taps.layer_elements += y.numel();
  return y;
}

BatchNorm::BatchNorm(int64_t channels, double eps, double momentum, bool affine)
    : eps_(eps), momentum_(momentum) {
  if (affine) {
    weight = AddParameter("weight", at::ones({channels}));
    bias = AddParameter("bias", at::zeros({channels}));
  }
  running_mean = AddBuffer("running_mean", at::zeros({channels}));
  running_var = AddBuffer("running_var", at::ones({channels}));
  num_batches_tracked = AddBuffer("num_batches_tracked", at::zeros({}, at::kLong));
}

at::Tensor BatchNorm::Forward(const at::Tensor& x, Taps& taps) {
  return Apply(x, /*relu=*/false, taps);
}

at::Tensor BatchNorm::ForwardRelu(const at::Tensor& x, Taps& taps) {
  if (taps.want_last_relu_input) return ReluOfFresh(Apply(x, /*relu=*/false, taps), taps);
  return Apply(x, /*relu=*/true, taps);
}

at::Tensor BatchNorm::ForwardRelu6(const at::Tensor& x, Taps& taps) {
  at::Tensor y = Apply(x, /*relu=*/false, taps);
  if (!taps.want_last_relu_input) return at::relu6_(y);  // nobody else has seen y
  taps.last_relu_input = y;
  return at::relu6(y);
}

bool BatchNorm::IsFrozen() const {
  if (training()) return false;
  return !at::GradMode::is_enabled() || !weight.defined() || !weight.requires_grad();
}

at::Tensor BatchNorm::Apply(const at::Tensor& x, bool relu, Taps& taps) {
  const bool show = taps.want_batch_norm_inputs && x.dim() == 4;
  taps.layer_elements += x.numel();
  if (IsFrozen()) {
    FrozenBatchNormOutput output = FrozenBatchNorm(
        x, {weight, bias, running_mean, running_var, eps_, relu, /*want_statistics=*/show});
    if (show) taps.batch_norm_inputs.push_back({x, output.statistics, running_mean, running_var});
    return output.y;
  }
  if (show) {
    taps.batch_norm_inputs.push_back({x, ComputeBatchStatistics(x), running_mean, running_var});
  }
  if (training()) num_batches_tracked.add_(1);
  at::Tensor y = at::batch_norm(x, weight, bias, running_mean, running_var, training(), momentum_,
                                eps_, /*cudnn_enabled=*/true);
  return relu ? at::relu_(y) : y;  // nobody else has seen y
}

at::Tensor Sequential::Forward(const at::Tensor& x, Taps& taps) {
  at::Tensor y = x;
  for (Layer* layer : layers_) y = layer->Forward(y, taps);
  return y;
}

at::Tensor ReLU::Forward(const at::Tensor& x, Taps& taps) {
  if (taps.want_last_relu_input) taps.last_relu_input = x;
  return at::relu(x);
}

at::Tensor Dropout::Forward(const at::Tensor& x, Taps&) {
  if (!training() || p_ == 0) return x;
  CHECK(random_ != nullptr) << "a network with dropout is trained without a stream to draw from";
  const at::Tensor kept = random_->Uniform(x.sizes()).ge(p_);
  return x * kept.to(x.options()).div_(1 - p_);
}

at::Tensor LeakyReLU::Forward(const at::Tensor& x, Taps&) {
  if (!in_place_) return at::leaky_relu(x, slope_);
  at::Tensor y = x;
  return at::leaky_relu_(y, slope_);
}

at::Tensor UpsampleNearest2x::Forward(const at::Tensor& x, Taps&) {
  return at::upsample_nearest2d(x, {2 * x.size(2), 2 * x.size(3)}, 2.0, 2.0);
}

at::Tensor Sigmoid::Forward(const at::Tensor& x, Taps&) { return at::sigmoid(x); }

at::Tensor Tanh::Forward(const at::Tensor& x, Taps&) { return at::tanh(x); }

}  // namespace dfkd
