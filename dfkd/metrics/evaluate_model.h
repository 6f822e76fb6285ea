// A model measured on a split: fp32, evaluation mode, no gradients.
#ifndef DFKD_METRICS_EVALUATE_MODEL_H_
#define DFKD_METRICS_EVALUATE_MODEL_H_

#include <c10/core/Device.h>

#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/data/dataset.h"
#include "dfkd/models/model.h"

namespace dfkd {

struct Evaluation {
  double top1 = 0;           // %
  double top5 = 0;           // %; of all classes where there are fewer than five
  double cross_entropy = 0;  // nats, mean
  int64_t count = 0;         // images
};

// Images are normalised by `card` and go through `model` (on `device`) in batches of `batch_size`,
// in the split's order. The model's training mode is put back, also on an error. `after_batch`,
// where given, is told how many images each batch had.
absl::StatusOr<Evaluation> EvaluateModel(Model& model, const Split& split, const TeacherCard& card,
                                         int64_t batch_size, at::Device device,
                                         const std::function<void(int64_t)>& after_batch = nullptr);

struct AgreementEvaluation {
  double agreement = 0;      // %, images on which student and teacher name the same class
  double cross_entropy = 0;  // nats, of the student against the class that the teacher names
  int64_t count = 0;         // images
};

// Two models on the same images; what can be measured without any labelled data.
absl::StatusOr<AgreementEvaluation> EvaluateAgreement(Model& student, Model& teacher,
                                                      const Split& split, const TeacherCard& card,
                                                      int64_t batch_size, at::Device device);

}  // namespace dfkd

#endif  // DFKD_METRICS_EVALUATE_MODEL_H_
