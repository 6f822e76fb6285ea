// What the tests of gather_views.h on the CPU and on a GPU share.
#ifndef DFKD_KERNELS_GATHER_VIEWS_TESTING_H_
#define DFKD_KERNELS_GATHER_VIEWS_TESTING_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "dfkd/augmentations/image_moves.h"
#include "dfkd/augmentations/normalizer.h"

namespace dfkd {

// 40 views, of random places and directions, of 9 random images [9, channels, 6, 5].
struct ViewsOfImages {
  at::Tensor images;
  at::Tensor index;
  ImageMoves moves;
};
ViewsOfImages DrawViews(int64_t channels);

// A mean and a deviation of its own for each channel.
Normalizer DrawNormalizer(int64_t channels);

}  // namespace dfkd

#endif  // DFKD_KERNELS_GATHER_VIEWS_TESTING_H_
