// Horizontal flip: each image is mirrored left to right with probability p.
//
//   out[n, c, i, j] = x[n, c, i, W - 1 - j] where u_n < p, else x[n, c, i, j];   u_n ~ Uniform[0,
//   1)
//
// x [N, C, H, W] -> [N, C, H, W]; the gradient is mirrored with the image.
//
// Source: the public NAYER code's RandomHorizontalFlip, drawn per sample.
//
//   augmentations { [type.googleapis.com/dfkd.HorizontalFlipConfig] { probability: 0.5 } }
#include <memory>

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
    return std::make_unique<HorizontalFlip>(config.probability());
  }

  explicit HorizontalFlip(double probability) : probability_(probability) {}

  at::Tensor Apply(const at::Tensor& x, RandomStream& random) override {
    return MirrorImages(x, random.Uniform({x.size(0)}).lt(probability_));
  }

 private:
  const double probability_;
};

DFKD_REGISTER_PLUGIN(Augmentation, HorizontalFlip);

}  // namespace
}  // namespace dfkd
