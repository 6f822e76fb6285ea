// What a network sees of stored images, made in one pass: gathered, moved, scaled and normalised.
//
// A byte has 256 values, so that scaling to [0, 1] and normalising is a look-up in a table of 256
// levels per channel. Nothing is computed here, and results are the same bytes on every device.
#ifndef DFKD_KERNELS_GATHER_VIEWS_H_
#define DFKD_KERNELS_GATHER_VIEWS_H_

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include "dfkd/augmentations/image_moves.h"

namespace dfkd {

// images [M, C, H, W] uint8, contiguous; index [N] int64 on the CPU, the image that each view
// shows, or undefined for all of them in order; moves of N images; levels [C, 256] float32 or
// bfloat16 on the images' device (Normalizer::ByteLevels). Gives [N, C, H, W] of levels' type,
// channels_last:
//
//   out[n, c] = levels[c][ moved(images[index[n]])[c] ]
//
// where pixels from outside of an image are those of byte 0. The device must have the kernel.
at::Tensor GatherViews(const at::Tensor& images, const at::Tensor& index, const ImageMoves& moves,
                       const at::Tensor& levels);

// True for the CPU; for a GPU where the program was built with --config=cuda.
bool HasGatherViews(at::Device device);

}  // namespace dfkd

#endif  // DFKD_KERNELS_GATHER_VIEWS_H_
