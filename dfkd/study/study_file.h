// Study files (study.proto): shipped ones, embedded in category "study", and a user's own.
#ifndef DFKD_STUDY_STUDY_FILE_H_
#define DFKD_STUDY_STUDY_FILE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/study/study.pb.h"

namespace dfkd {

// The measure that every study has: the last epoch's value of the student's metric in summary.json.
inline constexpr char kAccuracy[] = "accuracy";

struct StudyFile {
  std::string name;  // file stem or shipped name
  Study study;       // defaults spelled out; specs that are paths lead from where the user stands
};

// `path_or_name`: a path where it ends in .textproto or holds a slash, else a shipped study.
// ConfigError or InputFileError; rules, arms and factors fit together (CheckStudy), specs have yet
// to be resolved.
absl::StatusOr<StudyFile> LoadStudy(absl::string_view path_or_name);

// The same for a study in memory. Field rules, names that are used and defined, seeds that stand
// once.
absl::Status CheckStudy(const Study& study);

// ConfigError unless each of `names` is a cell that the study judges. `where`: "--cells".
absl::Status CheckAreCells(absl::string_view where, const std::vector<std::string>& names,
                           const Study& study);

// The measure that a run's analysis must hold for it: "diversity" for "diversity.new_to_pool";
// "" for a measure that reads none.
absl::string_view AnalysedBy(const StudyMeasure& measure);

// As a file in `dir` has it: specs that are paths lead from there.
Study RelativeTo(Study study, const std::string& dir);

}  // namespace dfkd

#endif  // DFKD_STUDY_STUDY_FILE_H_
