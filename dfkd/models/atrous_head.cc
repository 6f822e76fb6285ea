#include "dfkd/models/atrous_head.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/upsample_bilinear2d.h>

#include <string>

namespace dfkd {
namespace {

constexpr int64_t kChannels = 256;

// A convolution, BatchNorm and ReLU, called by their places from `first` on.
class ConvNormRelu : public Layer {
 public:
  ConvNormRelu(const ConvOptions& options, RandomStream& init, int first = 0) {
    conv_ = AddModule<Conv2d>(std::to_string(first), options, init);
    norm_ = AddModule<BatchNorm>(std::to_string(first + 1), options.out);
  }
  at::Tensor Forward(const at::Tensor& x, Taps& taps) override {
    return norm_->ForwardRelu(conv_->Forward(x, taps), taps);
  }

 private:
  Conv2d* conv_;
  BatchNorm* norm_;
};

ConvOptions Pointwise(int64_t in) {
  return {.in = in, .out = kChannels, .kernel = 1, .bias = false};
}

// The map's mean, through a 1x1 convolution, at every position.
class PooledBranch : public Layer {
 public:
  PooledBranch(int64_t in, RandomStream& init) {
    // Module "0" is the pooling.
    layers_ = AddModule<ConvNormRelu>("", Pointwise(in), init, /*first=*/1);
  }
  at::Tensor Forward(const at::Tensor& x, Taps& taps) override {
    const at::Tensor pooled = layers_->Forward(x.mean({2, 3}, /*keepdim=*/true), taps);
    return at::upsample_bilinear2d(pooled, {x.size(2), x.size(3)}, /*align_corners=*/false);
  }

 private:
  ConvNormRelu* layers_;
};

class AtrousPyramid : public Layer {
 public:
  AtrousPyramid(const AtrousHeadOptions& options, RandomStream& init)
      : branches_(*AddModule<Sequential>("convs")) {
    branches_.Add<ConvNormRelu>(Pointwise(options.in), init);
    for (const int64_t rate : options.rates) {
      branches_.Add<ConvNormRelu>(
          ConvOptions{
              .in = options.in, .out = kChannels, .padding = rate, .dilation = rate, .bias = false},
          init);
    }
    branches_.Add<PooledBranch>(options.in, init);
    Sequential* project = AddModule<Sequential>("project");
    project_ = project;
    // Places 0, 1 and 2 are convolution, BatchNorm and ReLU.
    project->AddNamed<ConvNormRelu>(
        "", Pointwise(static_cast<int64_t>(branches_.size()) * kChannels), init);
    project->AddNamed<Dropout>("3", options.dropout, options.dropout_stream);
  }

  // The branches see the same map.
  at::Tensor Forward(const at::Tensor& x, Taps& taps) override {
    std::vector<at::Tensor> maps;
    for (size_t i = 0; i < branches_.size(); ++i) maps.push_back(branches_.at(i).Forward(x, taps));
    return project_->Forward(at::cat(maps, 1), taps);
  }

 private:
  Sequential& branches_;
  Layer* project_;
};

}  // namespace

AtrousHead::AtrousHead(const AtrousHeadOptions& options, RandomStream& init) {
  pyramid_ = AddModule<AtrousPyramid>("0", options, init);
  conv_ = AddModule<Conv2d>(
      "1", ConvOptions{.in = kChannels, .out = kChannels, .padding = 1, .bias = false}, init);
  norm_ = AddModule<BatchNorm>("2", kChannels);
  classifier_ = AddModule<Conv2d>(
      "4", ConvOptions{.in = kChannels, .out = options.classes, .kernel = 1}, init);
}

at::Tensor AtrousHead::Forward(const at::Tensor& x, Taps& taps) {
  const at::Tensor h = conv_->Forward(pyramid_->Forward(x, taps), taps);
  return classifier_->Forward(norm_->ForwardRelu(h, taps), taps);
}

}  // namespace dfkd
