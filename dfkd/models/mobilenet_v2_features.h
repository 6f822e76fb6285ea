// torchvision's MobileNetV2 without its classifier, and what another one shares with it.
#ifndef DFKD_MODELS_MOBILENET_V2_FEATURES_H_
#define DFKD_MODELS_MOBILENET_V2_FEATURES_H_

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "dfkd/core/random_stream.h"
#include "dfkd/nn/layers.h"
#include "dfkd/nn/taps.h"

namespace dfkd {

// Table 2 of the paper: inverted residual blocks of `channels` channels, the first with the stride.
struct MobilenetV2Row {
  int64_t expansion, channels, blocks, stride;
};
inline constexpr MobilenetV2Row kMobilenetV2Rows[] = {{1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2},
                                                      {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2},
                                                      {6, 320, 1, 1}};

// What the layers make of x. The outputs of those whose places are `ends` are taps' stages.
at::Tensor ForwardWithStages(Sequential& layers, absl::Span<const size_t> ends, const at::Tensor& x,
                             Taps& taps);

struct MobilenetV2Options {
  int64_t channels = 3;         // of the images
  double width_multiplier = 1;  // of the channels, which are rounded to multiples of 8
};

// The multiple of 8 that is nearest to `channels`, at least 8, or the next one where that would be
// more than a tenth less.
int64_t RoundToMultipleOf8(double channels);

// Modules "0" to "18": a 3x3 convolution of stride 2, 17 inverted residual blocks, and a 1x1
// convolution to 1280 channels (1280 m for a multiplier m > 1), each convolution with BatchNorm.
// Names, initial distributions (convolutions N(0, 2 / fan_out)) and numbers are torchvision's.
class MobilenetV2Features : public Sequential {
 public:
  MobilenetV2Features(const MobilenetV2Options& options, RandomStream& init);

  // [N, channels, H, W] -> [N, out_channels(), H/32, W/32], rounded up, behind its ReLU6. taps'
  // stages are the last outputs of each size: those of modules 1, 3, 6, 13 and 18, of 16, 24, 32,
  // 96 and 1280 channels.
  using Sequential::Forward;
  at::Tensor Forward(const at::Tensor& x, Taps& taps) override;

  int64_t out_channels() const { return out_channels_; }

 private:
  int64_t out_channels_;
};

}  // namespace dfkd

#endif  // DFKD_MODELS_MOBILENET_V2_FEATURES_H_
