// Where a run's teacher comes from: a file of weights, or the finished run of another experiment.
#ifndef DFKD_TRAIN_TEACHER_SOURCE_H_
#define DFKD_TRAIN_TEACHER_SOURCE_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/train/related_specs.h"
#include "dfkd/train/teacher.h"

namespace dfkd {

struct TeacherSource {
  ModelSpec model;
  std::string weights;  // the file; empty: none yet
};

// What the spec names, or the experiment of teacher.from as it was run beside `output_dir`. Without
// weights where that has yet to be trained and the spec allows it; nothing where the experiment has
// no teacher. InputFileError where a run is missing and may not be made.
absl::StatusOr<std::optional<TeacherSource>> FindTeacher(const Experiment& spec,
                                                         const RelatedSpecs& related,
                                                         const std::string& output_dir);

// Its model with those weights, on `device`, and its card merged from the spec, the file and the
// data set. An empty `weights` gives weights drawn at random.
absl::StatusOr<std::unique_ptr<Teacher>> LoadTeacher(const Experiment& spec,
                                                     const TeacherSource& source,
                                                     at::Device device);

}  // namespace dfkd

#endif  // DFKD_TRAIN_TEACHER_SOURCE_H_
