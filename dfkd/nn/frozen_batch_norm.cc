#include "dfkd/nn/frozen_batch_norm.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/zeros_like.h>
#include <c10/util/BFloat16.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#ifndef _OPENMP
#error "at::parallel_for is a plain loop here; the target needs copts = PARALLEL_COPTS"
#endif

namespace dfkd {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Positions (n, h, w) that are summed in float before they go to double. Fixed, so that sums do not
// depend on the number of threads.
constexpr int64_t kBlock = 256;
constexpr int64_t kGrain = 4;  // blocks a thread takes at least

// x * scale + shift, per channel.
struct Affine {
  at::Tensor scale, shift;  // [C] float32
};

Affine MakeAffine(const FrozenBatchNormOptions& options) {
  at::Tensor scale = (options.running_var + options.eps).rsqrt();
  if (options.weight.defined()) scale = scale * options.weight;
  at::Tensor shift = -options.running_mean * scale;
  if (options.bias.defined()) shift = shift + options.bias;
  return {scale.contiguous(), shift.contiguous()};
}

// A channels_last feature map: `positions` rows of `channels` numbers.
struct Map {
  explicit Map(const at::Tensor& x)
      : channels(x.size(1)), positions(x.numel() / std::max<int64_t>(1, x.size(1))) {}
  int64_t blocks() const { return (positions + kBlock - 1) / kBlock; }
  int64_t channels;
  int64_t positions;
};

template <typename T>
void TransformRow(const T* __restrict x, const float* __restrict scale,
                  const float* __restrict shift, float floor, int64_t channels, T* __restrict y) {
  for (int64_t c = 0; c < channels; ++c) {
    const float value = static_cast<float>(x[c]) * scale[c] + shift[c];
    y[c] = static_cast<T>(floor > value ? floor : value);  // NaN stays
  }
}

// Sums of d = x - pivot and of d^2.
template <typename T>
void SumRow(const T* __restrict x, const float* __restrict pivot, int64_t channels,
            float* __restrict sum, float* __restrict squares) {
  for (int64_t c = 0; c < channels; ++c) {
    const float d = static_cast<float>(x[c]) - pivot[c];
    sum[c] += d;
    squares[c] += d * d;
  }
}

template <typename T>
void BackRow(const T* __restrict x, const T* __restrict dy, const float* __restrict scale,
             const float* __restrict shift, const float* __restrict slope,
             const float* __restrict offset, float floor, int64_t channels, T* __restrict dx) {
  for (int64_t c = 0; c < channels; ++c) {
    const float value = static_cast<float>(x[c]);
    const float through = value * scale[c] + shift[c] <= floor ? 0.0f : static_cast<float>(dy[c]);
    dx[c] = static_cast<T>(through * scale[c] + value * slope[c] + offset[c]);
  }
}

// Mean and squared deviations of one block, around its first row: values that lie together keep
// their digits however large their mean is.
template <typename T>
void SumBlock(const T* x, int64_t rows, int64_t channels, double* mean, double* deviations) {
  std::vector<float> pivot(x, x + channels), sum(channels, 0.0f), squares(channels, 0.0f);
  for (int64_t r = 0; r < rows; ++r) {
    SumRow(x + r * channels, pivot.data(), channels, sum.data(), squares.data());
  }
  for (int64_t c = 0; c < channels; ++c) {
    const double of_pivot = sum[c] / static_cast<double>(rows);
    mean[c] = pivot[c] + of_pivot;
    const double deviation = squares[c] - of_pivot * sum[c];
    deviations[c] = deviation < 0 ? 0 : deviation;  // rounding; NaN stays
  }
}

// Joins the blocks in their order (Chan, Golub, LeVeque 1979).
BatchStatistics JoinBlocks(const std::vector<double>& means, const std::vector<double>& deviations,
                           const Map& map, const at::TensorOptions& options) {
  BatchStatistics joined = {at::empty({map.channels}, options), at::empty({map.channels}, options)};
  for (int64_t c = 0; c < map.channels; ++c) {
    double count = 0, mean = 0, deviation = 0;
    for (int64_t b = 0; b < map.blocks(); ++b) {
      const double rows = static_cast<double>(std::min(kBlock, map.positions - b * kBlock));
      const double gap = means[b * map.channels + c] - mean;
      const double total = count + rows;
      mean += gap * rows / total;
      deviation += deviations[b * map.channels + c] + gap * gap * count * rows / total;
      count = total;
    }
    joined.mean.data_ptr<float>()[c] = static_cast<float>(mean);
    joined.variance.data_ptr<float>()[c] = static_cast<float>(deviation / count);
  }
  return joined;
}

// No ReLU is a floor below everything.
float Floor(bool relu) { return relu ? 0.0f : -std::numeric_limits<float>::infinity(); }

template <typename T>
FrozenBatchNormOutput Forward(const at::Tensor& x, const Affine& affine, bool relu,
                              bool want_statistics) {
  const Map map(x);
  const int64_t channels = map.channels;
  FrozenBatchNormOutput output;
  output.y = at::empty_like(x);
  std::vector<double> means, deviations;
  if (want_statistics) {
    means.resize(map.blocks() * channels);
    deviations.resize(map.blocks() * channels);
  }
  const T* from = x.const_data_ptr<T>();
  T* to = output.y.data_ptr<T>();
  const float* scale = affine.scale.const_data_ptr<float>();
  const float* shift = affine.shift.const_data_ptr<float>();
  at::parallel_for(0, map.blocks(), kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) {
      const int64_t first = b * kBlock, rows = std::min(kBlock, map.positions - first);
      const T* block = from + first * channels;
      if (want_statistics) {
        SumBlock(block, rows, channels, &means[b * channels], &deviations[b * channels]);
      }
      for (int64_t r = 0; r < rows; ++r) {
        TransformRow(block + r * channels, scale, shift, Floor(relu), channels,
                     to + (first + r) * channels);
      }
    }
  });
  if (want_statistics) {
    output.statistics = JoinBlocks(means, deviations, map, affine.scale.options());
  }
  return output;
}

// dx = [y > 0] dy scale + 2 g_var (x - mean) / M + g_mean / M,  M = N H W.
template <typename T>
at::Tensor Backward(const at::Tensor& x, const at::Tensor& dy, const Affine& affine,
                    const Affine& of_statistics, bool relu) {
  const Map map(x);
  at::Tensor dx = at::empty_like(x);
  const T* values = x.const_data_ptr<T>();
  const T* gradients = dy.const_data_ptr<T>();
  T* to = dx.data_ptr<T>();
  const float* scale = affine.scale.const_data_ptr<float>();
  const float* shift = affine.shift.const_data_ptr<float>();
  const float* slope = of_statistics.scale.const_data_ptr<float>();
  const float* offset = of_statistics.shift.const_data_ptr<float>();
  at::parallel_for(0, map.positions, kGrain * kBlock, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const int64_t at = r * map.channels;
      BackRow(values + at, gradients + at, scale, shift, slope, offset, Floor(relu), map.channels,
              to + at);
    }
  });
  return dx;
}

FrozenBatchNormOutput ForwardAny(const at::Tensor& x, const Affine& affine, bool relu,
                                 bool want_statistics) {
  return x.scalar_type() == at::kFloat ? Forward<float>(x, affine, relu, want_statistics)
                                       : Forward<c10::BFloat16>(x, affine, relu, want_statistics);
}

class FrozenBatchNormFunction : public torch::autograd::Function<FrozenBatchNormFunction> {
 public:
  static variable_list forward(AutogradContext* context, const at::Tensor& x,
                               const at::Tensor& scale, const at::Tensor& shift, bool relu,
                               bool want_statistics) {
    FrozenBatchNormOutput output = ForwardAny(x, {scale, shift}, relu, want_statistics);
    context->saved_data["relu"] = relu;
    context->save_for_backward({x, scale, shift, output.statistics.mean});
    if (!want_statistics) return {output.y};
    return {output.y, output.statistics.mean, output.statistics.variance};
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor& x = saved[0];
    const Affine affine = {saved[1], saved[2]};
    const bool relu = context->saved_data["relu"].toBool();
    const at::Tensor dy = gradients[0].defined()
                              ? gradients[0].contiguous(at::MemoryFormat::ChannelsLast)
                              : at::zeros_like(x);
    Affine of_statistics = {at::zeros_like(affine.scale), at::zeros_like(affine.scale)};
    if (gradients.size() == 3) {
      const double count = static_cast<double>(x.numel() / x.size(1));
      if (gradients[2].defined()) of_statistics.scale = gradients[2] * (2.0 / count);
      of_statistics.shift = -of_statistics.scale * saved[3];
      if (gradients[1].defined()) {
        of_statistics.shift = of_statistics.shift + gradients[1] * (1.0 / count);
      }
    }
    const at::Tensor dx = x.scalar_type() == at::kFloat
                              ? Backward<float>(x, dy, affine, of_statistics, relu)
                              : Backward<c10::BFloat16>(x, dy, affine, of_statistics, relu);
    return {dx, {}, {}, {}, {}};
  }
};

bool FitsOnePass(const at::Tensor& x) {
  return x.dim() == 4 && x.device().is_cpu() && x.numel() > 0 &&
         (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16) &&
         x.is_contiguous(at::MemoryFormat::ChannelsLast);
}

FrozenBatchNormOutput ThroughOperators(const at::Tensor& x, const FrozenBatchNormOptions& options) {
  FrozenBatchNormOutput output;
  if (options.want_statistics) output.statistics = ComputeBatchStatistics(x);
  output.y =
      at::batch_norm(x, options.weight, options.bias, options.running_mean, options.running_var,
                     /*training=*/false, /*momentum=*/0.0, options.eps, /*cudnn_enabled=*/true);
  if (options.relu) output.y = at::relu_(output.y);
  return output;
}

}  // namespace

FrozenBatchNormOutput FrozenBatchNorm(const at::Tensor& x, const FrozenBatchNormOptions& options) {
  if (!FitsOnePass(x)) return ThroughOperators(x, options);
  Affine affine;
  {
    at::NoGradGuard no_grad;
    affine = MakeAffine(options);
  }
  if (!at::GradMode::is_enabled() || !x.requires_grad()) {
    return ForwardAny(x, affine, options.relu, options.want_statistics);
  }
  const variable_list outputs = FrozenBatchNormFunction::apply(
      x, affine.scale, affine.shift, options.relu, options.want_statistics);
  FrozenBatchNormOutput output;
  output.y = outputs[0];
  if (options.want_statistics) output.statistics = {outputs[1], outputs[2]};
  return output;
}

}  // namespace dfkd
