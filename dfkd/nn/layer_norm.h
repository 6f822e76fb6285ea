// LayerNorm with PyTorch's parameter names and initial values.
#ifndef DFKD_NN_LAYER_NORM_H_
#define DFKD_NN_LAYER_NORM_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "dfkd/nn/layers.h"

namespace dfkd {

// torch.nn.LayerNorm over the last dimension.
class LayerNorm : public Layer {
 public:
  explicit LayerNorm(int64_t width, double eps = 1e-5);
  using Layer::Forward;
  // [..., width] -> the same
  at::Tensor Forward(const at::Tensor& x, Taps& taps) override;

  at::Tensor weight;  // ones
  at::Tensor bias;    // zeros

 private:
  double eps_;
};

}  // namespace dfkd

#endif  // DFKD_NN_LAYER_NORM_H_
