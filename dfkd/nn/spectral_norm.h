// A convolution whose weight is divided by its largest singular value.
#ifndef DFKD_NN_SPECTRAL_NORM_H_
#define DFKD_NN_SPECTRAL_NORM_H_

#include <ATen/core/Tensor.h>

#include "dfkd/core/random_stream.h"
#include "dfkd/nn/layers.h"

namespace dfkd {

// torch.nn.utils.spectral_norm(torch.nn.Conv2d(...)), with its names. The weight in use is
// W / sigma, sigma = u^T W v with W as the matrix [out, in/groups*k*k]. Each forward pass in
// training mode first moves u and v by one step of the power iteration, v <- W^T u / |.|, u <- W v
// / |.|, which are constants for the gradient.
class SpectralNormConv2d : public Layer {
 public:
  SpectralNormConv2d(const ConvOptions& options, RandomStream& init);
  using Layer::Forward;
  at::Tensor Forward(const at::Tensor& x, Taps& taps) override;

  at::Tensor weight_orig;
  at::Tensor bias;      // undefined without bias
  at::Tensor weight_u;  // [out], of length 1
  at::Tensor weight_v;  // [in/groups*k*k], of length 1

 private:
  at::Tensor NormalizedWeight();

  ConvOptions options_;
};

}  // namespace dfkd

#endif  // DFKD_NN_SPECTRAL_NORM_H_
