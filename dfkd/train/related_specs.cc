#include "dfkd/train/related_specs.h"

#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dfkd/core/status.h"

namespace dfkd {
namespace {

absl::StatusOr<ResolvedSpec> ResolveBeside(const std::string& name, const Experiment& spec,
                                           bool as_floor) {
  DFKD_ASSIGN_OR_RETURN(ResolvedSpec related, ResolveSpec(name));
  TrainSpec* train = related.spec.mutable_train();
  train->set_seed(spec.train().seed());
  train->set_device(spec.train().device());
  train->set_precision(spec.train().precision());
  train->set_threads(spec.train().threads());
  if (as_floor) *related.spec.mutable_teacher() = spec.teacher();
  // By its short name, also where it was found by a path: a stage's folder is called so.
  return ResolveExperiment(std::move(related.spec), related.name);
}

}  // namespace

absl::StatusOr<RelatedSpecs> ResolveRelated(const Experiment& spec) {
  RelatedSpecs related;
  if (spec.teacher().has_from()) {
    absl::StatusOr<ResolvedSpec> teacher = ResolveBeside(spec.teacher().from(), spec, false);
    if (!teacher.ok()) return Annotate(teacher.status(), "teacher.from");
    if (teacher->spec.teacher().has_from() || teacher->spec.teacher().has_model()) {
      return ConfigError(absl::StrCat("teacher.from: ", spec.teacher().from(),
                                      " has a teacher of its own; it must train one from data"));
    }
    related.teacher = *std::move(teacher);
  }
  // Each stage has a folder of its own.
  std::set<std::string> stages = {kTeacherStage, kStudentStage};
  for (const std::string& name : spec.evaluation().floor()) {
    absl::StatusOr<ResolvedSpec> floor = ResolveBeside(name, spec, true);
    if (!floor.ok()) return Annotate(floor.status(), "evaluation.floor");
    if (!stages.insert(floor->name).second) {
      return ConfigError(absl::StrCat("evaluation.floor: ", name,
                                      " would be the second stage named ", floor->name,
                                      "; list it once, or rename its file"));
    }
    related.floors.push_back(*std::move(floor));
  }
  return related;
}

}  // namespace dfkd
