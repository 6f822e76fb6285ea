// The networks that a run left, or used.
#ifndef DFKD_INFERENCE_RUN_MODEL_H_
#define DFKD_INFERENCE_RUN_MODEL_H_

#include <string>

#include "absl/status/statusor.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/inference/subject.pb.h"

namespace dfkd {

struct RunModel {
  Subject subject;      // the stage's model and, where the run has some, the run's data
  std::string weights;  // the file
  TeacherCard card;     // teacher.card of the run's spec; may be empty
};

// From DIR/resolved.textproto. `stage`: "student", "teacher", or a floor's name. `which`: "last" or
// "best", of which a run has one only where evaluation.selection chose it. A teacher that the run
// did not train is the one that its spec names.
absl::StatusOr<RunModel> FindRunModel(const std::string& dir, const std::string& stage,
                                      const std::string& which);

}  // namespace dfkd

#endif  // DFKD_INFERENCE_RUN_MODEL_H_
