#include "dfkd/inference/run_model.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dfkd/core/edit_distance.h"
#include "dfkd/core/files.h"
#include "dfkd/core/resolve.h"
#include "dfkd/core/status.h"
#include "dfkd/train/related_specs.h"
#include "dfkd/train/run_folder.h"

namespace dfkd {
namespace {

std::string WeightsOf(const std::string& dir, const std::string& stage, const std::string& which) {
  return JoinPath(JoinPath(dir, stage), absl::StrCat(which, ".safetensors"));
}

absl::Status CheckStageWeights(const std::string& weights, const std::string& which,
                               const Experiment& spec) {
  if (FileExists(weights)) return absl::OkStatus();
  if (which == "best" && spec.evaluation().selection() == EvaluationSpec::LAST) {
    return InputFileError(absl::StrCat(
        weights,
        " is not there: evaluation.selection of that run is LAST, which keeps the last "
        "epoch alone; leave --which out"));
  }
  return InputFileError(
      absl::StrCat(weights, " is not there: that stage of the run has not finished"));
}

// The spec of a stage that has a folder of its own; null for others.
const Experiment* FindStage(const Experiment& own, const RelatedSpecs& related,
                            const std::string& stage) {
  if (stage == kStudentStage) return &own;
  if (stage == kTeacherStage) {
    return related.teacher.has_value() ? &related.teacher->spec : nullptr;
  }
  for (const ResolvedSpec& floor : related.floors) {
    if (floor.name == stage) return &floor.spec;
  }
  return nullptr;
}

absl::Status NoSuchStage(const std::string& dir, const Experiment& spec,
                         const RelatedSpecs& related, const std::string& stage) {
  std::vector<std::string> names = {kStudentStage};
  if (spec.teacher().has_from() || spec.teacher().has_model()) names.push_back(kTeacherStage);
  for (const ResolvedSpec& floor : related.floors) names.push_back(floor.name);
  return ConfigError(absl::StrCat("--stage=", stage, ": the run in ", dir, " has the stages ",
                                  absl::StrJoin(names, ", "), DidYouMean(stage, names)));
}

}  // namespace

absl::StatusOr<RunModel> FindRunModel(const std::string& dir, const std::string& stage,
                                      const std::string& which) {
  if (which != "last" && which != "best") {
    return ConfigError(absl::StrCat("--which=", which, "; must be last or best"));
  }
  DFKD_ASSIGN_OR_RETURN(const std::string path, SpecOfRun(dir));
  DFKD_ASSIGN_OR_RETURN(const ResolvedSpec run, ResolveSpec(path));
  DFKD_ASSIGN_OR_RETURN(const RelatedSpecs related, ResolveRelated(run.spec));
  RunModel found;
  found.card = run.spec.teacher().card();
  if (run.spec.has_data()) *found.subject.mutable_data() = run.spec.data();
  if (stage == kTeacherStage && run.spec.teacher().has_model()) {
    if (which != "last") {
      return ConfigError(absl::StrCat("--which=", which, ": the teacher of the run in ", dir,
                                      " is a weight file that its spec names, of which there is "
                                      "one; leave --which out"));
    }
    *found.subject.mutable_model() = run.spec.teacher().model();
    found.weights = run.spec.teacher().model().weights();
    return found;
  }
  const Experiment* spec = FindStage(run.spec, related, stage);
  if (spec == nullptr) return NoSuchStage(dir, run.spec, related, stage);
  found.weights = WeightsOf(dir, stage, which);
  if (stage == kTeacherStage && !FileExists(WeightsOf(dir, stage, "last"))) {
    return InputFileError(absl::StrCat("the run in ", dir, " took its teacher from a run of ",
                                       related.teacher->name,
                                       "; give the folder of that one to --run"));
  }
  DFKD_RETURN_IF_ERROR(CheckStageWeights(found.weights, which, *spec));
  *found.subject.mutable_model() = spec->student().model();
  return found;
}

}  // namespace dfkd
