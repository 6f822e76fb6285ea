// Horizontal flip: each image is mirrored left to right with probability p.
//
//   out[n, c, i, j] = x[n, c, i, W - 1 - j] where u_n < p, else x[n, c, i, j]
//
// with u_n ~ Uniform[0, 1) for each image, or one u for the batch.
// x [N, C, H, W] -> [N, C, H, W]; the gradient is mirrored with the image.
//
// Source: the public NAYER code's RandomHorizontalFlip, drawn per sample;
// DeepInversion's, drawn per batch.
//
//   augmentations { [type.googleapis.com/dfkd.HorizontalFlipConfig] { probability: 0.5 } }
#include <cstdint>
#include <memory>
#include <optional>

#include "dfkd/augmentations/augmentation.h"
#include "dfkd/augmentations/horizontal_flip.pb.h"
#include "dfkd/augmentations/image_moves.h"
#include "dfkd/core/registry.h"

namespace dfkd {
namespace {

class HorizontalFlip : public Augmentation {
 public:
  using Config = HorizontalFlipConfig;

  static absl::StatusOr<std::unique_ptr<Augmentation>> Create(const Config& config,
                                                              const AugmentationContext&) {
    return std::make_unique<HorizontalFlip>(config);
  }

  explicit HorizontalFlip(const Config& config)
      : probability_(config.probability()), per_batch_(config.scope() == Config::BATCH) {}

  bool KeepsPixels() const override { return true; }

  at::Tensor Apply(const at::Tensor& x, RandomStream& random) override {
    return MoveImages(x, *DrawMoves(BatchShape::Of(x), random));
  }

  std::optional<ImageMoves> DrawMoves(const BatchShape& batch, RandomStream& random) override {
    const at::Tensor mirrored =
        random.Uniform({per_batch_ ? int64_t{1} : batch.count}).lt(probability_);
    return ImageMoves{.dy = {}, .dx = {}, .mirrored = mirrored.expand({batch.count})};
  }

 private:
  const double probability_;
  const bool per_batch_;
};

DFKD_REGISTER_PLUGIN(Augmentation, HorizontalFlip);

}  // namespace
}  // namespace dfkd
