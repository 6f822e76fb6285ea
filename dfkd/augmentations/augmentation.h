// A random change of a batch of images, per sample, differentiable. Plugins of category
// "augmentation".
#ifndef DFKD_AUGMENTATIONS_AUGMENTATION_H_
#define DFKD_AUGMENTATIONS_AUGMENTATION_H_

#include <ATen/core/Tensor.h>

#include "dfkd/core/random_stream.h"

namespace dfkd {

struct AugmentationContext {};

class Augmentation {
 public:
  static constexpr char kCategory[] = "augmentation";
  using Context = AugmentationContext;

  virtual ~Augmentation() = default;
  // x [N, C, H, W] float -> same shape; draws from `random`, gradients flow to x.
  virtual at::Tensor Apply(const at::Tensor& x, RandomStream& random) = 0;
};

}  // namespace dfkd

#endif  // DFKD_AUGMENTATIONS_AUGMENTATION_H_
