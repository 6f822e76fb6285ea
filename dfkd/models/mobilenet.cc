#include <memory>

#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/models/mobilenet.pb.h"
#include "dfkd/models/mobilenet_v2_features.h"
#include "dfkd/models/pooled_classifier.h"

namespace dfkd {
namespace {

// MobileNetV2: mobilenet_v2_features.h as "features", global average pooling, and "classifier":
// dropout and a linear layer. Names, initial distributions (linear layer N(0, 0.01^2), zero bias)
// and logits are torchvision's, so that its weight files fit. Images of any size; below 64 pixels
// little is left to pool.
//
// feature_map is the last module's output [N, 1280, H/32, W/32] behind its ReLU6, of which the
// logits are linear but for dropout in training; taps' stages are the last outputs of each of five
// sizes.
class Mobilenet : public PooledClassifier {
 public:
  using Config = MobilenetConfig;

  static absl::StatusOr<std::unique_ptr<Model>> Create(const Config& config,
                                                       const ModelContext& context) {
    return std::make_unique<Mobilenet>(config, context);
  }

  Mobilenet(const Config& config, const ModelContext& context) {
    RandomStream& init = *context.init;
    const MobilenetV2Options options = {.channels = context.channels,
                                        .width_multiplier = config.width_multiplier()};
    features_ = AddModule<MobilenetV2Features>("features", options, init);
    Sequential* head = AddModule<Sequential>("classifier");
    head->Add<Dropout>(config.dropout(), context.dropout);
    Linear* linear = head->Add<Linear>(features_->out_channels(), context.num_classes, init);
    linear->weight.detach().copy_(init.Normal(linear->weight.sizes(), 0.0, 0.01));
    linear->bias.detach().zero_();
    SetClassifier(head, linear);
  }

  ModelOutput Forward(const at::Tensor& x, Taps& taps) override {
    return Classify(features_->Forward(x, taps), taps);
  }

 private:
  MobilenetV2Features* features_;
};

DFKD_REGISTER_PLUGIN(Model, Mobilenet);

}  // namespace
}  // namespace dfkd
