#include <ATen/TensorOperators.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/models/pooled_classifier.h"
#include "dfkd/models/wide_resnet.pb.h"
#include "dfkd/nn/init.h"
#include "dfkd/nn/layers.h"

namespace dfkd {
namespace {

std::unique_ptr<Conv2d> MakeConv(int64_t in, int64_t out, int64_t kernel, int64_t stride,
                                 RandomStream& init) {
  auto conv = std::make_unique<Conv2d>(ConvOptions{.in = in,
                                                   .out = out,
                                                   .kernel = kernel,
                                                   .stride = stride,
                                                   .padding = kernel / 2,
                                                   .bias = false},
                                       init);
  DrawKaimingNormalFanOut(conv->weight, init);
  return conv;
}

// a = ReLU(bn1(x));  x' = conv2(ReLU(bn2(conv1(a)))) + shortcut.
// The shortcut is x, or, where the number of channels changes, a 1x1 convolution of a.
class Block : public Layer {
 public:
  Block(int64_t in, int64_t out, int64_t stride, RandomStream& init) {
    bn1_ = AddModule<BatchNorm>("bn1", in);
    conv1_ = AdoptModule("conv1", MakeConv(in, out, 3, stride, init));
    bn2_ = AddModule<BatchNorm>("bn2", out);
    conv2_ = AdoptModule("conv2", MakeConv(out, out, 3, 1, init));
    if (in != out) shortcut_ = AdoptModule("convShortcut", MakeConv(in, out, 1, stride, init));
  }

  at::Tensor Forward(const at::Tensor& x, Taps& taps) override {
    const at::Tensor a = bn1_->ForwardRelu(x, taps);
    const at::Tensor h = conv2_->Forward(bn2_->ForwardRelu(conv1_->Forward(a, taps), taps), taps);
    return (shortcut_ == nullptr ? x : shortcut_->Forward(a, taps)) + h;
  }

 private:
  BatchNorm* bn1_;
  Conv2d* conv1_;
  BatchNorm* bn2_;
  Conv2d* conv2_;
  Conv2d* shortcut_ = nullptr;
};

// A stage, under the released code's name: "block1.layer.0".
class Stage : public Layer {
 public:
  Stage(int64_t blocks, int64_t in, int64_t out, int64_t stride, RandomStream& init) {
    layer_ = AddModule<Sequential>("layer");
    for (int64_t i = 0; i < blocks; ++i) {
      layer_->Add<Block>(i == 0 ? in : out, out, i == 0 ? stride : 1, init);
    }
  }
  at::Tensor Forward(const at::Tensor& x, Taps& taps) override { return layer_->Forward(x, taps); }

 private:
  Sequential* layer_;
};

// WRN-d-w with d = 6n + 4: a 3x3 convolution to b = base_width channels (without BatchNorm), three
// stages of n blocks with b*w, 2b*w and 4b*w channels, the last two of stride 2, BatchNorm, ReLU,
// global average pooling, one linear layer. Names, initial distributions (convolutions
// N(0, 2 / fan_out), zero classifier bias) and logits are those of wresnet.py in the public
// data-free code. No dropout: every published pair has it at 0.
//
// feature_map is the final ReLU's output [N, 4bw, H/4, W/4], of which the logits are linear; taps'
// stages are the three stages' outputs before it. b = 8 and 16 with w = 1 are the small networks
// 8-16-32 and 16-32-64.
class WideResNet : public PooledClassifier {
 public:
  using Config = WideResNetConfig;

  static absl::Status Validate(const Config& config) {
    if ((config.depth() - 4) % 6 != 0) {
      return ConfigError(
          absl::StrCat("depth is ", config.depth(), "; must be 6n + 4 (10, 16, 22, 28, 40 ...)"));
    }
    return absl::OkStatus();
  }

  static absl::StatusOr<std::unique_ptr<Model>> Create(const Config& config,
                                                       const ModelContext& context) {
    return std::make_unique<WideResNet>(config, context);
  }

  WideResNet(const Config& config, const ModelContext& context) {
    RandomStream& init = *context.init;
    const int64_t blocks = (config.depth() - 4) / 6;
    const int64_t stem = config.base_width();
    const int64_t width = stem * config.widen_factor();
    conv1_ = AdoptModule("conv1", MakeConv(context.channels, stem, 3, 1, init));
    stages_[0] = AddModule<Stage>("block1", blocks, stem, width, 1, init);
    stages_[1] = AddModule<Stage>("block2", blocks, width, 2 * width, 2, init);
    stages_[2] = AddModule<Stage>("block3", blocks, 2 * width, 4 * width, 2, init);
    bn1_ = AddModule<BatchNorm>("bn1", 4 * width);
    AddClassifier("fc", 4 * width, context)->bias.detach().zero_();
  }

  ModelOutput Forward(const at::Tensor& x, Taps& taps) override {
    at::Tensor h = conv1_->Forward(x, taps);
    for (Stage* stage : stages_) {
      h = stage->Forward(h, taps);
      if (taps.want_stages) taps.stages.push_back(h);
    }
    return Classify(bn1_->ForwardRelu(h, taps), taps);
  }

 private:
  Conv2d* conv1_;
  Stage* stages_[3];
  BatchNorm* bn1_;
};

DFKD_REGISTER_PLUGIN(Model, WideResNet);

}  // namespace
}  // namespace dfkd
