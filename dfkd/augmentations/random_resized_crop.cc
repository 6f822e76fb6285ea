// Random resized crop: a window of random area, shape and place is cut out of each image and
// brought to one size.
//
//   s ~ Uniform[min_scale, max_scale],   ln r ~ Uniform[ln min_ratio, ln max_ratio]
//   out[n] = bilinear(x[n, :, a : a + h, b : b + w]),   h w = s H W,   w / h = r
//
// with (a, b) uniform over where the window fits; ten tries, then the largest window of a ratio
// within the bounds, in the middle. x [N, C, H, W] -> [N, C, H, W], or [N, C, size, size]. A
// pixel's gradient is spread over what it was made of.
//
// Source: torchvision's RandomResizedCrop, drawn per sample (image_windows.h).
//
//   augmentations { [type.googleapis.com/dfkd.RandomResizedCropConfig] { min_scale: 0.25 } }
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/augmentations/augmentation.h"
#include "dfkd/augmentations/image_windows.h"
#include "dfkd/augmentations/random_resized_crop.pb.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"

namespace dfkd {
namespace {

class RandomResizedCrop : public Augmentation {
 public:
  using Config = RandomResizedCropConfig;

  static absl::Status Validate(const Config& config) {
    if (config.min_scale() > config.max_scale()) {
      return ConfigError(absl::StrCat("min_scale is ", config.min_scale(),
                                      "; must be at most max_scale, which is ",
                                      config.max_scale()));
    }
    if (config.min_ratio() > config.max_ratio()) {
      return ConfigError(absl::StrCat("min_ratio is ", config.min_ratio(),
                                      "; must be at most max_ratio, which is ",
                                      config.max_ratio()));
    }
    return absl::OkStatus();
  }

  static absl::StatusOr<std::unique_ptr<Augmentation>> Create(const Config& config,
                                                              const AugmentationContext&) {
    return std::make_unique<RandomResizedCrop>(config);
  }

  explicit RandomResizedCrop(const Config& config)
      : size_(config.has_size() ? config.size() : 0),
        law_{.min_scale = config.min_scale(),
             .max_scale = config.max_scale(),
             .min_ratio = config.min_ratio(),
             .max_ratio = config.max_ratio()} {}

  at::Tensor Apply(const at::Tensor& x, RandomStream& random) override {
    const int64_t images = x.size(0), height = x.size(2), width = x.size(3);
    const at::Tensor uniform = random.Uniform({images, kWindowTries, 4});
    std::vector<ImageWindow> windows;
    for (int64_t n = 0; n < images; ++n) {
      windows.push_back(ChooseWindow(law_, height, width, uniform[n]));
    }
    return ResizeWindows(x, windows, size_ > 0 ? size_ : height, size_ > 0 ? size_ : width);
  }

 private:
  const int64_t size_;  // 0: the images' own
  const WindowLaw law_;
};

DFKD_REGISTER_PLUGIN(Augmentation, RandomResizedCrop);

}  // namespace
}  // namespace dfkd
