// The experiments that a run needs beside itself: the one that makes its teacher, and its floors.
#ifndef DFKD_TRAIN_RELATED_SPECS_H_
#define DFKD_TRAIN_RELATED_SPECS_H_

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "dfkd/core/resolve.h"

namespace dfkd {

// Stages of a run that floors, whose stages carry their experiments' names, stand beside.
inline constexpr char kTeacherStage[] = "teacher";
inline constexpr char kStudentStage[] = "student";

struct RelatedSpecs {
  std::optional<ResolvedSpec> teacher;  // teacher.from
  std::vector<ResolvedSpec> floors;     // evaluation.floor
};

// Each takes over seed, device, precision and threads of `spec`; a floor also its teacher.
absl::StatusOr<RelatedSpecs> ResolveRelated(const Experiment& spec);

}  // namespace dfkd

#endif  // DFKD_TRAIN_RELATED_SPECS_H_
