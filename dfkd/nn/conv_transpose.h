// The transposed convolution, by which maps grow.
#ifndef DFKD_NN_CONV_TRANSPOSE_H_
#define DFKD_NN_CONV_TRANSPOSE_H_

#include <ATen/core/Tensor.h>

#include "dfkd/core/random_stream.h"
#include "dfkd/nn/layers.h"
#include "dfkd/nn/taps.h"

namespace dfkd {

// torch.nn.ConvTranspose2d without output_padding: weight [in, out/groups, k, k] and bias [out] ~
// U(-1/sqrt(n), 1/sqrt(n)), n = k^2 out/groups.
class ConvTranspose2d : public Layer {
 public:
  // options.kaiming_normal must not be set.
  ConvTranspose2d(const ConvOptions& options, RandomStream& init);
  using Layer::Forward;
  // [N, in, H, W] -> [N, out, (H - 1) stride - 2 padding + dilation (k - 1) + 1, ...]
  at::Tensor Forward(const at::Tensor& x, Taps& taps) override;

  at::Tensor weight;
  at::Tensor bias;  // undefined without bias

 private:
  ConvOptions options_;
};

}  // namespace dfkd

#endif  // DFKD_NN_CONV_TRANSPOSE_H_
