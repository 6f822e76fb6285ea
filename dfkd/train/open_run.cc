#include "dfkd/train/open_run.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "dfkd/core/checkpoint.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/report/silent_display.h"
#include "dfkd/train/module_state.h"
#include "dfkd/train/related_specs.h"
#include "dfkd/train/teacher_source.h"

namespace dfkd {
namespace {

// As the run had it: also where it trained it itself.
absl::StatusOr<std::unique_ptr<Teacher>> TeacherOfRun(const OpenRunOptions& options,
                                                      at::Device device) {
  DFKD_ASSIGN_OR_RETURN(const RelatedSpecs related, ResolveRelated(options.spec));
  DFKD_ASSIGN_OR_RETURN(std::optional<TeacherSource> source,
                        FindTeacher(options.spec, related, options.run_dir));
  if (!source.has_value()) return nullptr;
  if (source->weights.empty()) {
    source->weights = JoinPath(options.run_dir, absl::StrCat(kTeacherStage, "/last.safetensors"));
  }
  return LoadTeacher(options.spec, *source, device);
}

absl::StatusOr<Experiment> WithoutData(Experiment spec) {
  DFKD_ASSIGN_OR_RETURN(const Contract contract,
                        Registry<Method>::Get().GetContract(spec.method(), "method"));
  if (contract.needs.Has(Capability::kRealData)) return spec;
  spec.clear_data();
  spec.mutable_evaluation()->set_selection(EvaluationSpec::LAST);
  return spec;
}

absl::StatusOr<LoadedCheckpoint> CheckpointOf(const std::string& stage) {
  absl::StatusOr<LoadedCheckpoint> checkpoint = ReadLastCheckpoint(JoinPath(stage, "checkpoint"));
  if (absl::IsNotFound(checkpoint.status())) {
    return InputFileError(absl::StrCat(stage,
                                       " holds no checkpoint; name the folder of a run that "
                                       "has begun to distil its student"));
  }
  return checkpoint;
}

}  // namespace

absl::StatusOr<std::unique_ptr<OpenedRun>> OpenRun(const OpenRunOptions& options) {
  auto run = std::make_unique<OpenedRun>();
  run->stage_dir = JoinPath(options.run_dir, kStudentStage);
  DFKD_ASSIGN_OR_RETURN(const LoadedCheckpoint checkpoint, CheckpointOf(run->stage_dir));
  run->round = checkpoint.round;
  DFKD_ASSIGN_OR_RETURN(run->machine, ChooseForMachine(options.spec.train()));
  DFKD_ASSIGN_OR_RETURN(run->teacher, TeacherOfRun(options, run->machine.device));
  run->spec = options.spec;
  if (!options.with_data) {
    DFKD_ASSIGN_OR_RETURN(run->spec, WithoutData(options.spec));
  }
  run->progress =
      std::make_unique<Progress>("", 1, "steps", absl::InfiniteDuration(), SilentDisplay());

  AssemblyOptions assembly;
  assembly.spec = &run->spec;
  assembly.teacher = run->teacher.get();
  assembly.device = run->machine.device;
  assembly.dir = run->stage_dir;
  assembly.files = FileSystem::Posix();
  assembly.progress = run->progress.get();
  DFKD_ASSIGN_OR_RETURN(run->parts, Assembly::Create(assembly));
  const StateReader state(&checkpoint.state);
  DFKD_RETURN_IF_ERROR(
      Annotate(LoadModule(state.Scope("student"), run->parts->student.get()), run->stage_dir));
  DFKD_RETURN_IF_ERROR(Annotate(run->parts->method->Load(state.Scope("method")), run->stage_dir));
  return run;
}

}  // namespace dfkd
