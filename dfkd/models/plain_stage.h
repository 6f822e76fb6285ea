// What VGG-like networks are without a classifier.
#ifndef DFKD_MODELS_PLAIN_STAGE_H_
#define DFKD_MODELS_PLAIN_STAGE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "dfkd/core/random_stream.h"
#include "dfkd/nn/layers.h"
#include "dfkd/nn/taps.h"

namespace dfkd {

// Stages "stage1", "stage2" ... of 3x3 convolutions, each with BatchNorm and ReLU, under the names
// "conv1", "bn1", "conv2" ..., and 2x2 max-pooling between the stages, rounding up, so that any
// image size will do. PyTorch's default initial weights.
class PlainStages : public Layer {
 public:
  // `widths` has the channels of each stage, at least one; `channels` are the images'.
  PlainStages(int64_t channels, absl::Span<const int32_t> widths, int convolutions_per_stage,
              RandomStream& init);

  // [N, channels, H, W] -> the last stage's ReLU [N, out_channels(), H/2^(S-1), W/2^(S-1)], rounded
  // up, of S stages. taps' stages are all their outputs.
  using Layer::Forward;
  at::Tensor Forward(const at::Tensor& x, Taps& taps) override;

  int64_t out_channels() const { return out_channels_; }

 private:
  std::vector<Layer*> stages_;
  int64_t out_channels_;
};

}  // namespace dfkd

#endif  // DFKD_MODELS_PLAIN_STAGE_H_
