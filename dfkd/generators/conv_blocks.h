// What convolutional generators are built of.
#ifndef DFKD_GENERATORS_CONV_BLOCKS_H_
#define DFKD_GENERATORS_CONV_BLOCKS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "dfkd/core/random_stream.h"
#include "dfkd/nn/layers.h"

namespace dfkd {

// A 3x3 convolution that keeps the size, spectrally normalised or not.
void AddConv3x3(Sequential& blocks, int64_t in, int64_t out, bool bias, bool spectral_norm,
                RandomStream& init);

// Convolution without bias, BatchNorm, LeakyReLU(0.2).
void AddConvBlock(Sequential& blocks, int64_t in, int64_t out, bool spectral_norm,
                  RandomStream& init);

// The central height x width of [N, C, H, W]; the odd pixel goes from the bottom and the right.
at::Tensor CropCenter(const at::Tensor& images, int64_t height, int64_t width);

}  // namespace dfkd

#endif  // DFKD_GENERATORS_CONV_BLOCKS_H_
