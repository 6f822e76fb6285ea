// The cells of a study as experiments that `dfkd run` is called with.
#ifndef DFKD_STUDY_STUDY_SPECS_H_
#define DFKD_STUDY_STUDY_SPECS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/resolve.h"
#include "dfkd/study/study.pb.h"
#include "dfkd/study/study_plan.h"

namespace dfkd {

// A call of `dfkd run`.
struct PlannedRun {
  std::string folder;  // relative to the study's
  uint64_t seed = 0;
  std::string spec_name;          // what to run
  std::vector<std::string> sets;  // values of --set
  ResolvedSpec spec;              // what these come to
  // The same with the teacher's spec in place of its weights; equal to `spec` where it needs none.
  ResolvedSpec with_teachers_spec;
  int teacher = -1;  // among StudySpecs::teachers(); -1: none of this study's

  // The program's arguments. `dir`: the study's folder.
  std::vector<std::string> Arguments(const std::string& dir) const;
};

class StudySpecs {
 public:
  // `study.threads` is what each run gets.
  StudySpecs(const Study& study, std::string dir) : study_(study), dir_(std::move(dir)) {}

  // The run of the cell with the seed. A teacher that its spec would make first (teacher.from with
  // train_if_missing) becomes a run of the study, which all runs that need it share; one that it
  // may not make is looked for beside the study's folder. Floors that the spec would run in front
  // of each student are left out: in a study they are arms. ConfigError, InputFileError.
  absl::StatusOr<PlannedRun> Plan(const StudyCell& cell, uint64_t seed);

  // Those that the planned runs need, each once.
  const std::vector<PlannedRun>& teachers() const { return teachers_; }

 private:
  absl::Status PlanTeacher(PlannedRun* run);
  absl::StatusOr<int> AddTeacher(const std::string& from, ResolvedSpec spec);

  const Study& study_;
  const std::string dir_;
  std::vector<PlannedRun> teachers_;
};

// Whether the run's folder holds it, finished. ConfigError with the difference where another run
// has finished there.
absl::StatusOr<bool> IsFinished(const PlannedRun& run, const std::string& dir);

}  // namespace dfkd

#endif  // DFKD_STUDY_STUDY_SPECS_H_
