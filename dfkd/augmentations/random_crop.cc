// Random crop: each image is padded with p zeros on every side, and a window of the original size
// is cut out at a place of its own.
//
//   out[n, c, i, j] = pad(x)[n, c, i + a_n, j + b_n],   a_n, b_n ~ Uniform{0, ..., 2p}
//
// x [N, C, H, W] -> [N, C, H, W]. The gradient of a pixel goes to where the pixel came from.
//
// Source: the public NAYER code's RandomCrop(size, padding = 4), drawn per sample.
//
//   augmentations { [type.googleapis.com/dfkd.RandomCropConfig] { padding: 4 } }
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>

#include "dfkd/augmentations/augmentation.h"
#include "dfkd/augmentations/image_moves.h"
#include "dfkd/augmentations/random_crop.pb.h"
#include "dfkd/core/registry.h"

namespace dfkd {
namespace {

class RandomCrop : public Augmentation {
 public:
  using Config = RandomCropConfig;

  static absl::StatusOr<std::unique_ptr<Augmentation>> Create(const Config& config,
                                                              const AugmentationContext&) {
    return std::make_unique<RandomCrop>(config);
  }

  explicit RandomCrop(const Config& config) : config_(config) {}

  bool KeepsPixels() const override { return true; }

  at::Tensor Apply(const at::Tensor& x, RandomStream& random) override {
    return MoveImages(x, *DrawMoves(BatchShape::Of(x), random));
  }

  std::optional<ImageMoves> DrawMoves(const BatchShape& batch, RandomStream& random) override {
    const int64_t padding = Padding(batch);
    if (padding == 0) return ImageMoves();
    const at::Tensor shift = random.Integers({2, batch.count}, -padding, padding + 1);
    return ImageMoves{.dy = shift[0], .dx = shift[1], .mirrored = {}};
  }

 private:
  int64_t Padding(const BatchShape& batch) const {
    if (!config_.has_padding_ratio()) return config_.padding();
    const auto side = static_cast<double>(std::min(batch.height, batch.width));
    return std::llround(config_.padding_ratio() * side);
  }

  const Config config_;
};

DFKD_REGISTER_PLUGIN(Augmentation, RandomCrop);

}  // namespace
}  // namespace dfkd
