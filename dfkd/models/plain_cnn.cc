#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/registry.h"
#include "dfkd/models/plain_cnn.pb.h"
#include "dfkd/models/plain_stage.h"
#include "dfkd/models/pooled_classifier.h"

namespace dfkd {
namespace {

// Stages "stage1", "stage2" ... with 2x2 max-pooling between them (rounding up, so that any image
// size will do), global average pooling and one linear layer "classifier". PyTorch's default
// initial weights. feature_map is the last stage's ReLU output, of which the logits are linear.
class PlainCnn : public PooledClassifier {
 public:
  using Config = PlainCnnConfig;

  static absl::StatusOr<std::unique_ptr<Model>> Create(const Config& config,
                                                       const ModelContext& context) {
    return std::make_unique<PlainCnn>(config, context);
  }

  PlainCnn(const Config& config, const ModelContext& context) {
    int64_t in = context.channels;
    for (int i = 0; i < config.widths_size(); ++i) {
      stages_.push_back(AddModule<PlainStage>(absl::StrCat("stage", i + 1), in, config.widths(i),
                                              config.convolutions_per_stage(), *context.init));
      in = config.widths(i);
    }
    AddClassifier("classifier", in, context);
  }

  ModelOutput Forward(const at::Tensor& x, Taps& taps) override {
    at::Tensor h = x;
    for (size_t i = 0; i < stages_.size(); ++i) {
      h = stages_[i]->Forward(i > 0 ? HalveBetweenStages(h) : h, taps);
      if (taps.want_stages) taps.stages.push_back(h);
    }
    return Classify(h, taps);
  }

 private:
  std::vector<PlainStage*> stages_;
};

DFKD_REGISTER_PLUGIN(Model, PlainCnn);

}  // namespace
}  // namespace dfkd
