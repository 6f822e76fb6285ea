// The door of a teacher or student: images in [0, 1] to what it was trained on.
#ifndef DFKD_AUGMENTATIONS_NORMALIZER_H_
#define DFKD_AUGMENTATIONS_NORMALIZER_H_

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>

#include "absl/status/statusor.h"
#include "dfkd/core/experiment.pb.h"

namespace dfkd {

class Normalizer {
 public:
  // One mean and one std per channel; refused otherwise.
  static absl::StatusOr<Normalizer> Create(const Normalization& normalization, int64_t channels,
                                           at::Device device);

  // x [N, C, H, W] float32 -> (x - mean) / std in one pass and in x's layout, as x / std - mean /
  // std (equal to PyTorch's order of operations to rounding). Gradients flow to x.
  at::Tensor Apply(const at::Tensor& x) const;

  // y [N, C, H, W] as a network sees it -> y * std + mean, Apply's inverse to rounding: in [0, 1]
  // where y is an image's. Gradients flow to y.
  at::Tensor Invert(const at::Tensor& y) const;

  // What Apply makes of an 8-bit image's values: [C, 256] float32, of byte b / 255 in channel c. On
  // the normaliser's device.
  at::Tensor ByteLevels() const;

 private:
  Normalizer() = default;
  at::Tensor scale_;  // 1 / std, [1, C, 1, 1]
  at::Tensor shift_;  // -mean / std
  at::Tensor std_;
  at::Tensor mean_;
};

}  // namespace dfkd

#endif  // DFKD_AUGMENTATIONS_NORMALIZER_H_
