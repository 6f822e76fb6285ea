#include "dfkd/models/padded_mobilenet_v2.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/constant_pad_nd.h>

#include <cmath>
#include <string>
#include <vector>

#include "dfkd/models/mobilenet_v2_features.h"

namespace dfkd {
namespace {

// As torch.nn.init.kaiming_normal_ draws it by default.
void DrawKaimingNormalFanIn(const at::Tensor& weight, RandomStream& init) {
  const double fan_in = static_cast<double>(weight.numel() / weight.size(0));
  weight.detach().copy_(init.Normal(weight.sizes(), 0.0, std::sqrt(2.0 / fan_in)));
}

class Stem : public Layer {
 public:
  Stem(int64_t in, int64_t out, RandomStream& init) {
    conv_ = AddModule<Conv2d>(
        "0", ConvOptions{.in = in, .out = out, .stride = 2, .padding = 1, .bias = false}, init);
    DrawKaimingNormalFanIn(conv_->weight, init);
    norm_ = AddModule<BatchNorm>("1", out);
  }
  at::Tensor Forward(const at::Tensor& x, Taps& taps) override {
    return norm_->ForwardRelu6(conv_->Forward(x, taps), taps);
  }

 private:
  Conv2d* conv_;
  BatchNorm* norm_;
};

struct BlockOptions {
  int64_t in = 0;
  int64_t out = 0;
  int64_t expansion = 1;
  int64_t stride = 1;
  int64_t dilation = 1;
};

// Pads, expands by a 1x1 convolution (unless the expansion is 1), convolves each channel by itself,
// and contracts; adds its input where size and channels stay. Modules "conv.0" to "conv.7" in the
// order of convolutions, BatchNorms and ReLU6.
class Block : public Layer {
 public:
  Block(const BlockOptions& options, RandomStream& init)
      : dilation_(options.dilation), adds_(options.stride == 1 && options.in == options.out) {
    Sequential* conv = AddModule<Sequential>("conv");
    const int64_t hidden = options.in * options.expansion;
    int place = 0;
    const auto add = [&](const ConvOptions& one) {
      convs_.push_back(conv->AddNamed<Conv2d>(std::to_string(place), one, init));
      DrawKaimingNormalFanIn(convs_.back()->weight, init);
      norms_.push_back(conv->AddNamed<BatchNorm>(std::to_string(place + 1), one.out));
      place += 3;
    };
    if (options.expansion != 1) {
      add({.in = options.in, .out = hidden, .kernel = 1, .bias = false});
    }
    add({.in = hidden,
         .out = hidden,
         .stride = options.stride,
         .dilation = options.dilation,
         .groups = hidden,
         .bias = false});
    add({.in = hidden, .out = options.out, .kernel = 1, .bias = false});
  }

  at::Tensor Forward(const at::Tensor& x, Taps& taps) override {
    at::Tensor h = at::constant_pad_nd(x, {dilation_, dilation_, dilation_, dilation_});
    const size_t last = convs_.size() - 1;
    for (size_t i = 0; i < last; ++i) {
      h = norms_[i]->ForwardRelu6(convs_[i]->Forward(h, taps), taps);
    }
    h = norms_[last]->Forward(convs_[last]->Forward(h, taps), taps);
    return adds_ ? x + h : h;
  }

 private:
  const int64_t dilation_;
  const bool adds_;
  std::vector<Conv2d*> convs_;
  std::vector<BatchNorm*> norms_;
};

constexpr int64_t kStemChannels = 32;
constexpr int64_t kLargestStride = 8;

// The modules in front of those that halve the map, and the last one.
constexpr size_t kStageEnds[] = {1, 3, 17};

}  // namespace

PaddedMobilenetV2::PaddedMobilenetV2(int64_t channels, RandomStream& init) {
  features_ = AddModule<Sequential>("features");
  features_->Add<Stem>(channels, kStemChannels, init);
  int64_t in = kStemChannels, stride_so_far = 2, rate = 1;
  for (const MobilenetV2Row& row : kMobilenetV2Rows) {
    BlockOptions options{.in = in, .out = row.channels, .expansion = row.expansion};
    if (stride_so_far == kLargestStride) {
      options.dilation = rate;
      rate *= row.stride;
    } else {
      options.stride = row.stride;
      stride_so_far *= row.stride;
    }
    for (int64_t i = 0; i < row.blocks; ++i) {
      features_->Add<Block>(options, init);
      options.in = row.channels;
      options.stride = 1;
    }
    in = row.channels;
  }
}

at::Tensor PaddedMobilenetV2::Forward(const at::Tensor& x, Taps& taps) {
  return ForwardWithStages(*features_, kStageEnds, x, taps);
}

}  // namespace dfkd
