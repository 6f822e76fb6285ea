#include <memory>

#include "dfkd/core/registry.h"
#include "dfkd/models/plain_cnn.pb.h"
#include "dfkd/models/plain_stage.h"
#include "dfkd/models/pooled_classifier.h"

namespace dfkd {
namespace {

// plain_stage.h, global average pooling and one linear layer "classifier", with PyTorch's default
// initial weights. Images of any size. feature_map is the last stage's ReLU output, of which the
// logits are linear.
class PlainCnn : public PooledClassifier {
 public:
  using Config = PlainCnnConfig;

  static absl::StatusOr<std::unique_ptr<Model>> Create(const Config& config,
                                                       const ModelContext& context) {
    return std::make_unique<PlainCnn>(config, context);
  }

  PlainCnn(const Config& config, const ModelContext& context) {
    stages_ = AddModule<PlainStages>("", context.channels, config.widths(),
                                     config.convolutions_per_stage(), *context.init);
    AddClassifier("classifier", stages_->out_channels(), context);
  }

  ModelOutput Forward(const at::Tensor& x, Taps& taps) override {
    return Classify(stages_->Forward(x, taps), taps);
  }

 private:
  PlainStages* stages_;
};

DFKD_REGISTER_PLUGIN(Model, PlainCnn);

}  // namespace
}  // namespace dfkd
