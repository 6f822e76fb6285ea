#include "dfkd/generators/noisy_layer.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/baddbmm.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/zeros.h>

#include "glog/logging.h"

namespace dfkd {

NoisyLayer::NoisyLayer(int64_t in, int64_t out, int64_t batch_size, int64_t rows_per_layer)
    : rows_per_layer_(rows_per_layer) {
  const int64_t layers = (batch_size + rows_per_layer - 1) / rows_per_layer;
  weight = AddParameter("weight", at::zeros({layers, out, in}));
  bias = AddParameter("bias", at::zeros({layers, out}));
}

void NoisyLayer::Redraw(RandomStream& noise) {
  at::NoGradGuard no_grad;
  weight.copy_(noise.Normal(weight.sizes()));
  bias.zero_();
  weight.mutable_grad() = at::Tensor();
  bias.mutable_grad() = at::Tensor();
}

at::Tensor NoisyLayer::Forward(const at::Tensor& x) const {
  const int64_t rows = x.size(0);
  const int64_t used = (rows + rows_per_layer_ - 1) / rows_per_layer_;
  CHECK_LE(used, layers()) << "a batch of " << rows << " rows";
  // The last layer's missing rows are zeros, cut off again below.
  const int64_t missing = used * rows_per_layer_ - rows;
  const at::Tensor full = missing == 0 ? x : at::constant_pad_nd(x, {0, 0, 0, missing});
  const at::Tensor w = weight.narrow(0, 0, used).transpose(1, 2);  // [used, in, out]
  const at::Tensor b = bias.narrow(0, 0, used).unsqueeze(1);       // [used, 1, out]
  const at::Tensor y = at::baddbmm(b, full.view({used, rows_per_layer_, -1}), w);
  return y.reshape({used * rows_per_layer_, -1}).narrow(0, 0, rows);
}

}  // namespace dfkd
