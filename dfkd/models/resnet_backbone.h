// torchvision's ResNet without its classifier.
#ifndef DFKD_MODELS_RESNET_BACKBONE_H_
#define DFKD_MODELS_RESNET_BACKBONE_H_

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>

#include "dfkd/core/random_stream.h"
#include "dfkd/nn/layers.h"
#include "dfkd/nn/taps.h"

namespace dfkd {

struct ResnetBackboneOptions {
  bool bottleneck = false;             // the residual blocks: of two convolutions, or of three
  std::array<int64_t, 4> blocks = {};  // of each stage
  int64_t channels = 3;                // of the images
  int64_t base_width = 64;             // channels of the stem
  // For each stage but the first: where true, its 3x3 convolutions are dilated in place of its
  // stride, so that it does not halve the map; torchvision's replace_stride_with_dilation.
  // Bottlenecks only.
  std::array<bool, 3> dilated = {};
};

// A 7x7 convolution of stride 2 to b = base_width channels, BatchNorm, ReLU, 3x3 max-pooling of
// stride 2, and four stages "layer1" to "layer4" of residual blocks, the last three of stride 2 or
// dilated. Stage i = 0..3 puts out 2^i b channels with basic blocks, 2^(i+2) b with bottlenecks.
// Names, initial distributions (convolutions N(0, 2 / fan_out)) and numbers are torchvision's.
class ResnetBackbone : public Layer {
 public:
  ResnetBackbone(const ResnetBackboneOptions& options, RandomStream& init);

  // [N, channels, H, W] -> the fourth stage's ReLU [N, out_channels(), H/32, W/32], rounded up, or
  // H/16 and H/8 where one or two stages are dilated. taps' stages are the four stages' outputs.
  using Layer::Forward;
  at::Tensor Forward(const at::Tensor& x, Taps& taps) override;

  int64_t out_channels() const { return out_channels_; }

 private:
  Conv2d* conv1_;
  BatchNorm* bn1_;
  std::array<Sequential*, 4> stages_;
  int64_t out_channels_;
};

}  // namespace dfkd

#endif  // DFKD_MODELS_RESNET_BACKBONE_H_
