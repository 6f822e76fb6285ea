// What VGG-like networks are made of.
#ifndef DFKD_MODELS_PLAIN_STAGE_H_
#define DFKD_MODELS_PLAIN_STAGE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "dfkd/core/random_stream.h"
#include "dfkd/nn/layers.h"
#include "dfkd/nn/taps.h"

namespace dfkd {

// 3x3 convolutions, each with BatchNorm and ReLU, under the names "conv1", "bn1", "conv2" ...
// [N, in, H, W] -> [N, out, H, W].
class PlainStage : public Layer {
 public:
  PlainStage(int64_t in, int64_t out, int convolutions, RandomStream& init);
  using Layer::Forward;
  at::Tensor Forward(const at::Tensor& x, Taps& taps) override;

 private:
  std::vector<Conv2d*> convs_;
  std::vector<BatchNorm*> norms_;
};

// 2x2 max-pooling, rounding up, so that any size will do.
at::Tensor HalveBetweenStages(const at::Tensor& x);

}  // namespace dfkd

#endif  // DFKD_MODELS_PLAIN_STAGE_H_
