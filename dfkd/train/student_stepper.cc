#include "dfkd/train/student_stepper.h"

#include <ATen/core/grad_mode.h>

#include <utility>

#include "dfkd/augmentations/augmentation_list.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/losses/loss_set.h"
#include "dfkd/optimizers/optimizer.h"
#include "dfkd/report/budget.h"
#include "dfkd/report/recorder.h"
#include "dfkd/schedules/schedule.h"
#include "dfkd/train/finite.h"
#include "dfkd/train/precision.h"

namespace dfkd {
namespace {

class GradientStepper : public StudentStepper {
 public:
  GradientStepper(const StudentSpec& spec, const StudentStepperContext& context)
      : spec_(spec), context_(context) {}

  absl::Status Init() {
    DFKD_ASSIGN_OR_RETURN(
        losses_, LossSet::Create(spec_.losses(), {context_.num_classes}, "student.losses"));
    DFKD_ASSIGN_OR_RETURN(augmentations_,
                          AugmentationList::Create(spec_.augmentations(), "student.augmentations"));
    DFKD_ASSIGN_OR_RETURN(
        optimizer_, Registry<Optimizer>::Get().Create(
                        spec_.optimizer(), {context_.student->Parameters()}, "student.optimizer"));
    if (spec_.has_schedule()) {
      DFKD_ASSIGN_OR_RETURN(schedule_,
                            Registry<Schedule>::Get().Create(spec_.schedule(), {context_.epochs},
                                                             "student.schedule"));
    }
    return absl::OkStatus();
  }

  void BeginEpoch(int64_t epoch) override {
    if (schedule_ == nullptr) return;
    optimizer_->set_learning_rate(schedule_->LearningRate(optimizer_->base_learning_rate(), epoch));
  }

  absl::Status Step(const at::Tensor& images, const at::Tensor& labels) override {
    at::Tensor x =
        images.scalar_type() == at::kByte ? images.to(at::kFloat).mul_(1.0 / 255) : images;
    {
      at::NoGradGuard no_grad;
      x = augmentations_->Apply(x, context_.streams->Get("student_augmentation"));
    }
    const at::Tensor normalized = context_.normalizer->Apply(x);

    LossInput input;
    input.images = x;
    input.network_input = normalized;
    input.labels = labels;
    ModelOutput teacher_output;
    if (context_.teacher != nullptr) {
      at::NoGradGuard no_grad;
      const PrecisionScope precision(context_.precision);
      teacher_output = context_.teacher->model().Forward(normalized);
      input.teacher = &teacher_output;
      context_.budget->teacher_forwards += images.size(0);
    }
    context_.student->Train();
    ModelOutput student_output;
    {
      const PrecisionScope precision(context_.precision);
      student_output = context_.student->Forward(normalized);
    }
    input.student = &student_output;

    optimizer_->ZeroGrad();
    DFKD_ASSIGN_OR_RETURN(at::Tensor loss, losses_->Total(input, [this](absl::string_view name,
                                                                        const at::Tensor& value) {
      context_.means->Add(std::string("loss_student_") + std::string(name), value);
    }));
    loss.backward();
    DFKD_RETURN_IF_ERROR(CheckFiniteGradients(*context_.student, "student"));
    optimizer_->Step();
    return absl::OkStatus();
  }

  int64_t batch_size() const override { return spec_.batch_size(); }
  int64_t steps_per_epoch() const override { return spec_.steps_per_epoch(); }
  double learning_rate() const override { return optimizer_->learning_rate(); }

  void Save(StateWriter writer) const override {
    optimizer_->Save(writer.Scope("optimizer"));
    losses_->Save(writer.Scope("losses"));
  }
  absl::Status Load(const StateReader& reader) override {
    DFKD_RETURN_IF_ERROR(optimizer_->Load(reader.Scope("optimizer")));
    return losses_->Load(reader.Scope("losses"));
  }

 private:
  const StudentSpec spec_;
  const StudentStepperContext context_;
  std::unique_ptr<LossSet> losses_;
  std::unique_ptr<AugmentationList> augmentations_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<Schedule> schedule_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<StudentStepper>> StudentStepper::Create(
    const StudentSpec& spec, const StudentStepperContext& context) {
  auto stepper = std::make_unique<GradientStepper>(spec, context);
  DFKD_RETURN_IF_ERROR(stepper->Init());
  return stepper;
}

}  // namespace dfkd
