#include <memory>

#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/models/atrous_head.h"
#include "dfkd/models/deeplab_v3.pb.h"
#include "dfkd/models/padded_mobilenet_v2.h"
#include "dfkd/models/resnet_backbone.h"
#include "dfkd/models/segmenter.h"
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
class DeeplabV3 : public Segmenter {
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
    Layer* backbone = nullptr;
    if (config.backbone() == Config::RESNET50) {
      const ResnetBackboneOptions options{.bottleneck = true,
                                          .blocks = {3, 4, 6, 3},
                                          .channels = context.channels,
                                          .dilated = {false, true, true}};
      auto* resnet = AddModule<ResnetBackbone>("backbone", options, *context.init);
      head.in = resnet->out_channels();
      backbone = resnet;
    } else {
      backbone = AddModule<PaddedMobilenetV2>("backbone", context.channels, *context.init);
      head.in = PaddedMobilenetV2::kOutChannels;
    }
    SetParts(backbone, AddModule<AtrousHead>("classifier", head, *context.init));
    if (config.auxiliary_classifier()) {
      AddModule<AuxiliaryHead>("aux_classifier", head.in / 2, context.num_classes, *context.init);
    }
  }

  // The head's last convolution does not act on feature_map.
  at::Tensor ClassifierWeight() const override { return {}; }
  at::Tensor ClassifierBias() const override { return {}; }
};

DFKD_REGISTER_PLUGIN(Model, DeeplabV3);

}  // namespace
}  // namespace dfkd
