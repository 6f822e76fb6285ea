#include <ATen/ops/upsample_bilinear2d.h>

#include <memory>

#include "dfkd/core/contract.h"
#include "dfkd/core/registry.h"
#include "dfkd/models/model.h"
#include "dfkd/models/plain_segmenter.pb.h"
#include "dfkd/models/plain_stage.h"
#include "dfkd/nn/layers.h"

namespace dfkd {
namespace {

// plain_stage.h, a 1x1 convolution "classifier" and bilinear enlargement: logits [N, K, H, W] for
// images [N, C, H, W] of any size. PyTorch's default initial weights. feature_map is the last
// stage's ReLU output, of which the logits before they are enlarged are linear.
class PlainSegmenter : public Model {
 public:
  using Config = PlainSegmenterConfig;

  // Neither classifier weight nor embedding: an image that shows several classes has no class
  // activation map, and no class whose other images it could be near to.
  static Contract GetContract(const Config&) {
    return {{},
            {Capability::kBatchNormInputs, Capability::kFeatureMap, Capability::kStages,
             Capability::kPixelLogits}};
  }

  static absl::StatusOr<std::unique_ptr<Model>> Create(const Config& config,
                                                       const ModelContext& context) {
    return std::make_unique<PlainSegmenter>(config, context);
  }

  PlainSegmenter(const Config& config, const ModelContext& context) {
    stages_ = AddModule<PlainStages>("", context.channels, config.widths(),
                                     config.convolutions_per_stage(), *context.init);
    classifier_ = AddModule<Conv2d>(
        "classifier",
        ConvOptions{.in = stages_->out_channels(), .out = context.num_classes, .kernel = 1},
        *context.init);
  }

  ModelOutput Forward(const at::Tensor& x, Taps& taps) override {
    ModelOutput output;
    output.feature_map = stages_->Forward(x, taps);
    output.embedding = output.feature_map.mean({2, 3});
    output.logits = at::upsample_bilinear2d(classifier_->Forward(output.feature_map, taps),
                                            {x.size(2), x.size(3)},
                                            /*align_corners=*/false);
    return output;
  }

  at::Tensor ClassifierWeight() const override { return classifier_->weight.flatten(1); }
  at::Tensor ClassifierBias() const override { return classifier_->bias; }

 private:
  PlainStages* stages_;
  Conv2d* classifier_;
};

DFKD_REGISTER_PLUGIN(Model, PlainSegmenter);

}  // namespace
}  // namespace dfkd
