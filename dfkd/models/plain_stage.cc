#include "dfkd/models/plain_stage.h"

#include <ATen/ops/max_pool2d.h>

#include "absl/strings/str_cat.h"

namespace dfkd {
namespace {

// [N, in, H, W] -> [N, out, H, W].
class PlainStage : public Layer {
 public:
  PlainStage(int64_t in, int64_t out, int convolutions, RandomStream& init) {
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

at::Tensor HalveBetweenStages(const at::Tensor& x) {
  return at::max_pool2d(x, /*kernel_size=*/2, /*stride=*/2, /*padding=*/0, /*dilation=*/1,
                        /*ceil_mode=*/true);
}

}  // namespace

PlainStages::PlainStages(int64_t channels, absl::Span<const int32_t> widths,
                         int convolutions_per_stage, RandomStream& init)
    : out_channels_(widths.back()) {
  int64_t in = channels;
  for (const int32_t width : widths) {
    stages_.push_back(AddModule<PlainStage>(absl::StrCat("stage", stages_.size() + 1), in, width,
                                            convolutions_per_stage, init));
    in = width;
  }
}

at::Tensor PlainStages::Forward(const at::Tensor& x, Taps& taps) {
  at::Tensor h = x;
  for (size_t i = 0; i < stages_.size(); ++i) {
    h = stages_[i]->Forward(i > 0 ? HalveBetweenStages(h) : h, taps);
    if (taps.want_stages) taps.stages.push_back(h);
  }
  return h;
}

}  // namespace dfkd
