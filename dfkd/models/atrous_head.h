// The head of DeepLabV3: from a backbone's last map to the logits of its pixels.
#ifndef DFKD_MODELS_ATROUS_HEAD_H_
#define DFKD_MODELS_ATROUS_HEAD_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "dfkd/core/random_stream.h"
#include "dfkd/nn/layers.h"
#include "dfkd/nn/taps.h"

namespace dfkd {

struct AtrousHeadOptions {
  int64_t in = 0;
  int64_t classes = 0;
  std::vector<int64_t> rates;              // dilations of the parallel 3x3 convolutions
  double dropout = 0.5;                    // behind the projection, in training mode
  RandomStream* dropout_stream = nullptr;  // as ModelContext::dropout
};

// Module "0", atrous spatial pyramid pooling: in parallel a 1x1 convolution, a dilated 3x3 one for
// each rate, and the mean over the map, each to 256 channels, joined and projected to 256; then a
// 3x3 convolution "1" with BatchNorm "2" and ReLU, and a 1x1 convolution "4" to the classes. Names,
// initial distributions (PyTorch's defaults) and numbers are torchvision's DeepLabHead's.
class AtrousHead : public Layer {
 public:
  AtrousHead(const AtrousHeadOptions& options, RandomStream& init);
  using Layer::Forward;
  // [N, in, h, w] -> [N, classes, h, w]
  at::Tensor Forward(const at::Tensor& x, Taps& taps) override;

 private:
  Layer* pyramid_;
  Conv2d* conv_;
  BatchNorm* norm_;
  Conv2d* classifier_;
};

}  // namespace dfkd

#endif  // DFKD_MODELS_ATROUS_HEAD_H_
