#include <ATen/ops/max_pool2d.h>

#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/registry.h"
#include "dfkd/models/plain_cnn.pb.h"
#include "dfkd/models/pooled_classifier.h"
#include "dfkd/nn/layers.h"

namespace dfkd {
namespace {

// 3x3 convolutions, each with BatchNorm and ReLU, under the names "conv1", "bn1", "conv2" ...
class Stage : public Layer {
 public:
  Stage(int64_t in, int64_t out, int convolutions, RandomStream& init) {
    for (int i = 1; i <= convolutions; ++i) {
      const ConvOptions options{.in = i == 1 ? in : out, .out = out, .padding = 1, .bias = false};
      convs_.push_back(AddModule<Conv2d>(absl::StrCat("conv", i), options, init));
      norms_.push_back(AddModule<BatchNorm>(absl::StrCat("bn", i), out));
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
      stages_.push_back(AddModule<Stage>(absl::StrCat("stage", i + 1), in, config.widths(i),
                                         config.convolutions_per_stage(), *context.init));
      in = config.widths(i);
    }
    AddClassifier("classifier", in, context);
  }

  ModelOutput Forward(const at::Tensor& x, Taps& taps) override {
    at::Tensor h = x;
    for (size_t i = 0; i < stages_.size(); ++i) {
      if (i > 0) {
        h = at::max_pool2d(h, /*kernel_size=*/2, /*stride=*/2, /*padding=*/0, /*dilation=*/1,
                           /*ceil_mode=*/true);
      }
      h = stages_[i]->Forward(h, taps);
      if (taps.want_stages) taps.stages.push_back(h);
    }
    return Classify(h, taps);
  }

 private:
  std::vector<Stage*> stages_;
};

DFKD_REGISTER_PLUGIN(Model, PlainCnn);

}  // namespace
}  // namespace dfkd
