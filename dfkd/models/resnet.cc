#include <memory>

#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/models/pooled_classifier.h"
#include "dfkd/models/resnet.pb.h"
#include "dfkd/models/resnet_backbone.h"

namespace dfkd {
namespace {

// resnet_backbone.h, global average pooling and one linear layer "fc". Names, initial distributions
// and logits are torchvision's (ResNet-18, -34 and -50 there), so that its weight files fit. Images
// of any size; below 64 pixels little is left to pool: cifar_resnet is for those.
//
// feature_map is the fourth stage's output [N, F, H/32, W/32] behind its ReLU, of which the logits
// are linear; taps' stages are the four stages' outputs.
class Resnet : public PooledClassifier {
 public:
  using Config = ResnetConfig;

  static absl::StatusOr<std::unique_ptr<Model>> Create(const Config& config,
                                                       const ModelContext& context) {
    return std::make_unique<Resnet>(config, context);
  }

  Resnet(const Config& config, const ModelContext& context) {
    const ResnetBackboneOptions options = {
        .bottleneck = config.block() == Config::BOTTLENECK,
        .blocks = {config.blocks(0), config.blocks(1), config.blocks(2), config.blocks(3)},
        .channels = context.channels,
        .base_width = config.base_width()};
    backbone_ = AddModule<ResnetBackbone>("", options, *context.init);
    AddClassifier("fc", backbone_->out_channels(), context);
  }

  ModelOutput Forward(const at::Tensor& x, Taps& taps) override {
    return Classify(backbone_->Forward(x, taps), taps);
  }

 private:
  ResnetBackbone* backbone_;
};

DFKD_REGISTER_PLUGIN(Model, Resnet);

}  // namespace
}  // namespace dfkd
