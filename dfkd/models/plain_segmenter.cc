#include <memory>

#include "dfkd/core/registry.h"
#include "dfkd/models/plain_segmenter.pb.h"
#include "dfkd/models/plain_stage.h"
#include "dfkd/models/segmenter.h"
#include "dfkd/nn/layers.h"

namespace dfkd {
namespace {

// plain_stage.h, a 1x1 convolution "classifier" and bilinear enlargement: logits [N, K, H, W] for
// images [N, C, H, W] of any size. PyTorch's default initial weights. feature_map is the last
// stage's ReLU output, of which the logits before they are enlarged are linear.
class PlainSegmenter : public Segmenter {
 public:
  using Config = PlainSegmenterConfig;

  static absl::StatusOr<std::unique_ptr<Model>> Create(const Config& config,
                                                       const ModelContext& context) {
    return std::make_unique<PlainSegmenter>(config, context);
  }

  PlainSegmenter(const Config& config, const ModelContext& context) {
    auto* stages = AddModule<PlainStages>("", context.channels, config.widths(),
                                          config.convolutions_per_stage(), *context.init);
    classifier_ = AddModule<Conv2d>(
        "classifier",
        ConvOptions{.in = stages->out_channels(), .out = context.num_classes, .kernel = 1},
        *context.init);
    SetParts(stages, classifier_);
  }

  at::Tensor ClassifierWeight() const override { return classifier_->weight.flatten(1); }
  at::Tensor ClassifierBias() const override { return classifier_->bias; }

 private:
  Conv2d* classifier_;
};

DFKD_REGISTER_PLUGIN(Model, PlainSegmenter);

}  // namespace
}  // namespace dfkd
