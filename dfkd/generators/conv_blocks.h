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

// clamp(0.5 + 0.25 y, 0, 1): images from deviations from grey.
//
// The paper's generators end in a BatchNorm2d behind the sigmoid, whose output has mean 0 and
// variance 1 (at its initial weights): a normalised image, half of it below 0. Everything behind a
// generator here (pool, augmentation, the teacher's own normalisation) takes images in [0, 1], so
// that output is read as deviations from grey, 0.25 being about the standard deviation of natural
// images. Pixels beyond two deviations saturate and pass no gradient.
at::Tensor ImagesFromDeviations(const at::Tensor& y);

}  // namespace dfkd

#endif  // DFKD_GENERATORS_CONV_BLOCKS_H_
