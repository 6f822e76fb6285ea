// What images that are being synthesised are worth: the adversary's side of a step, which methods
// share whatever it is that they update.
#ifndef DFKD_TRAIN_SYNTHESIS_LOSS_H_
#define DFKD_TRAIN_SYNTHESIS_LOSS_H_

#include <ATen/core/Tensor.h>

#include "absl/status/statusor.h"
#include "dfkd/augmentations/augmentation_list.h"
#include "dfkd/losses/loss_set.h"
#include "dfkd/methods/method.h"

namespace dfkd {

// The weighted sum of `losses` on images [B, C, H, W], which the caller's parameters made:
// augmented (stream "generator_augmentation"), normalised, shown to the teacher, with taps where a
// loss wants them, and to the student where a loss that is on asks for it, in the mode that it is
// in. Adds the terms to the round's means as "loss_NAME" and the passes to the budget. labels [B]
// int64, or undefined where the method knows none. The student's parameters must not require
// gradients.
absl::StatusOr<at::Tensor> SynthesisLoss(const MethodServices& services,
                                         const AugmentationList& augmentations, LossSet& losses,
                                         const at::Tensor& images, const at::Tensor& labels);

}  // namespace dfkd

#endif  // DFKD_TRAIN_SYNTHESIS_LOSS_H_
