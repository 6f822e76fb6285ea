// BatchNorm2d in evaluation mode with what stands around it in a frozen network: ReLU behind it,
// and the statistics of its input, which the BN loss wants. One pass over the feature map forward
// and one back, where separate operators take five and five.
#ifndef DFKD_NN_FROZEN_BATCH_NORM_H_
#define DFKD_NN_FROZEN_BATCH_NORM_H_

#include <ATen/core/Tensor.h>

#include "dfkd/nn/batch_statistics.h"

namespace dfkd {

struct FrozenBatchNormOptions {
  at::Tensor weight;        // [C] float32; undefined: ones
  at::Tensor bias;          // [C] float32; undefined: zeros
  at::Tensor running_mean;  // [C] float32
  at::Tensor running_var;   // [C] float32
  double eps = 1e-5;
  bool relu = false;
  bool want_statistics = false;
};

struct FrozenBatchNormOutput {
  at::Tensor y;  // like x
  // Of x, part of the graph; undefined unless wanted.
  BatchStatistics statistics;
};

// y = (x - running_mean) / sqrt(running_var + eps) * weight + bias, and max(y, 0) with `relu`.
//
// x [N, C, H, W]. The single pass is for float32 and bfloat16 in channels_last on the CPU; any
// other x goes through ATen's operators. Gradients reach x alone, once: weight and bias must not
// require any. Equal to ATen's to rounding, and for any number of threads the same bytes.
FrozenBatchNormOutput FrozenBatchNorm(const at::Tensor& x, const FrozenBatchNormOptions& options);

}  // namespace dfkd

#endif  // DFKD_NN_FROZEN_BATCH_NORM_H_
