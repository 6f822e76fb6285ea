#include <ATen/ops/upsample_bilinear2d.h>

#include <memory>
#include <vector>

#include "dfkd/core/contract.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/models/atrous_head.h"
#include "dfkd/models/deeplab_v3.pb.h"
#include "dfkd/models/model.h"
#include "dfkd/models/padded_mobilenet_v2.h"
#include "dfkd/models/resnet_backbone.h"
#include "dfkd/nn/layers.h"

namespace dfkd {
namespace {

// torchvision's second head on the third stage: a 3x3 convolution, BatchNorm, and a 1x1 convolution
// to the classes. Its weights are kept, and nothing is computed.
class AuxiliaryHead : public Module {
 public:
  AuxiliaryHead(int64_t in, int64_t classes, RandomStream& init) {
    AddModule<Conv2d>("0", ConvOptions{.in = in, .out = in / 4, .padding = 1, .bias = false}, init);
    AddModule<BatchNorm>("1", in / 4);
    AddModule<Conv2d>("4", ConvOptions{.in = in / 4, .out = classes, .kernel = 1}, init);
  }
};

// "backbone" without a classifier, its map an eighth of the image's size, the head "classifier" of
// atrous_head.h, and bilinear enlargement: images [N, C, H, W] of any size -> logits [N, K, H, W].
//
//   RESNET50      torchvision's deeplabv3_resnet50: names, initial distributions, logits. The last
//                 two stages are dilated.
//   MOBILENET_V2  deeplabv3_mobilenet of DFAD's code.
//
// feature_map is the backbone's last map [N, F, H/8, W/8], embedding its mean.
class DeeplabV3 : public Model {
 public:
  using Config = DeeplabV3Config;

  static absl::Status Validate(const Config& config) {
    if (config.auxiliary_classifier() && config.backbone() != Config::RESNET50) {
      return ConfigError(
          "auxiliary_classifier is true with backbone MOBILENET_V2; only RESNET50 "
          "has one");
    }
    return absl::OkStatus();
  }

  // Neither classifier weight nor embedding: an image that shows several classes has no class
  // activation map, and no class whose other images it could be near to.
  static Contract GetContract(const Config&) {
    return {{},
            {Capability::kBatchNormInputs, Capability::kFeatureMap, Capability::kStages,
             Capability::kPixelLogits}};
  }

  static absl::StatusOr<std::unique_ptr<Model>> Create(const Config& config,
                                                       const ModelContext& context) {
    return std::make_unique<DeeplabV3>(config, context);
  }

  DeeplabV3(const Config& config, const ModelContext& context) {
    AtrousHeadOptions head;
    head.classes = context.num_classes;
    head.rates.assign(config.atrous_rates().begin(), config.atrous_rates().end());
    head.dropout = config.dropout();
    head.dropout_stream = context.dropout;
    if (config.backbone() == Config::RESNET50) {
      const ResnetBackboneOptions options{.bottleneck = true,
                                          .blocks = {3, 4, 6, 3},
                                          .channels = context.channels,
                                          .dilated = {false, true, true}};
      auto* backbone = AddModule<ResnetBackbone>("backbone", options, *context.init);
      head.in = backbone->out_channels();
      backbone_ = backbone;
    } else {
      backbone_ = AddModule<PaddedMobilenetV2>("backbone", context.channels, *context.init);
      head.in = PaddedMobilenetV2::kOutChannels;
    }
    head_ = AddModule<AtrousHead>("classifier", head, *context.init);
    if (config.auxiliary_classifier()) {
      AddModule<AuxiliaryHead>("aux_classifier", head.in / 2, context.num_classes, *context.init);
    }
  }

  ModelOutput Forward(const at::Tensor& x, Taps& taps) override {
    ModelOutput output;
    output.feature_map = backbone_->Forward(x, taps);
    output.embedding = output.feature_map.mean({2, 3});
    output.logits = at::upsample_bilinear2d(head_->Forward(output.feature_map, taps),
                                            {x.size(2), x.size(3)}, /*align_corners=*/false);
    return output;
  }

  // The head's last convolution does not act on feature_map.
  at::Tensor ClassifierWeight() const override { return {}; }
  at::Tensor ClassifierBias() const override { return {}; }

 private:
  Layer* backbone_;
  AtrousHead* head_;
};

DFKD_REGISTER_PLUGIN(Model, DeeplabV3);

}  // namespace
}  // namespace dfkd
