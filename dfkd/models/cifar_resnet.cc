#include <ATen/TensorOperators.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/models/cifar_resnet.pb.h"
#include "dfkd/models/pooled_classifier.h"
#include "dfkd/nn/layers.h"

namespace dfkd {
namespace {

ConvOptions Convolution(int64_t in, int64_t out, int64_t kernel, int64_t stride) {
  return {.in = in,
          .out = out,
          .kernel = kernel,
          .stride = stride,
          .padding = kernel / 2,
          .bias = false};
}

// x' = ReLU(bn2(conv2(ReLU(bn1(conv1(x))))) + shortcut(x)).
// The shortcut is x or, where size or channels change, BatchNorm of a 1x1 convolution of x.
class BasicBlock : public Layer {
 public:
  BasicBlock(int64_t in, int64_t out, int64_t stride, RandomStream& init) {
    conv1_ = AddModule<Conv2d>("conv1", Convolution(in, out, 3, stride), init);
    bn1_ = AddModule<BatchNorm>("bn1", out);
    conv2_ = AddModule<Conv2d>("conv2", Convolution(out, out, 3, 1), init);
    bn2_ = AddModule<BatchNorm>("bn2", out);
    shortcut_ = AddModule<Sequential>("shortcut");
    if (stride != 1 || in != out) {
      shortcut_->Add<Conv2d>(Convolution(in, out, 1, stride), init);
      shortcut_->Add<BatchNorm>(out);
    }
  }

  // The last BatchNorm's output is nobody else's, so that sum and ReLU may overwrite it.
  at::Tensor Forward(const at::Tensor& x, Taps& taps) override {
    at::Tensor h = bn1_->ForwardRelu(conv1_->Forward(x, taps), taps);
    h = bn2_->Forward(conv2_->Forward(h, taps), taps);
    h.add_(shortcut_->Forward(x, taps));
    return ReluOfFresh(std::move(h), taps);
  }

 private:
  Conv2d* conv1_;
  BatchNorm* bn1_;
  Conv2d* conv2_;
  BatchNorm* bn2_;
  Sequential* shortcut_;
};

// A 3x3 convolution to b = base_width channels, BatchNorm and ReLU (no max-pooling), four stages of
// basic blocks with b, 2b, 4b and 8b channels, the last three of stride 2, global average pooling,
// one linear layer "linear". Names, initial distributions (PyTorch's defaults) and logits are those
// of resnet.py in the public data-free code, ResNet-18 and ResNet-34 there.
//
// feature_map is the fourth stage's output [N, 8b, H/8, W/8] behind its ReLU, of which the logits
// are linear; taps' stages are the four stages' outputs.
class CifarResnet : public PooledClassifier {
 public:
  using Config = CifarResnetConfig;

  static absl::StatusOr<std::unique_ptr<Model>> Create(const Config& config,
                                                       const ModelContext& context) {
    return std::make_unique<CifarResnet>(config, context);
  }

  CifarResnet(const Config& config, const ModelContext& context) {
    RandomStream& init = *context.init;
    int64_t in = config.base_width();
    conv1_ = AddModule<Conv2d>("conv1", Convolution(context.channels, in, 3, 1), init);
    bn1_ = AddModule<BatchNorm>("bn1", in);
    for (int stage = 0; stage < kStages; ++stage) {
      stages_[stage] = AddModule<Sequential>(absl::StrCat("layer", stage + 1));
      const int64_t out = int64_t{config.base_width()} << stage;
      for (int64_t block = 0; block < config.blocks(stage); ++block) {
        const int64_t stride = stage > 0 && block == 0 ? 2 : 1;
        stages_[stage]->Add<BasicBlock>(in, out, stride, init);
        in = out;
      }
    }
    AddClassifier("linear", in, context);
  }

  ModelOutput Forward(const at::Tensor& x, Taps& taps) override {
    at::Tensor h = bn1_->ForwardRelu(conv1_->Forward(x, taps), taps);
    for (Sequential* stage : stages_) {
      h = stage->Forward(h, taps);
      if (taps.want_stages) taps.stages.push_back(h);
    }
    return Classify(h, taps);
  }

 private:
  static constexpr int kStages = 4;

  Conv2d* conv1_;
  BatchNorm* bn1_;
  Sequential* stages_[kStages];
};

DFKD_REGISTER_PLUGIN(Model, CifarResnet);

}  // namespace
}  // namespace dfkd
