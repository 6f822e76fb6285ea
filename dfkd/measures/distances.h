// Distances between images in a network's embedding space.
#ifndef DFKD_MEASURES_DISTANCES_H_
#define DFKD_MEASURES_DISTANCES_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace dfkd {

// Euclidean. Embeddings are [N, F] and [M, F] float32 on the CPU; memory stays small at any N.

// Of each row of `from` to the nearest row of `to`: [N].
at::Tensor NearestDistances(const at::Tensor& from, const at::Tensor& to);
// Of each row to its k-th nearest other row: [N], 1 <= k < N.
at::Tensor NeighbourDistances(const at::Tensor& rows, int64_t k);
// How many rows of `points` lie nearer to each row of `centres` than its entry of `radii` [N]: [N]
// int64.
at::Tensor CountWithin(const at::Tensor& centres, const at::Tensor& radii,
                       const at::Tensor& points);

}  // namespace dfkd

#endif  // DFKD_MEASURES_DISTANCES_H_
