#include "dfkd/metrics/segmentation.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/bincount.h>
#include <ATen/ops/where.h>

#include "glog/logging.h"

namespace dfkd {

at::Tensor ConfusionMatrix(const at::Tensor& logits, const at::Tensor& masks) {
  const at::NoGradGuard no_grad;
  CHECK(logits.dim() == 4 && masks.dim() == 3) << logits.dim() << " and " << masks.dim();
  const int64_t classes = logits.size(1), cells = classes * classes;
  const at::Tensor labels = masks.to(at::kLong);
  // Pixels of no class fall into a cell behind the others.
  const at::Tensor cell = at::where(labels.lt(classes), labels * classes + logits.argmax(1), cells);
  return at::bincount(cell.flatten(), /*weights=*/{}, /*minlength=*/cells + 1)
      .narrow(0, 0, cells)
      .view({classes, classes});
}

SegmentationScores ScoreSegmentation(const at::Tensor& confusion) {
  const at::Tensor counts = confusion.to(at::kCPU, at::kDouble);
  const at::Tensor right = counts.diagonal().contiguous();
  const at::Tensor either = (counts.sum(0) + counts.sum(1) - right).contiguous();
  SegmentationScores scores;
  int occurring = 0;
  for (int64_t k = 0; k < counts.size(0); ++k) {
    const double intersection = right.const_data_ptr<double>()[k];
    const double in_either = either.const_data_ptr<double>()[k];
    if (in_either == 0) {
      scores.class_iou.emplace_back();
      continue;
    }
    scores.class_iou.emplace_back(100 * intersection / in_either);
    scores.miou += *scores.class_iou.back();
    ++occurring;
  }
  CHECK_GT(occurring, 0) << "a mean over no pixels";
  scores.miou /= occurring;
  scores.pixel_accuracy = 100 * right.sum().item<double>() / counts.sum().item<double>();
  return scores;
}

}  // namespace dfkd
