// Per-channel mean and variance of a batch of feature maps, with a gradient.
#ifndef DFKD_NN_BATCH_STATISTICS_H_
#define DFKD_NN_BATCH_STATISTICS_H_

#include <ATen/core/Tensor.h>

namespace dfkd {

struct BatchStatistics {
  at::Tensor mean;      // [C] float32
  at::Tensor variance;  // [C] float32, biased (divided by N*H*W)
};

// x [N, C, H, W], any memory format, float32 or a shorter type; statistics over N, H, W.
//
// Why not at::var_mean: reduced over {0, 2, 3} it takes 3 to 20 times as long, most in
// channels_last (17 ms against 1.2 ms forward and backward for 100 x 32 x 32 x 32 on two cores).
// This takes BatchNorm's own reduction, and one fused pass for the gradient:
//   dL/dx = g_mean / M + 2 g_var (x - mean) / M,  M = N H W.
// It can be differentiated once.
BatchStatistics ComputeBatchStatistics(const at::Tensor& x);

}  // namespace dfkd

#endif  // DFKD_NN_BATCH_STATISTICS_H_
