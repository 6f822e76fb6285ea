#include "dfkd/study/study_specs.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dfkd/core/files.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/spec_diff.h"
#include "dfkd/core/status.h"
#include "dfkd/report/summary.h"
#include "dfkd/train/related_specs.h"
#include "dfkd/train/teacher_source.h"

namespace dfkd {
namespace {

constexpr char kTeachersFolder[] = "teachers";
constexpr char kRunsFolder[] = "runs";
constexpr char kWeights[] = "student/last.safetensors";

std::string SeedFolder(absl::string_view name, uint64_t seed) {
  return absl::StrCat(name, "/seed-", seed);
}

// `run`'s spec anew, with one more setting.
absl::Status AddSet(std::string set, PlannedRun* run) {
  run->sets.push_back(std::move(set));
  DFKD_ASSIGN_OR_RETURN(run->spec, ResolveSpec(run->spec_name, run->sets));
  return absl::OkStatus();
}

}  // namespace

std::vector<std::string> PlannedRun::Arguments(const std::string& dir) const {
  std::vector<std::string> arguments = {"run", spec_name,
                                        absl::StrCat("--output_dir=", JoinPath(dir, folder))};
  for (const std::string& set : sets) arguments.push_back(absl::StrCat("--set=", set));
  return arguments;
}

absl::StatusOr<PlannedRun> StudySpecs::Plan(const StudyCell& cell, uint64_t seed) {
  PlannedRun run;
  run.seed = seed;
  run.folder = JoinPath(kRunsFolder, SeedFolder(cell.folder, seed));
  run.spec_name = cell.spec;
  run.sets = cell.sets;
  run.sets.push_back(absl::StrCat("train.seed=", seed));
  run.sets.push_back(absl::StrCat("train.threads=", study_.threads()));
  DFKD_ASSIGN_OR_RETURN(run.spec, ResolveSpec(run.spec_name, run.sets));
  if (run.spec.spec.evaluation().floor_size() > 0) {
    DFKD_RETURN_IF_ERROR(AddSet("evaluation.floor=", &run));
  }
  run.with_teachers_spec = run.spec;
  if (run.spec.spec.teacher().has_from()) DFKD_RETURN_IF_ERROR(PlanTeacher(&run));
  return run;
}

absl::Status StudySpecs::PlanTeacher(PlannedRun* run) {
  const Experiment& spec = run->spec.spec;
  DFKD_ASSIGN_OR_RETURN(RelatedSpecs related, ResolveRelated(spec));
  ModelSpec model = related.teacher->spec.student().model();
  if (spec.teacher().train_if_missing()) {
    ResolvedSpec teacher = *std::move(related.teacher);
    if (study_.has_teacher_seed()) {
      const std::string name = teacher.name;
      teacher.spec.mutable_train()->set_seed(study_.teacher_seed());
      DFKD_ASSIGN_OR_RETURN(teacher, ResolveExperiment(std::move(teacher.spec), name));
    }
    DFKD_ASSIGN_OR_RETURN(run->teacher, AddTeacher(spec.teacher().from(), std::move(teacher)));
    model.set_weights(JoinPath(JoinPath(dir_, teachers_[run->teacher].folder), kWeights));
  } else {
    DFKD_ASSIGN_OR_RETURN(const std::optional<TeacherSource> source,
                          FindTeacher(spec, related, dir_));
    model.set_weights(source->weights);
  }
  run->sets.emplace_back("teacher.from=");
  return AddSet(absl::StrCat("teacher.model={", PrintTextprotoLine(model), "}"), run);
}

absl::StatusOr<int> StudySpecs::AddTeacher(const std::string& from, ResolvedSpec spec) {
  for (size_t i = 0; i < teachers_.size(); ++i) {
    if (teachers_[i].spec_name == from &&
        teachers_[i].with_teachers_spec.canonical_text == spec.canonical_text) {
      return static_cast<int>(i);
    }
  }
  const TrainSpec& train = spec.spec.train();
  PlannedRun teacher;
  teacher.seed = train.seed();
  teacher.spec_name = from;
  teacher.sets = {absl::StrCat("train.seed=", train.seed()),
                  absl::StrCat("train.threads=", train.threads()),
                  absl::StrCat("train.device=", train.device()),
                  absl::StrCat("train.precision=", TrainSpec::Precision_Name(train.precision()))};
  DFKD_ASSIGN_OR_RETURN(teacher.spec, ResolveSpec(from, teacher.sets));
  // Others of the same name: on another device, say.
  int others = 0;
  for (const PlannedRun& other : teachers_) {
    if (other.spec.name == spec.name && other.seed == teacher.seed) ++others;
  }
  const std::string name = others == 0 ? spec.name : absl::StrCat(spec.name, "-", others + 1);
  teacher.folder = JoinPath(kTeachersFolder, SeedFolder(name, teacher.seed));
  teacher.with_teachers_spec = std::move(spec);
  teachers_.push_back(std::move(teacher));
  return static_cast<int>(teachers_.size()) - 1;
}

absl::StatusOr<bool> IsFinished(const PlannedRun& run, const std::string& dir) {
  const std::string folder = JoinPath(dir, run.folder);
  const absl::StatusOr<RunSummary> summary = ReadSummary(folder);
  if (!summary.ok() || !summary->finished) return false;
  const std::string path = JoinPath(folder, "resolved.textproto");
  DFKD_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMaxTextprotoBytes));
  Experiment before;
  DFKD_RETURN_IF_ERROR(ParseTextproto(text, path, &before));
  const std::vector<std::string> lines = DiffSpecs(before, run.spec.spec);
  if (lines.empty()) return true;
  return ConfigError(absl::StrCat(folder,
                                  " holds a run of another experiment; choose another "
                                  "--output_dir. Differences (there -> here):\n  ",
                                  absl::StrJoin(lines, "\n  ")));
}

}  // namespace dfkd
