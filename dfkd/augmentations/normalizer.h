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

  // x [N, C, H, W] -> (x - mean) / std, in x's dtype and layout; gradients flow to x.
  at::Tensor Apply(const at::Tensor& x) const;

 private:
  Normalizer(at::Tensor mean, at::Tensor std);
  at::Tensor mean_;  // [1, C, 1, 1]
  at::Tensor std_;
};

}  // namespace dfkd

#endif  // DFKD_AUGMENTATIONS_NORMALIZER_H_
