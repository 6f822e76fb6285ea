// A model measured on a split: fp32, evaluation mode, no gradients.
#ifndef DFKD_METRICS_EVALUATE_MODEL_H_
#define DFKD_METRICS_EVALUATE_MODEL_H_

#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <optional>

#include "absl/status/statusor.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/data/dataset.h"
#include "dfkd/metrics/segmentation.h"
#include "dfkd/models/model.h"

namespace dfkd {

struct Evaluation {
  double top1 = 0;           // %
  double top5 = 0;           // %; of all classes where there are fewer than five
  double cross_entropy = 0;  // nats, mean over the images, or over the pixels that have a class
  int64_t count = 0;         // images
  // Of a split with masks, in place of top1 and top5.
  std::optional<SegmentationScores> segmentation = std::nullopt;

  // What counts as the result, in %, and how its columns end: "top1" or "miou".
  double accuracy() const { return segmentation.has_value() ? segmentation->miou : top1; }
  const char* metric() const { return segmentation.has_value() ? "miou" : "top1"; }
};

// Images are normalised by `card` and go through `model` (on `device`) in batches of `batch_size`,
// in the split's order. The model's training mode is put back, also on an error. `after_batch`,
// where given, is told how many images each batch had.
absl::StatusOr<Evaluation> EvaluateModel(Model& model, const Split& split, const TeacherCard& card,
                                         int64_t batch_size, at::Device device,
                                         const std::function<void(int64_t)>& after_batch = nullptr);

struct AgreementEvaluation {
  double agreement = 0;      // %, images (or pixels) for which both name the same class
  double cross_entropy = 0;  // nats, of the student against the class that the teacher names
  int64_t count = 0;         // images
};

// Two models on the same images; what can be measured without any labelled data.
absl::StatusOr<AgreementEvaluation> EvaluateAgreement(Model& student, Model& teacher,
                                                      const Split& split, const TeacherCard& card,
                                                      int64_t batch_size, at::Device device);

}  // namespace dfkd

#endif  // DFKD_METRICS_EVALUATE_MODEL_H_
