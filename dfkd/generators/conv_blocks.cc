#include "dfkd/generators/conv_blocks.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/clamp.h>

#include "dfkd/nn/spectral_norm.h"

namespace dfkd {

void AddConv3x3(Sequential& blocks, int64_t in, int64_t out, bool bias, bool spectral_norm,
                RandomStream& init) {
  const ConvOptions options{.in = in, .out = out, .kernel = 3, .padding = 1, .bias = bias};
  if (spectral_norm) {
    blocks.Add<SpectralNormConv2d>(options, init);
  } else {
    blocks.Add<Conv2d>(options, init);
  }
}

void AddConvBlock(Sequential& blocks, int64_t in, int64_t out, bool spectral_norm,
                  RandomStream& init) {
  AddConv3x3(blocks, in, out, /*bias=*/false, spectral_norm, init);
  blocks.Add<BatchNorm>(out);
  blocks.Add<LeakyReLU>(0.2, /*in_place=*/true);
}

at::Tensor CropCenter(const at::Tensor& images, int64_t height, int64_t width) {
  const int64_t extra_height = images.size(2) - height;
  const int64_t extra_width = images.size(3) - width;
  if (extra_height == 0 && extra_width == 0) return images;
  return images.narrow(2, extra_height / 2, height).narrow(3, extra_width / 2, width);
}

at::Tensor ImagesFromDeviations(const at::Tensor& y) { return at::clamp(0.5 + 0.25 * y, 0, 1); }

}  // namespace dfkd
