#include "dfkd/train/teacher_accuracy.h"

#include <memory>

#include "absl/strings/str_format.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/data/dataset.h"

namespace dfkd {

absl::StatusOr<std::optional<TeacherAccuracy>> MeasureTeacher(const Experiment& spec,
                                                              const Teacher& teacher) {
  if (!spec.has_data()) return std::nullopt;
  const TeacherCard& card = teacher.card();
  DFKD_ASSIGN_OR_RETURN(const std::unique_ptr<Dataset> data,
                        Registry<Dataset>::Get().Create(
                            spec.data().source(), {card.height(), card.width()}, "data.source"));
  TeacherAccuracy accuracy{"test", {}};
  const Split* split = data->split(SplitName::kTest);
  if (split == nullptr) {
    accuracy.split = "validation";
    split = data->split(SplitName::kValidation);
  }
  if (split == nullptr) return std::nullopt;
  DFKD_ASSIGN_OR_RETURN(accuracy.measured,
                        EvaluateModel(teacher.model(), *split, card, spec.evaluation().batch_size(),
                                      teacher.device()));
  return accuracy;
}

absl::Status CheckTeacherAccuracy(const TeacherAccuracy& accuracy, const TeacherCard& card,
                                  double tolerance) {
  if (!card.has_accuracy()) return absl::OkStatus();
  const Evaluation& measured = accuracy.measured;
  const double missing = card.accuracy() - measured.accuracy();
  if (missing <= tolerance) return absl::OkStatus();
  return ConfigError(absl::StrFormat(
      "the teacher %s of %.1f%% %s the %d %s images; its card declares %.1f%%, and "
      "teacher.accuracy_tolerance allows %g points less. Usual causes: normalization in the card "
      "is "
      "not that of its training; its logits have the classes in another order; its channels were "
      "in another order (BGR); or the weights are another file's. Correct teacher.card or "
      "teacher.model; where the images are harder than those it was declared on, set "
      "teacher.accuracy_tolerance",
      measured.segmentation.has_value() ? "has a mean IoU" : "names the class", measured.accuracy(),
      measured.segmentation.has_value() ? "on" : "of", measured.count, accuracy.split,
      card.accuracy(), tolerance));
}

}  // namespace dfkd
