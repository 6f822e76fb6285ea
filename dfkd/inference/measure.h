// A network with its weights, measured on a split of a data set.
#ifndef DFKD_INFERENCE_MEASURE_H_
#define DFKD_INFERENCE_MEASURE_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/data/dataset.h"
#include "dfkd/inference/subject.pb.h"
#include "dfkd/metrics/evaluate_model.h"
#include "dfkd/train/compute.h"
#include "dfkd/train/teacher.h"

namespace dfkd {

struct MeasureOptions {
  Subject subject;      // model and data
  std::string weights;  // the file
  // Before the card of the weight file, such as a spec's teacher.card; its card may be null.
  CardSource first_card;
  SplitName split = SplitName::kTest;
  Compute compute;
  // Called once with the number of images, then after each batch.
  std::function<void(int64_t total)> on_start;
  std::function<void(int64_t images)> on_batch;
};

struct Measured {
  Evaluation evaluation;
  TeacherCard card;  // merged: first_card, the weight file's, the data set's
};

// ConfigError where two cards differ or the data have no such split.
absl::StatusOr<Measured> Measure(const MeasureOptions& options);

}  // namespace dfkd

#endif  // DFKD_INFERENCE_MEASURE_H_
