// A random change of a batch of images, per sample, differentiable. Plugins of category
// "augmentation".
#ifndef DFKD_AUGMENTATIONS_AUGMENTATION_H_
#define DFKD_AUGMENTATIONS_AUGMENTATION_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

#include "dfkd/augmentations/image_moves.h"
#include "dfkd/core/random_stream.h"

namespace dfkd {

struct AugmentationContext {};

// Of a batch of images.
struct BatchShape {
  int64_t count = 0;
  int64_t height = 0;
  int64_t width = 0;

  static BatchShape Of(const at::Tensor& x) { return {x.size(0), x.size(2), x.size(3)}; }
};

class Augmentation {
 public:
  static constexpr char kCategory[] = "augmentation";
  using Context = AugmentationContext;

  virtual ~Augmentation() = default;
  // x [N, C, H, W] float -> same shape (or, for windows that are cut out, of another height and
  // width); draws from `random`, gradients flow to x.
  virtual at::Tensor Apply(const at::Tensor& x, RandomStream& random) = 0;

  // Whether every pixel that Apply puts out is one of x's pixels or zero in all channels. What is
  // so can be done to a picture and the classes of its pixels alike, as channels of one image.
  virtual bool KeepsPixels() const { return false; }

  // Where all that Apply ever does is to move each image as a whole: the moves that it would make
  // of a batch, by the same draws. Others give nothing, and draw nothing. Who reads 8-bit
  // images makes the moves of a whole list in one pass (kernels/gather_views.h).
  virtual std::optional<ImageMoves> DrawMoves(const BatchShape& /*batch*/,
                                              RandomStream& /*random*/) {
    return std::nullopt;
  }
};

}  // namespace dfkd

#endif  // DFKD_AUGMENTATIONS_AUGMENTATION_H_
