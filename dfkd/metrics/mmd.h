// How far apart two samples lie as distributions.
#ifndef DFKD_METRICS_MMD_H_
#define DFKD_METRICS_MMD_H_

#include <ATen/core/Tensor.h>

namespace dfkd {

struct SquaredMmdResult {
  double value = 0;      // 0 in expectation where both are of one distribution; may be negative
  double bandwidth = 0;  // that was taken
};

// The unbiased estimate of the squared maximum mean discrepancy (Gretton et al. 2012, eq. 3) of the
// rows of x [M, F] and y [N, F], M, N >= 2, with the Gaussian kernel of that bandwidth s:
//
//   1/(M(M-1)) sum_{i != j} k(x_i, x_j) + 1/(N(N-1)) sum_{i != j} k(y_i, y_j)
//     - 2/(MN) sum_ij k(x_i, y_j),        k(a, b) = exp(-|a - b|^2 / (2 s^2))
//
// bandwidth 0: the median distance between two rows of x and y joined, of an even number of
// distances the lower of the two in the middle. Holds some matrices of (M + N)^2 doubles.
SquaredMmdResult SquaredMmd(const at::Tensor& x, const at::Tensor& y, double bandwidth = 0);

}  // namespace dfkd

#endif  // DFKD_METRICS_MMD_H_
