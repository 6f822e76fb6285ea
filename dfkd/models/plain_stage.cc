#include "dfkd/models/plain_stage.h"

#include <ATen/ops/max_pool2d.h>

#include "absl/strings/str_cat.h"

namespace dfkd {

PlainStage::PlainStage(int64_t in, int64_t out, int convolutions, RandomStream& init) {
  for (int i = 1; i <= convolutions; ++i) {
    const ConvOptions options{.in = i == 1 ? in : out, .out = out, .padding = 1, .bias = false};
    convs_.push_back(AddModule<Conv2d>(absl::StrCat("conv", i), options, init));
    norms_.push_back(AddModule<BatchNorm>(absl::StrCat("bn", i), out));
  }
}

at::Tensor PlainStage::Forward(const at::Tensor& x, Taps& taps) {
  at::Tensor h = x;
  for (size_t i = 0; i < convs_.size(); ++i) {
    h = norms_[i]->ForwardRelu(convs_[i]->Forward(h, taps), taps);
  }
  return h;
}

at::Tensor HalveBetweenStages(const at::Tensor& x) {
  return at::max_pool2d(x, /*kernel_size=*/2, /*stride=*/2, /*padding=*/0, /*dilation=*/1,
                        /*ceil_mode=*/true);
}

}  // namespace dfkd
