#include "dfkd/train/student_stepper.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/index_select.h>

#include <utility>
#include <vector>

#include "dfkd/augmentations/augmentation_list.h"
#include "dfkd/core/contract.h"
#include "dfkd/core/pixel_labels.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/kernels/gather_views.h"
#include "dfkd/losses/loss_set.h"
#include "dfkd/optimizers/optimizer.h"
#include "dfkd/report/budget.h"
#include "dfkd/report/recorder.h"
#include "dfkd/schedules/schedule.h"
#include "dfkd/train/finite.h"
#include "dfkd/train/loss_context.h"
#include "dfkd/train/patch_positions.h"
#include "dfkd/train/precision.h"

namespace dfkd {
namespace {

class GradientStepper : public StudentStepper {
 public:
  GradientStepper(const StudentSpec& spec, const StudentStepperContext& context)
      : spec_(spec), context_(context) {}

  absl::Status Init() {
    byte_levels_ = context_.normalizer->ByteLevels();
    const Model* teacher = context_.teacher == nullptr ? nullptr : &context_.teacher->model();
    DFKD_ASSIGN_OR_RETURN(losses_,
                          LossSet::Create(spec_.losses(),
                                          MakeLossContext(*context_.card, teacher, context_.student,
                                                          context_.streams, context_.device),
                                          "student.losses"));
    DFKD_ASSIGN_OR_RETURN(augmentations_,
                          AugmentationList::Create(spec_.augmentations(), "student.augmentations"));
    std::vector<at::Tensor> parameters = context_.student->Parameters();
    for (at::Tensor& learned : losses_->Parameters()) parameters.push_back(std::move(learned));
    DFKD_ASSIGN_OR_RETURN(
        optimizer_, Registry<Optimizer>::Get().Create(spec_.optimizer(), {std::move(parameters)},
                                                      "student.optimizer"));
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

  absl::Status Step(absl::Span<const StudentBatch> batches) override {
    int64_t images = 0;
    for (const StudentBatch& batch : batches) images += CountOf(batch);
    optimizer_->ZeroGrad();
    for (const StudentBatch& batch : batches) {
      DFKD_ASSIGN_OR_RETURN(at::Tensor loss, LossOf(batch));
      if (batches.size() > 1) {
        loss = loss * (static_cast<double>(CountOf(batch)) / static_cast<double>(images));
      }
      loss.backward();
    }
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
  static int64_t CountOf(const StudentBatch& batch) {
    return batch.index.defined() ? batch.index.size(0) : batch.images.size(0);
  }

  // The weighted sum of the losses, with its graph.
  absl::StatusOr<at::Tensor> LossOf(const StudentBatch& batch) {
    LossInput input;
    DFKD_RETURN_IF_ERROR(See(batch, &input));
    const at::Tensor& normalized = input.network_input;
    at::Tensor places;  // the same for both networks
    if (context_.patch_positions != nullptr) {
      DFKD_ASSIGN_OR_RETURN(places, context_.patch_positions->Draw(normalized, *context_.streams));
    }
    ModelOutput teacher_output;
    if (context_.teacher != nullptr) {
      at::NoGradGuard no_grad;
      const PrecisionScope precision(context_.precision);
      Taps taps;
      taps.patch_offsets = places;
      teacher_output = context_.teacher->model().Forward(normalized, taps);
      input.teacher = &teacher_output;
      context_.budget->teacher_forwards += normalized.size(0);
    }
    context_.student->Train();
    ModelOutput student_output;
    {
      const PrecisionScope precision(context_.precision);
      Taps taps;
      taps.patch_offsets = places;
      student_output = context_.student->Forward(normalized, taps);
    }
    input.student = &student_output;
    return losses_->Total(input, [this](absl::string_view name, const at::Tensor& value) {
      context_.means->Add(std::string("loss_student_") + std::string(name), value);
    });
  }

  // Sets labels and what the networks see of the batch; the images themselves where a loss asks for
  // them, or where they are at hand.
  absl::Status See(const StudentBatch& batch, LossInput* input) {
    at::NoGradGuard no_grad;
    if (batch.labels.defined()) {
      if (batch.labels.dim() == 3) return SeeMasked(batch, input);
      input->labels = batch.labels.to(context_.device);
    }
    RandomStream& random = context_.streams->Get("student_augmentation");
    at::Tensor x = batch.images.to(context_.device);
    if (x.scalar_type() == at::kByte && augmentations_->moves_only() &&
        HasGatherViews(context_.device) && !losses_->EnabledNeeds().Has(Capability::kImages)) {
      const ImageMoves moves =
          augmentations_->DrawMoves({CountOf(batch), x.size(2), x.size(3)}, random);
      input->network_input = GatherViews(x.contiguous(), batch.index, moves, byte_levels_);
      return absl::OkStatus();
    }
    if (batch.index.defined()) x = at::index_select(x, 0, batch.index.to(context_.device));
    if (x.scalar_type() == at::kByte) x = x.to(at::kFloat).mul_(1.0 / 255);
    input->images = augmentations_->Apply(x, random);
    input->network_input = context_.normalizer->Apply(input->images);
    return absl::OkStatus();
  }

  // Whatever is done to the images is done to the classes of their pixels, as one more channel;
  // what comes in from outside of an image is of no class.
  absl::Status SeeMasked(const StudentBatch& batch, LossInput* input) {
    if (!augmentations_->KeepsPixels()) {
      return ConfigError(
          "student.augmentations: one of them makes new pixels, which have no class; with masks "
          "only "
          "those that move pixels can be taken, such as random_window and horizontal_flip");
    }
    const at::Tensor x = batch.images.to(context_.device);
    const at::Tensor masks = batch.labels.to(context_.device, at::kFloat).unsqueeze(1);
    // Zero is what comes in.
    const at::Tensor both = augmentations_->Apply(at::cat({x, kIgnoredPixel - masks}, 1),
                                                  context_.streams->Get("student_augmentation"));
    input->images = both.narrow(1, 0, x.size(1)).contiguous();
    input->network_input = context_.normalizer->Apply(input->images);
    input->labels = (kIgnoredPixel - both.select(1, x.size(1))).to(at::kLong);
    return absl::OkStatus();
  }

  const StudentSpec spec_;
  const StudentStepperContext context_;
  std::unique_ptr<LossSet> losses_;
  std::unique_ptr<AugmentationList> augmentations_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<Schedule> schedule_;
  at::Tensor byte_levels_;  // [C, 256], of the normaliser
};

}  // namespace

absl::StatusOr<std::unique_ptr<StudentStepper>> StudentStepper::Create(
    const StudentSpec& spec, const StudentStepperContext& context) {
  auto stepper = std::make_unique<GradientStepper>(spec, context);
  DFKD_RETURN_IF_ERROR(stepper->Init());
  return stepper;
}

}  // namespace dfkd
