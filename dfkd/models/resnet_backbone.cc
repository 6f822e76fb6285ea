#include "dfkd/models/resnet_backbone.h"

#include <ATen/ops/max_pool2d.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

struct BlockOptions {
  int64_t in = 0;
  int64_t width = 0;  // of the 3x3 convolutions
  int64_t stride = 1;
  int64_t dilation = 1;
};

ConvOptions Convolution(int64_t in, int64_t out, int64_t kernel, int64_t stride,
                        int64_t dilation = 1) {
  return {.in = in,
          .out = out,
          .kernel = kernel,
          .stride = stride,
          .padding = kernel / 2 * dilation,
          .dilation = dilation,
          .bias = false,
          .kaiming_normal = true};
}

// x' = ReLU(F(x) + shortcut(x)). The shortcut is x or, where size or channels change, "downsample":
// BatchNorm of a 1x1 convolution of x.
class ResidualBlock : public Layer {
 public:
  using Layer::Forward;
  // The last BatchNorm's output is nobody else's, so that sum and ReLU may overwrite it.
  at::Tensor Forward(const at::Tensor& x, Taps& taps) override {
    at::Tensor h = Residual(x, taps);
    h.add_(downsample_ == nullptr ? x : downsample_->Forward(x, taps));
    return ReluOfFresh(std::move(h), taps);
  }

 protected:
  virtual at::Tensor Residual(const at::Tensor& x, Taps& taps) = 0;

  void AddShortcut(int64_t in, int64_t out, int64_t stride, RandomStream& init) {
    if (stride == 1 && in == out) return;
    downsample_ = AddModule<Sequential>("downsample");
    downsample_->Add<Conv2d>(Convolution(in, out, 1, stride), init);
    downsample_->Add<BatchNorm>(out);
  }

 private:
  Sequential* downsample_ = nullptr;
};

// F(x) = bn2(conv2(ReLU(bn1(conv1(x))))), both 3x3, the first with the stride.
class BasicBlock : public ResidualBlock {
 public:
  static constexpr int64_t kExpansion = 1;

  BasicBlock(const BlockOptions& o, RandomStream& init) {
    CHECK_EQ(o.dilation, 1) << "basic blocks are not dilated";
    conv1_ = AddModule<Conv2d>("conv1", Convolution(o.in, o.width, 3, o.stride), init);
    bn1_ = AddModule<BatchNorm>("bn1", o.width);
    conv2_ = AddModule<Conv2d>("conv2", Convolution(o.width, o.width, 3, 1), init);
    bn2_ = AddModule<BatchNorm>("bn2", o.width);
    AddShortcut(o.in, o.width, o.stride, init);
  }

 protected:
  at::Tensor Residual(const at::Tensor& x, Taps& taps) override {
    const at::Tensor h = bn1_->ForwardRelu(conv1_->Forward(x, taps), taps);
    return bn2_->Forward(conv2_->Forward(h, taps), taps);
  }

 private:
  Conv2d *conv1_, *conv2_;
  BatchNorm *bn1_, *bn2_;
};

// F(x) = bn3(conv3(ReLU(bn2(conv2(ReLU(bn1(conv1(x)))))))): 1x1 to `width` channels, 3x3, 1x1 to
// four times as many. The stride is the 3x3 convolution's, as in torchvision ("v1.5"), not the
// first's.
class Bottleneck : public ResidualBlock {
 public:
  static constexpr int64_t kExpansion = 4;

  Bottleneck(const BlockOptions& o, RandomStream& init) {
    const int64_t out = o.width * kExpansion;
    conv1_ = AddModule<Conv2d>("conv1", Convolution(o.in, o.width, 1, 1), init);
    bn1_ = AddModule<BatchNorm>("bn1", o.width);
    conv2_ =
        AddModule<Conv2d>("conv2", Convolution(o.width, o.width, 3, o.stride, o.dilation), init);
    bn2_ = AddModule<BatchNorm>("bn2", o.width);
    conv3_ = AddModule<Conv2d>("conv3", Convolution(o.width, out, 1, 1), init);
    bn3_ = AddModule<BatchNorm>("bn3", out);
    AddShortcut(o.in, out, o.stride, init);
  }

 protected:
  at::Tensor Residual(const at::Tensor& x, Taps& taps) override {
    at::Tensor h = bn1_->ForwardRelu(conv1_->Forward(x, taps), taps);
    h = bn2_->ForwardRelu(conv2_->Forward(h, taps), taps);
    return bn3_->Forward(conv3_->Forward(h, taps), taps);
  }

 private:
  Conv2d *conv1_, *conv2_, *conv3_;
  BatchNorm *bn1_, *bn2_, *bn3_;
};

// `blocks` blocks behind `first`; returns the channels that come out. The first block of a dilated
// stage has the dilation of the stage before it, as torchvision's.
template <typename Block>
int64_t FillStage(int64_t blocks, BlockOptions first, int64_t dilation, RandomStream& init,
                  Sequential* stage) {
  BlockOptions options = first;
  for (int64_t i = 0; i < blocks; ++i) {
    stage->Add<Block>(options, init);
    options.in = options.width * Block::kExpansion;
    options.stride = 1;
    options.dilation = dilation;
  }
  return options.in;
}

}  // namespace

ResnetBackbone::ResnetBackbone(const ResnetBackboneOptions& options, RandomStream& init) {
  int64_t in = options.base_width, dilation = 1;
  conv1_ = AddModule<Conv2d>("conv1", Convolution(options.channels, in, 7, 2), init);
  bn1_ = AddModule<BatchNorm>("bn1", in);
  for (size_t i = 0; i < stages_.size(); ++i) {
    stages_[i] = AddModule<Sequential>(absl::StrCat("layer", i + 1));
    const bool dilated = i > 0 && options.dilated[i - 1];
    const BlockOptions first = {.in = in,
                                .width = options.base_width << i,
                                .stride = i > 0 && !dilated ? 2 : 1,
                                .dilation = dilation};
    if (dilated) dilation *= 2;
    const auto fill = options.bottleneck ? FillStage<Bottleneck> : FillStage<BasicBlock>;
    in = fill(options.blocks[i], first, dilation, init, stages_[i]);
  }
  out_channels_ = in;
}

at::Tensor ResnetBackbone::Forward(const at::Tensor& x, Taps& taps) {
  at::Tensor h = bn1_->ForwardRelu(conv1_->Forward(x, taps), taps);
  h = at::max_pool2d(h, /*kernel_size=*/3, /*stride=*/2, /*padding=*/1);
  for (Sequential* stage : stages_) {
    h = stage->Forward(h, taps);
    if (taps.want_stages) taps.stages.push_back(h);
  }
  return h;
}

}  // namespace dfkd
