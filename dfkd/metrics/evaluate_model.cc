#include "dfkd/metrics/evaluate_model.h"

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>

#include "absl/status/status.h"
#include "dfkd/core/status.h"
#include "dfkd/metrics/metrics.h"
#include "dfkd/metrics/normalized_batches.h"

namespace dfkd {
namespace {

// Evaluation mode while it lives.
class EvalMode {
 public:
  explicit EvalMode(Model& model) : model_(model), was_training_(model.training()) {
    model_.Eval();
  }
  ~EvalMode() { model_.Train(was_training_); }
  EvalMode(const EvalMode&) = delete;
  EvalMode& operator=(const EvalMode&) = delete;

 private:
  Model& model_;
  const bool was_training_;
};

at::Tensor Zero(at::Device device) {
  return at::zeros({}, at::TensorOptions().dtype(at::kDouble).device(device));
}

}  // namespace

absl::StatusOr<Evaluation> EvaluateModel(Model& model, const Split& split, const TeacherCard& card,
                                         int64_t batch_size, at::Device device,
                                         const std::function<void(int64_t)>& after_batch) {
  const at::NoGradGuard no_grad;
  const EvalMode eval_mode(model);
  // Summed on the device: no synchronisation before the end.
  at::Tensor top1 = Zero(device), top5 = Zero(device), cross_entropy = Zero(device);
  DFKD_RETURN_IF_ERROR(ForEachNormalizedBatch(
      split, card, batch_size, device, [&](const at::Tensor& images, const at::Tensor& labels) {
        // A forward pass in bf16 gives logits in bf16.
        const at::Tensor logits = model.Forward(images).logits.to(at::kFloat);
        top1.add_(TopKCorrect(logits, labels, 1));
        top5.add_(TopKCorrect(logits, labels, 5));
        cross_entropy.add_(CrossEntropySum(logits, labels));
        if (after_batch) after_batch(labels.size(0));
        return absl::OkStatus();
      }));
  const auto count = static_cast<double>(split.size());
  return Evaluation{.top1 = 100 * top1.item<double>() / count,
                    .top5 = 100 * top5.item<double>() / count,
                    .cross_entropy = cross_entropy.item<double>() / count,
                    .count = split.size()};
}

absl::StatusOr<AgreementEvaluation> EvaluateAgreement(Model& student, Model& teacher,
                                                      const Split& split, const TeacherCard& card,
                                                      int64_t batch_size, at::Device device) {
  const at::NoGradGuard no_grad;
  const EvalMode student_eval(student), teacher_eval(teacher);
  at::Tensor agreement = Zero(device), cross_entropy = Zero(device);
  DFKD_RETURN_IF_ERROR(ForEachNormalizedBatch(
      split, card, batch_size, device, [&](const at::Tensor& images, const at::Tensor&) {
        const at::Tensor logits = student.Forward(images).logits;
        const at::Tensor teacher_logits = teacher.Forward(images).logits;
        agreement.add_(AgreementCount(logits, teacher_logits));
        cross_entropy.add_(CrossEntropySum(logits, teacher_logits.argmax(1)));
        return absl::OkStatus();
      }));
  const auto count = static_cast<double>(split.size());
  return AgreementEvaluation{.agreement = 100 * agreement.item<double>() / count,
                             .cross_entropy = cross_entropy.item<double>() / count,
                             .count = split.size()};
}

}  // namespace dfkd
