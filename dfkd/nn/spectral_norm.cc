#include "dfkd/nn/spectral_norm.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/dot.h>
#include <ATen/ops/mv.h>

#include <cmath>

namespace dfkd {
namespace {

at::Tensor UnitVector(const at::Tensor& x) { return x / x.norm().clamp_min(1e-12); }

}  // namespace

SpectralNormConv2d::SpectralNormConv2d(const ConvOptions& options, RandomStream& init)
    : options_(options) {
  Conv2d conv(options, init);
  if (options.bias) bias = AddParameter("bias", conv.bias);
  weight_orig = AddParameter("weight_orig", conv.weight);
  const int64_t rows = weight_orig.size(0);
  weight_u = AddBuffer("weight_u", UnitVector(init.Normal({rows})));
  weight_v = AddBuffer("weight_v", UnitVector(init.Normal({weight_orig.numel() / rows})));
}

at::Tensor SpectralNormConv2d::NormalizedWeight() {
  const at::Tensor matrix = weight_orig.reshape({weight_orig.size(0), -1});
  if (training()) {
    at::NoGradGuard no_grad;
    weight_v.copy_(UnitVector(at::mv(matrix.t(), weight_u)));
    weight_u.copy_(UnitVector(at::mv(matrix, weight_v)));
  }
  // Copies: the next forward pass moves u and v, the backward pass of this one still needs them.
  const at::Tensor sigma = at::dot(weight_u.clone(), at::mv(matrix, weight_v.clone()));
  return weight_orig / sigma;
}

at::Tensor SpectralNormConv2d::Forward(const at::Tensor& x, Taps&) {
  return at::conv2d(x, NormalizedWeight(), bias, options_.stride, options_.padding,
                    options_.dilation, options_.groups);
}

}  // namespace dfkd
