#include "dfkd/train/synthesis_loss.h"

#include "absl/strings/str_cat.h"
#include "dfkd/core/contract.h"
#include "dfkd/core/status.h"
#include "dfkd/nn/taps.h"
#include "dfkd/report/budget.h"
#include "dfkd/report/recorder.h"
#include "dfkd/train/patch_positions.h"
#include "dfkd/train/precision.h"
#include "dfkd/train/teacher.h"

namespace dfkd {

absl::StatusOr<at::Tensor> SynthesisLoss(const MethodServices& services,
                                         const AugmentationList& augmentations, LossSet& losses,
                                         const at::Tensor& images, const at::Tensor& labels) {
  const at::Tensor augmented =
      augmentations.Apply(images, services.streams->Get("generator_augmentation"));
  const at::Tensor normalized = services.teacher->normalizer().Apply(augmented);
  const Capabilities needs = losses.EnabledNeeds();
  Taps taps;
  taps.want_batch_norm_inputs = needs.Has(Capability::kBatchNormInputs);
  taps.want_last_relu_input = needs.Has(Capability::kPreReluMap);
  if (services.patch_positions != nullptr) {
    DFKD_ASSIGN_OR_RETURN(taps.patch_offsets,
                          services.patch_positions->Draw(normalized, *services.streams));
  }
  ModelOutput teacher, student;
  {
    const PrecisionScope precision(services.precision);
    teacher = services.teacher->model().Forward(normalized, taps);
    if (needs.Has(Capability::kStudentOutput)) {
      Taps student_taps;
      student_taps.patch_offsets = taps.patch_offsets;
      student = services.student->Forward(normalized, student_taps);
    }
  }
  services.budget->teacher_forwards += images.size(0);
  services.budget->teacher_backwards += images.size(0);

  LossInput input;
  input.images = images;
  input.network_input = normalized;
  input.labels = labels;
  input.teacher = &teacher;
  input.teacher_taps = &taps;
  input.classifier_weight = services.teacher->model().ClassifierWeight();
  if (needs.Has(Capability::kStudentOutput)) input.student = &student;
  return losses.Total(input, [&services](absl::string_view name, const at::Tensor& value) {
    services.means->Add(absl::StrCat("loss_", name), value);
  });
}

}  // namespace dfkd
