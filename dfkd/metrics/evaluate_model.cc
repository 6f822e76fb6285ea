#include "dfkd/metrics/evaluate_model.h"

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

#include "absl/status/status.h"
#include "dfkd/augmentations/normalizer.h"
#include "dfkd/core/status.h"
#include "dfkd/data/batch_loader.h"
#include "dfkd/metrics/metrics.h"
#include "glog/logging.h"

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

// visit(images, labels), normalised and on `device`, for each batch of the split in order.
template <typename Visit>
absl::Status ForEachBatch(const Split& split, const TeacherCard& card, int64_t batch_size,
                          at::Device device, const Visit& visit) {
  CHECK_GT(batch_size, 0);
  if (split.size() == 0) return InputFileError("the split to evaluate on has no images");
  DFKD_ASSIGN_OR_RETURN(const Normalizer normalizer,
                        Normalizer::Create(card.normalization(), card.channels(), device));
  const int64_t batches = (split.size() + batch_size - 1) / batch_size;
  int64_t start = 0;
  BatchLoader loader(split, batches, [&] {
    const int64_t first = start;
    start = std::min(start + batch_size, split.size());
    return at::arange(first, start, at::kLong);
  });
  for (int64_t i = 0; i < batches; ++i) {
    DFKD_ASSIGN_OR_RETURN(const LabelledBatch batch, loader.Next());
    visit(normalizer.Apply(batch.images.to(device)), batch.labels.to(device));
  }
  return absl::OkStatus();
}

at::Tensor Zero(at::Device device) {
  return at::zeros({}, at::TensorOptions().dtype(at::kDouble).device(device));
}

}  // namespace

absl::StatusOr<Evaluation> EvaluateModel(Model& model, const Split& split, const TeacherCard& card,
                                         int64_t batch_size, at::Device device) {
  const at::NoGradGuard no_grad;
  const EvalMode eval_mode(model);
  // Summed on the device: no synchronisation before the end.
  at::Tensor top1 = Zero(device), top5 = Zero(device), cross_entropy = Zero(device);
  DFKD_RETURN_IF_ERROR(ForEachBatch(split, card, batch_size, device,
                                    [&](const at::Tensor& images, const at::Tensor& labels) {
                                      const at::Tensor logits = model.Forward(images).logits;
                                      top1.add_(TopKCorrect(logits, labels, 1));
                                      top5.add_(TopKCorrect(logits, labels, 5));
                                      cross_entropy.add_(CrossEntropySum(logits, labels));
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
  DFKD_RETURN_IF_ERROR(ForEachBatch(
      split, card, batch_size, device, [&](const at::Tensor& images, const at::Tensor&) {
        const at::Tensor logits = student.Forward(images).logits;
        const at::Tensor teacher_logits = teacher.Forward(images).logits;
        agreement.add_(AgreementCount(logits, teacher_logits));
        cross_entropy.add_(CrossEntropySum(logits, teacher_logits.argmax(1)));
      }));
  const auto count = static_cast<double>(split.size());
  return AgreementEvaluation{.agreement = 100 * agreement.item<double>() / count,
                             .cross_entropy = cross_entropy.item<double>() / count,
                             .count = split.size()};
}

}  // namespace dfkd
