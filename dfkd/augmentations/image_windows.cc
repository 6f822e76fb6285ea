#include "dfkd/augmentations/image_windows.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/_upsample_bilinear2d_aa.h>
#include <ATen/ops/cat.h>

#include <algorithm>
#include <cmath>

#include "glog/logging.h"

namespace dfkd {
namespace {

double Between(double low, double high, float uniform) { return low + (high - low) * uniform; }

// A place for `part` of `whole` pixels.
int64_t Place(int64_t whole, int64_t part, float uniform) {
  const int64_t places = whole - part + 1;
  return std::min(static_cast<int64_t>(uniform * static_cast<double>(places)), places - 1);
}

// Halves to the even number, as Python rounds.
int64_t Round(double value) { return std::llrint(value); }

ImageWindow MiddleWindow(const WindowLaw& law, int64_t height, int64_t width) {
  const double ratio = static_cast<double>(width) / static_cast<double>(height);
  ImageWindow window{.height = height, .width = width};
  // At least one pixel, where torchvision has none.
  if (ratio < law.min_ratio) {
    window.height = std::max<int64_t>(1, Round(static_cast<double>(width) / law.min_ratio));
  }
  if (ratio > law.max_ratio) {
    window.width = std::max<int64_t>(1, Round(static_cast<double>(height) * law.max_ratio));
  }
  window.top = (height - window.height) / 2;
  window.left = (width - window.width) / 2;
  return window;
}

}  // namespace

ImageWindow ChooseWindow(const WindowLaw& law, int64_t height, int64_t width,
                         const at::Tensor& uniform) {
  CHECK(uniform.is_contiguous() && uniform.numel() == 4 * kWindowTries);
  const double area = static_cast<double>(height * width);
  const double low = std::log(law.min_ratio), high = std::log(law.max_ratio);
  const float* draw = uniform.const_data_ptr<float>();
  for (int64_t i = 0; i < kWindowTries; ++i, draw += 4) {
    const double wanted = area * Between(law.min_scale, law.max_scale, draw[0]);
    const double ratio = std::exp(Between(low, high, draw[1]));
    ImageWindow window;
    window.width = Round(std::sqrt(wanted * ratio));
    window.height = Round(std::sqrt(wanted / ratio));
    const bool fits =
        window.width > 0 && window.width <= width && window.height > 0 && window.height <= height;
    if (!fits) continue;
    window.top = Place(height, window.height, draw[2]);
    window.left = Place(width, window.width, draw[3]);
    return window;
  }
  return MiddleWindow(law, height, width);
}

at::Tensor ResizeWindows(const at::Tensor& x, const std::vector<ImageWindow>& windows,
                         int64_t height, int64_t width) {
  CHECK_EQ(x.size(0), static_cast<int64_t>(windows.size())) << "one window for each image";
  if (windows.empty()) return x.new_empty({0, x.size(1), height, width});
  std::vector<at::Tensor> resized;
  for (int64_t n = 0; n < x.size(0); ++n) {
    const ImageWindow& window = windows[static_cast<size_t>(n)];
    const at::Tensor cut =
        x.narrow(0, n, 1).narrow(2, window.top, window.height).narrow(3, window.left, window.width);
    resized.push_back(at::_upsample_bilinear2d_aa(cut, {height, width}, /*align_corners=*/false));
  }
  return at::cat(resized).contiguous(x.suggest_memory_format());
}

}  // namespace dfkd
