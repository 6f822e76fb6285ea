#include "dfkd/models/mobilenet_v2_features.h"

#include <ATen/TensorOperators.h>

#include <algorithm>

namespace dfkd {
namespace {

ConvOptions Convolution(int64_t in, int64_t out, int64_t kernel) {
  return {.in = in, .out = out, .kernel = kernel, .bias = false, .kaiming_normal = true};
}

// Convolution "0", BatchNorm "1" and ReLU6.
class ConvNormRelu6 : public Layer {
 public:
  ConvNormRelu6(const ConvOptions& options, RandomStream& init) {
    conv_ = AddModule<Conv2d>("0", options, init);
    norm_ = AddModule<BatchNorm>("1", options.out);
  }
  at::Tensor Forward(const at::Tensor& x, Taps& taps) override {
    return norm_->ForwardRelu6(conv_->Forward(x, taps), taps);
  }

 private:
  Conv2d* conv_;
  BatchNorm* norm_;
};

ConvOptions Depthwise(int64_t width, int64_t stride) {
  ConvOptions options = Convolution(width, width, 3);
  options.stride = stride;
  options.padding = 1;
  options.groups = width;
  return options;
}

struct BlockOptions {
  int64_t in = 0;
  int64_t out = 0;
  int64_t expansion = 1;
  int64_t stride = 1;
};

// x' = project(depthwise(expand(x))), plus x where size and channels stay: 1x1 to expansion times
// the channels (left out where that is 1), 3x3 on each channel alone, and 1x1 without ReLU.
class InvertedResidual : public Layer {
 public:
  InvertedResidual(const BlockOptions& o, RandomStream& init)
      : has_shortcut_(o.stride == 1 && o.in == o.out) {
    const int64_t width = o.in * o.expansion;
    conv_ = AddModule<Sequential>("conv");
    if (o.expansion != 1) conv_->Add<ConvNormRelu6>(Convolution(o.in, width, 1), init);
    conv_->Add<ConvNormRelu6>(Depthwise(width, o.stride), init);
    conv_->Add<Conv2d>(Convolution(width, o.out, 1), init);
    conv_->Add<BatchNorm>(o.out);
  }
  // The last BatchNorm's output is nobody else's, so that the sum may overwrite it.
  at::Tensor Forward(const at::Tensor& x, Taps& taps) override {
    at::Tensor h = conv_->Forward(x, taps);
    return has_shortcut_ ? h.add_(x) : h;
  }

 private:
  bool has_shortcut_;
  Sequential* conv_;
};

// The modules in front of those that halve the map, and the last one.
constexpr size_t kStageEnds[] = {1, 3, 6, 13, 18};

}  // namespace

int64_t RoundToMultipleOf8(double channels) {
  const int64_t rounded = std::max<int64_t>(8, static_cast<int64_t>(channels + 4) / 8 * 8);
  return static_cast<double>(rounded) < 0.9 * channels ? rounded + 8 : rounded;
}

at::Tensor ForwardWithStages(Sequential& layers, absl::Span<const size_t> ends, const at::Tensor& x,
                             Taps& taps) {
  at::Tensor h = x;
  for (size_t i = 0; i < layers.size(); ++i) {
    h = layers.at(i).Forward(h, taps);
    if (taps.want_stages && std::count(ends.begin(), ends.end(), i) > 0) taps.stages.push_back(h);
  }
  return h;
}

MobilenetV2Features::MobilenetV2Features(const MobilenetV2Options& options, RandomStream& init) {
  int64_t in = RoundToMultipleOf8(32 * options.width_multiplier);
  ConvOptions stem = Convolution(options.channels, in, 3);
  stem.stride = 2;
  stem.padding = 1;
  Add<ConvNormRelu6>(stem, init);
  for (const MobilenetV2Row& row : kMobilenetV2Rows) {
    BlockOptions block = {
        .in = in,
        .out = RoundToMultipleOf8(static_cast<double>(row.channels) * options.width_multiplier),
        .expansion = row.expansion,
        .stride = row.stride};
    for (int64_t i = 0; i < row.blocks; ++i) {
      Add<InvertedResidual>(block, init);
      block.in = block.out;
      block.stride = 1;
    }
    in = block.out;
  }
  out_channels_ = RoundToMultipleOf8(1280 * std::max(1.0, options.width_multiplier));
  Add<ConvNormRelu6>(Convolution(in, out_channels_, 1), init);
}

at::Tensor MobilenetV2Features::Forward(const at::Tensor& x, Taps& taps) {
  return ForwardWithStages(*this, kStageEnds, x, taps);
}

}  // namespace dfkd
