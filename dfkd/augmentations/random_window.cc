// Random window: a part of each image, at a place of its own.
//
//   out[n, c, i, j] = x[n, c, i + a_n, j + b_n],   a_n ~ Uniform{0, ..., H - s}, b_n likewise
//
// x [N, C, H, W] -> [N, C, s, s]. Where H or W is less than s, x is first padded with zeros, as
// much on either side as is missing in all. The gradient of a pixel goes to where the pixel came
// from.
//
// Source: torchvision's RandomCrop(s, pad_if_needed=True), drawn per sample.
//
//   augmentations { [type.googleapis.com/dfkd.RandomWindowConfig] { size: 128 } }
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "dfkd/augmentations/augmentation.h"
#include "dfkd/augmentations/random_window.pb.h"
#include "dfkd/core/registry.h"

namespace dfkd {
namespace {

class RandomWindow : public Augmentation {
 public:
  using Config = RandomWindowConfig;

  static absl::StatusOr<std::unique_ptr<Augmentation>> Create(const Config& config,
                                                              const AugmentationContext&) {
    return std::make_unique<RandomWindow>(config.size());
  }

  explicit RandomWindow(int64_t size) : size_(size) {}

  bool KeepsPixels() const override { return true; }

  at::Tensor Apply(const at::Tensor& x, RandomStream& random) override {
    const int64_t rows = std::max<int64_t>(0, size_ - x.size(2));
    const int64_t columns = std::max<int64_t>(0, size_ - x.size(3));
    const at::Tensor padded =
        rows + columns > 0 ? at::constant_pad_nd(x, {columns, columns, rows, rows}) : x;
    // Two numbers in [0, 1) each, as height and width leave other choices.
    const at::Tensor uniform = random.Uniform({2, x.size(0)});
    const at::Tensor top = Place(uniform[0], padded.size(2) - size_);
    const at::Tensor left = Place(uniform[1], padded.size(3) - size_);
    std::vector<at::Tensor> windows;
    for (int64_t n = 0; n < x.size(0); ++n) {
      windows.push_back(padded[n]
                            .narrow(1, top.const_data_ptr<int64_t>()[n], size_)
                            .narrow(2, left.const_data_ptr<int64_t>()[n], size_));
    }
    return at::stack(windows).contiguous(x.suggest_memory_format());
  }

 private:
  // uniform [N] -> whole numbers in [0, largest], [N].
  static at::Tensor Place(const at::Tensor& uniform, int64_t largest) {
    return uniform.mul(static_cast<double>(largest + 1)).floor().clamp_max(largest).to(at::kLong);
  }

  const int64_t size_;
};

DFKD_REGISTER_PLUGIN(Augmentation, RandomWindow);

}  // namespace
}  // namespace dfkd
