// Roll: images shifted with wrap-around.
//
//   out[n, c, i, j] = x[n, c, (i - a_n) mod H, (j - b_n) mod W],   a_n, b_n ~ Uniform{-s, ..., s}
//
// with one (a, b) for the batch or one for each image. x [N, C, H, W] -> [N, C, H, W]; no pixel is
// lost, so that the gradient reaches all of them. Published code of inversion methods calls it
// jitter; it has nothing to do with the colour jitter of supervised training.
//
//   augmentations { [type.googleapis.com/dfkd.RollConfig] { max_shift: 2 } }
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

#include "dfkd/augmentations/augmentation.h"
#include "dfkd/augmentations/image_moves.h"
#include "dfkd/augmentations/roll.pb.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"

namespace dfkd {
namespace {

class Roll : public Augmentation {
 public:
  using Config = RollConfig;

  static absl::Status Validate(const Config& config) {
    if (config.has_max_shift() != config.has_max_fraction()) return absl::OkStatus();
    return ConfigError(config.has_max_shift()
                           ? "both max_shift and max_fraction are set; set one"
                           : "neither max_shift nor max_fraction is set; set one");
  }

  static absl::StatusOr<std::unique_ptr<Augmentation>> Create(const Config& config,
                                                              const AugmentationContext&) {
    return std::make_unique<Roll>(config);
  }

  explicit Roll(const Config& config) : config_(config) {}

  bool KeepsPixels() const override { return true; }

  at::Tensor Apply(const at::Tensor& x, RandomStream& random) override {
    const int64_t rows = Largest(x.size(2)), columns = Largest(x.size(3));
    if (rows == 0 && columns == 0) return x;
    const int64_t shifts = config_.scope() == Config::BATCH ? 1 : x.size(0);
    // Two numbers in [0, 1) each, as the two directions may have different limits.
    const at::Tensor uniform = random.Uniform({2, shifts});
    return RollImages(x, Shift(uniform[0], rows, x.size(0)), Shift(uniform[1], columns, x.size(0)));
  }

 private:
  int64_t Largest(int64_t size) const {
    if (!config_.has_max_fraction()) return config_.max_shift();
    return static_cast<int64_t>(config_.max_fraction() * static_cast<double>(size));
  }

  // uniform [1 or N] -> whole numbers in [-largest, largest], [N].
  static at::Tensor Shift(const at::Tensor& uniform, int64_t largest, int64_t n) {
    const at::Tensor shift =
        uniform.mul(static_cast<double>(2 * largest + 1)).floor().clamp_max(2 * largest);
    return shift.to(at::kLong).sub(largest).expand({n});
  }

  const Config config_;
};

DFKD_REGISTER_PLUGIN(Augmentation, Roll);

}  // namespace
}  // namespace dfkd
