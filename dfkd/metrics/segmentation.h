// How well logits of pixels fit masks.
#ifndef DFKD_METRICS_SEGMENTATION_H_
#define DFKD_METRICS_SEGMENTATION_H_

#include <ATen/core/Tensor.h>

#include <optional>
#include <vector>

namespace dfkd {

// How many pixels of class i have their largest logit at class j: [K, K] int64, where the logits
// lie. logits [N, K, H, W], masks [N, H, W] uint8 or int64; pixels of no class (kIgnoredPixel)
// are left out. Adds up over batches.
at::Tensor ConfusionMatrix(const at::Tensor& logits, const at::Tensor& masks);

struct SegmentationScores {
  double miou = 0;                               // %
  double pixel_accuracy = 0;                     // %
  std::vector<std::optional<double>> class_iou;  // %; none for a class that nowhere occurs
};

// Of a confusion matrix n with at least one pixel:
//
//   IoU_k = n_kk / (sum_j n_kj + sum_i n_ik - n_kk),   mIoU the mean over the classes that occur,
//
// among the labels or the predictions: another class has no IoU. The pixel accuracy is
// sum_k n_kk / sum_ij n_ij.
SegmentationScores ScoreSegmentation(const at::Tensor& confusion);

}  // namespace dfkd

#endif  // DFKD_METRICS_SEGMENTATION_H_
