// The MobileNetV2 of DFAD's segmentation, which is not torchvision's.
#ifndef DFKD_MODELS_PADDED_MOBILENET_V2_H_
#define DFKD_MODELS_PADDED_MOBILENET_V2_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "dfkd/core/random_stream.h"
#include "dfkd/nn/layers.h"
#include "dfkd/nn/taps.h"

namespace dfkd {

// Modules "features.0" to "features.17": a 3x3 convolution of stride 2 to 32 channels and 17
// inverted residual blocks; the last one puts out 320 channels. From the map of an eighth of the
// image's size on, strides become dilations: those behind the third stride of 2 are 1, of 96 and
// 160 channels 2, of 320 channels 4.
//
// A block's input is padded before its first convolution, not before the depthwise one, which
// therefore sees what BatchNorm makes of zeros beyond the border. Convolutions are drawn from
// N(0, 2 / fan_in).
class PaddedMobilenetV2 : public Layer {
 public:
  PaddedMobilenetV2(int64_t channels, RandomStream& init);

  // [N, channels, H, W] -> [N, 320, H/8, W/8], rounded up. taps' stages are the last outputs of
  // each size: of 16, 24 and 320 channels.
  using Layer::Forward;
  at::Tensor Forward(const at::Tensor& x, Taps& taps) override;

  static constexpr int64_t kOutChannels = 320;

 private:
  Sequential* features_;
};

}  // namespace dfkd

#endif  // DFKD_MODELS_PADDED_MOBILENET_V2_H_
