#include <ATen/TensorOperators.h>
#include <ATen/ops/max_pool2d.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/models/cifar_vgg.pb.h"
#include "dfkd/models/pooled_classifier.h"
#include "dfkd/nn/init.h"
#include "dfkd/nn/layers.h"

namespace dfkd {
namespace {

// 3x3 convolutions with bias, each with BatchNorm and ReLU. The names count ReLU as a layer, as the
// released code's do: convolution 0, BatchNorm 1, convolution 3, BatchNorm 4 ...
class Block : public Layer {
 public:
  Block(int64_t in, int64_t out, int convolutions, RandomStream& init) {
    for (int i = 0; i < convolutions; ++i) {
      const ConvOptions options{.in = i == 0 ? in : out, .out = out, .padding = 1};
      Conv2d* conv = AddModule<Conv2d>(absl::StrCat(3 * i), options, init);
      DrawKaimingNormalFanOut(conv->weight, init);
      conv->bias.detach().zero_();
      convs_.push_back(conv);
      norms_.push_back(AddModule<BatchNorm>(absl::StrCat(3 * i + 1), out));
    }
  }

  at::Tensor Forward(const at::Tensor& x, Taps& taps) override {
    at::Tensor h = x;
    for (size_t i = 0; i < convs_.size(); ++i) {
      h = norms_[i]->ForwardRelu(convs_[i]->Forward(h, taps), taps);
    }
    return h;
  }

 private:
  std::vector<Conv2d*> convs_;
  std::vector<BatchNorm*> norms_;
};

// Blocks "block0" to "block4" with b, 2b, 4b, 8b and 8b channels (b = base_width), 2x2 max-pooling
// behind the first three and, for images of 64 pixels and more, behind the fourth, global average
// pooling and one linear layer "classifier". Names, initial distributions (convolutions
// N(0, 2 / fan_out), classifier N(0, 0.01^2), zero biases) and logits are those of vgg.py in the
// public data-free code, VGG-11 with BatchNorm there; of images above 32 pixels, that code pools
// those of height 64 a fourth time and no others.
//
// feature_map is ReLU of the fifth block [N, 8b, H/8, W/8], of which the logits are linear; taps'
// stages are the five blocks' outputs.
class CifarVgg : public PooledClassifier {
 public:
  using Config = CifarVggConfig;

  static absl::StatusOr<std::unique_ptr<Model>> Create(const Config& config,
                                                       const ModelContext& context) {
    if (std::min(context.height, context.width) < kLeastSize) {
      return ConfigError(absl::StrCat("CifarVggConfig: images are ", context.height, "x",
                                      context.width, "; must be at least ", kLeastSize, "x",
                                      kLeastSize, " pixels, as they are halved three times"));
    }
    return std::make_unique<CifarVgg>(config, context);
  }

  CifarVgg(const Config& config, const ModelContext& context) {
    RandomStream& init = *context.init;
    int64_t in = context.channels;
    for (int i = 0; i < kBlocks; ++i) {
      const int64_t out = int64_t{config.base_width()} << std::min(i, 3);
      blocks_[i] =
          AddModule<Block>(absl::StrCat("block", i), in, out, config.convolutions(i), init);
      in = out;
    }
    Linear* classifier = AddClassifier("classifier", in, context);
    classifier->weight.detach().copy_(init.Normal(classifier->weight.sizes(), 0.0, 0.01));
    classifier->bias.detach().zero_();
  }

  ModelOutput Forward(const at::Tensor& x, Taps& taps) override {
    const int pooled_blocks = std::min(x.size(2), x.size(3)) >= 64 ? 4 : 3;
    at::Tensor h = x;
    for (int i = 0; i < kBlocks; ++i) {
      h = blocks_[i]->Forward(h, taps);
      if (taps.want_stages) taps.stages.push_back(h);
      if (i < pooled_blocks) h = at::max_pool2d(h, /*kernel_size=*/2, /*stride=*/2);
    }
    return Classify(h, taps);
  }

 private:
  static constexpr int kBlocks = 5;
  static constexpr int64_t kLeastSize = 8;

  Block* blocks_[kBlocks];
};

DFKD_REGISTER_PLUGIN(Model, CifarVgg);

}  // namespace
}  // namespace dfkd
