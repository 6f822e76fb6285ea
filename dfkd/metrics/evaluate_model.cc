#include "dfkd/metrics/evaluate_model.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Reduction.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/zeros.h>

#include "absl/status/status.h"
#include "dfkd/core/pixel_labels.h"
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

// One row of logits for each label: of an image or of a pixel.
absl::Status CheckFit(const at::Tensor& logits, const at::Tensor& labels) {
  if (logits.dim() == labels.dim() + 1) return absl::OkStatus();
  return ConfigError(logits.dim() == 4 ? "the model gives logits for each pixel, but the data name "
                                         "the classes of whole images"
                                       : "the data name the class of each pixel, but the model "
                                         "gives logits for whole images");
}

// What is added up over the batches of a split, on the device: no synchronisation before the end.
class Sums {
 public:
  explicit Sums(at::Device device)
      : top1_(Zero(device)), top5_(Zero(device)), cross_entropy_(Zero(device)) {}

  void AddImages(const at::Tensor& logits, const at::Tensor& labels) {
    top1_.add_(TopKCorrect(logits, labels, 1));
    top5_.add_(TopKCorrect(logits, labels, 5));
    cross_entropy_.add_(CrossEntropySum(logits, labels));
  }

  void AddPixels(const at::Tensor& logits, const at::Tensor& masks) {
    const at::Tensor labels = masks.to(at::kLong);
    const at::Tensor confusion = ConfusionMatrix(logits, labels);
    confusion_ = confusion_.defined() ? confusion_ + confusion : confusion;
    cross_entropy_.add_(
        at::cross_entropy_loss(logits, labels, /*weight=*/{}, at::Reduction::None, kIgnoredPixel)
            .sum(at::kDouble));
  }

  absl::StatusOr<Evaluation> Result(int64_t count) const {
    Evaluation result;
    result.count = count;
    if (!confusion_.defined()) {
      const auto images = static_cast<double>(count);
      result.top1 = 100 * top1_.item<double>() / images;
      result.top5 = 100 * top5_.item<double>() / images;
      result.cross_entropy = cross_entropy_.item<double>() / images;
      return result;
    }
    const double pixels = confusion_.sum().to(at::kDouble).item<double>();
    if (pixels == 0) return InputFileError("no pixel of the split to evaluate on has a class");
    result.segmentation = ScoreSegmentation(confusion_);
    result.cross_entropy = cross_entropy_.item<double>() / pixels;
    return result;
  }

 private:
  at::Tensor top1_, top5_, cross_entropy_;
  at::Tensor confusion_;  // undefined without masks
};

}  // namespace

absl::StatusOr<Evaluation> EvaluateModel(Model& model, const Split& split, const TeacherCard& card,
                                         int64_t batch_size, at::Device device,
                                         const std::function<void(int64_t)>& after_batch) {
  const at::NoGradGuard no_grad;
  const EvalMode eval_mode(model);
  Sums sums(device);
  DFKD_RETURN_IF_ERROR(ForEachNormalizedBatch(
      split, card, batch_size, device, [&](const at::Tensor& images, const at::Tensor& labels) {
        // A forward pass in bf16 gives logits in bf16.
        const at::Tensor logits = model.Forward(images).logits.to(at::kFloat);
        DFKD_RETURN_IF_ERROR(CheckFit(logits, labels));
        if (split.has_masks()) {
          sums.AddPixels(logits, labels);
        } else {
          sums.AddImages(logits, labels);
        }
        if (after_batch) after_batch(labels.size(0));
        return absl::OkStatus();
      }));
  return sums.Result(split.size());
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
