// Windows of images, each of a place and size of its own, brought to one size: the differentiable
// part of resized crops, and the law by which torchvision draws them.
#ifndef DFKD_AUGMENTATIONS_IMAGE_WINDOWS_H_
#define DFKD_AUGMENTATIONS_IMAGE_WINDOWS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace dfkd {

// In pixels; inside of its image.
struct ImageWindow {
  int64_t top = 0;
  int64_t left = 0;
  int64_t height = 0;
  int64_t width = 0;
  bool operator==(const ImageWindow&) const = default;
};

// Shares of the image's area, and width over height.
struct WindowLaw {
  double min_scale = 0.08;
  double max_scale = 1;
  double min_ratio = 3.0 / 4;
  double max_ratio = 4.0 / 3;
};

// At most kWindowTries times: an area s H W with s ~ Uniform[min_scale, max_scale] and a ratio r,
// ln r ~ Uniform[ln min_ratio, ln max_ratio], give w = round(sqrt(s H W r)) and
// h = round(sqrt(s H W / r)); the first that fits in the image [H, W] lies anywhere in it alike. If
// none fits, the largest window in the image's middle whose ratio keeps the bounds. As
// torchvision's RandomResizedCrop.get_params.
//
// uniform [kWindowTries, 4], float32 in [0, 1) on the CPU, contiguous: of each try area, ratio, row
// and column.
inline constexpr int64_t kWindowTries = 10;
ImageWindow ChooseWindow(const WindowLaw& law, int64_t height, int64_t width,
                         const at::Tensor& uniform);

// The windows [n] of the images x[n], x [N, C, H, W] float, brought to [N, C, height, width]:
// bilinear, and where a window shrinks its pixels are averaged ("antialias", as torchvision's
// resized_crop has it). Gradients flow to x. The result has x's layout.
at::Tensor ResizeWindows(const at::Tensor& x, const std::vector<ImageWindow>& windows,
                         int64_t height, int64_t width);

}  // namespace dfkd

#endif  // DFKD_AUGMENTATIONS_IMAGE_WINDOWS_H_
