#include "dfkd/train/teacher_source.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "dfkd/core/files.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/random_stream.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/spec_diff.h"
#include "dfkd/core/status.h"
#include "dfkd/data/dataset.h"
#include "dfkd/models/model_factory.h"
#include "dfkd/report/summary.h"
#include "dfkd/train/model_weights.h"
#include "dfkd/train/run_folder.h"

namespace dfkd {
namespace {

// Whether the folder was made by a spec equal to `spec`.
bool HoldsRunOf(const std::string& dir, const Experiment& spec) {
  const absl::StatusOr<std::string> text =
      ReadFile(JoinPath(dir, kResolvedSpecFile), kMaxTextprotoBytes);
  Experiment before;
  return text.ok() && ParseTextproto(*text, dir, &before).ok() && DiffSpecs(before, spec).empty();
}

std::string FolderBeside(const std::string& output_dir, const std::string& name) {
  const absl::string_view own = absl::StripSuffix(output_dir, "/");
  const size_t slash = own.rfind('/');
  return JoinPath(slash == own.npos ? "." : std::string(own.substr(0, slash)), name);
}

// The weights that a finished run left; "" where there is none and one may be made.
absl::StatusOr<std::string> WeightsOfRun(const ResolvedSpec& teacher, bool train_if_missing,
                                         const std::string& output_dir) {
  // A run that has begun to train its own goes on with that one, whatever was run beside it since.
  if (train_if_missing && FileExists(JoinPath(output_dir, kTeacherStage))) return "";
  const std::string beside = FolderBeside(output_dir, teacher.name);
  const absl::StatusOr<RunSummary> finished = ReadSummary(beside);
  // A person who ran it with changes of their own and wants it trained no more gets just that.
  if (finished.ok() && finished->finished &&
      (!train_if_missing || HoldsRunOf(beside, teacher.spec))) {
    return JoinPath(beside, absl::StrCat(kStudentStage, "/last.safetensors"));
  }
  if (train_if_missing) return "";
  return InputFileError(absl::StrCat("teacher.from names ", teacher.name, ", and ", beside,
                                     " holds no finished run of it; run it first, or set "
                                     "teacher.train_if_missing=true"));
}

}  // namespace

absl::StatusOr<std::optional<TeacherSource>> FindTeacher(const Experiment& spec,
                                                         const RelatedSpecs& related,
                                                         const std::string& output_dir) {
  TeacherSource source;
  if (related.teacher.has_value()) {
    source.model = related.teacher->spec.student().model();
    DFKD_ASSIGN_OR_RETURN(
        source.weights,
        WeightsOfRun(*related.teacher, spec.teacher().train_if_missing(), output_dir));
    return source;
  }
  if (!spec.teacher().has_model()) return std::nullopt;
  source.model = spec.teacher().model();
  source.weights = source.model.weights();
  return source;
}

absl::StatusOr<std::unique_ptr<Teacher>> LoadTeacher(const Experiment& spec,
                                                     const TeacherSource& source,
                                                     at::Device device) {
  ModelWeights weights;
  if (!source.weights.empty()) {
    DFKD_ASSIGN_OR_RETURN(weights, ReadModelWeights(source.weights));
  }
  TeacherCard declared;
  if (spec.has_data()) {
    DFKD_ASSIGN_OR_RETURN(
        declared, Registry<Dataset>::Get().GetOutline(spec.data().source(), spec, "data.source"));
  }
  DFKD_ASSIGN_OR_RETURN(TeacherCard card,
                        MergeCards({{"teacher.card in the spec", &spec.teacher().card()},
                                    weights.card_source(),
                                    {"the data set", &declared}}));
  ModelContext context = ContextOf(card);
  std::unique_ptr<Model> model;
  if (source.weights.empty()) {
    RandomStream init(0, "teacher_init");
    context.init = &init;
    DFKD_ASSIGN_OR_RETURN(model, CreateModel(source.model, context, "teacher.model"));
  } else {
    DFKD_ASSIGN_OR_RETURN(model, LoadModel(source.model, context, weights, "teacher.model"));
  }
  return Teacher::Create(std::move(model), std::move(card), device);
}

}  // namespace dfkd
