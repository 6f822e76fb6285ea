// Whether a teacher is as good as its card says, found out before hours are spent on it.
#ifndef DFKD_TRAIN_TEACHER_ACCURACY_H_
#define DFKD_TRAIN_TEACHER_ACCURACY_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/metrics/evaluate_model.h"
#include "dfkd/train/teacher.h"

namespace dfkd {

struct TeacherAccuracy {
  std::string split;  // "test", or "validation" where the data have no test split
  Evaluation measured;
};

// In fp32. Nothing where the experiment has no labelled images to measure it on.
absl::StatusOr<std::optional<TeacherAccuracy>> MeasureTeacher(const Experiment& spec,
                                                              const Teacher& teacher);

// ConfigError where the card declares an accuracy and the measured one is lower by more than
// `tolerance` points. It ends in "bad configuration", not in "bad input file": the file can be
// read, and it is what the spec or the card says of it that does not hold.
absl::Status CheckTeacherAccuracy(const TeacherAccuracy& accuracy, const TeacherCard& card,
                                  double tolerance);

}  // namespace dfkd

#endif  // DFKD_TRAIN_TEACHER_ACCURACY_H_
