// The student's update: augment, normalise, ask the teacher, one optimiser step.
#ifndef DFKD_TRAIN_STUDENT_STEPPER_H_
#define DFKD_TRAIN_STUDENT_STEPPER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/core/random_stream.h"
#include "dfkd/core/state.h"
#include "dfkd/models/model.h"
#include "dfkd/train/teacher.h"

namespace dfkd {

struct Budget;
class PatchPositions;
class RoundMeans;

struct StudentStepperContext {
  Model* student = nullptr;
  const Teacher* teacher = nullptr;        // null: losses that need one are refused
  const Normalizer* normalizer = nullptr;  // the teacher's, or the data set's where there is none
  const PatchPositions* patch_positions = nullptr;  // as MethodServices has them
  RandomStreams* streams = nullptr;
  RoundMeans* means = nullptr;
  Budget* budget = nullptr;
  const TeacherCard* card = nullptr;
  int64_t epochs = 0;
  at::Device device = at::kCPU;                      // of student, teacher and normalizer
  TrainSpec::Precision precision = TrainSpec::FP32;  // of forward passes; never AUTO
};

struct StudentBatch {
  at::Tensor images;  // [M, C, H, W] uint8 or float in [0, 1]
  at::Tensor labels;  // [N], or masks [N, H, W], or undefined where no loss asks
  at::Tensor index;   // [N] int64 on the CPU: which of the images; undefined: all in order, N = M
};

class StudentStepper {
 public:
  static absl::StatusOr<std::unique_ptr<StudentStepper>> Create(
      const StudentSpec& spec, const StudentStepperContext& context);
  virtual ~StudentStepper() = default;

  // Sets the learning rate for the student's epoch 0, 1, …
  virtual void BeginEpoch(int64_t epoch) = 0;
  // One update on batches of any device, which may differ in size: each goes through the networks
  // by itself, and the loss is the mean over all images. Leaves the student in training mode.
  virtual absl::Status Step(absl::Span<const StudentBatch> batches) = 0;
  absl::Status Step(const StudentBatch& batch) { return Step(absl::MakeConstSpan(&batch, 1)); }
  absl::Status Step(const at::Tensor& images, const at::Tensor& labels) {
    return Step(StudentBatch{.images = images, .labels = labels, .index = {}});
  }

  virtual int64_t batch_size() const = 0;
  virtual int64_t steps_per_epoch() const = 0;
  virtual double learning_rate() const = 0;

  virtual void Save(StateWriter writer) const = 0;
  virtual absl::Status Load(const StateReader& reader) = 0;
};

}  // namespace dfkd

#endif  // DFKD_TRAIN_STUDENT_STEPPER_H_
