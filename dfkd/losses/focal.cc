#include <ATen/TensorOperators.h>
#include <ATen/core/Reduction.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/expm1.h>

#include <memory>

#include "dfkd/core/pixel_labels.h"
#include "dfkd/core/registry.h"
#include "dfkd/losses/focal.pb.h"
#include "dfkd/losses/loss.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

// Keeps the slope of a power below 1 finite where the model is certain.
constexpr double kLeastDoubt = 1e-12;

// FL = - 1/N sum_n (1 - p_n)^gamma log p_n, p_n = softmax(logits_n)[y_n], logits [N, K], labels y
// [N]. Where each pixel has a class, n goes over the pixels of the batch: logits [N, K, H, W],
// labels [N, H, W].
//
// A pixel of no class costs nothing, and counts in N all the same, as in DFAD's code; cross_entropy
// is the mean over the others.
class FocalLoss : public Loss {
 public:
  using Config = FocalConfig;

  static Contract GetContract(const Config& config) {
    return {{Capability::kLabels, config.of() == Config::TEACHER ? Capability::kTeacherOutput
                                                                 : Capability::kStudentOutput},
            {}};
  }

  static absl::StatusOr<std::unique_ptr<Loss>> Create(const Config& config, const LossContext&) {
    return std::make_unique<FocalLoss>(config);
  }

  explicit FocalLoss(const Config& config) : of_(config.of()), gamma_(config.gamma()) {}

  at::Tensor Compute(const LossInput& input) override {
    const ModelOutput* output = of_ == Config::TEACHER ? input.teacher : input.student;
    CHECK(output != nullptr && input.labels.defined());
    const at::Tensor cross_entropy = CrossEntropy(output->logits.to(at::kFloat), input.labels);
    const at::Tensor doubt = (-at::expm1(-cross_entropy)).clamp_min(kLeastDoubt);  // 1 - p
    return (doubt.pow(gamma_) * cross_entropy).mean();
  }

 private:
  // - log p, of each image or pixel.
  static at::Tensor CrossEntropy(const at::Tensor& logits, const at::Tensor& labels) {
    if (labels.dim() == 1) {
      return at::cross_entropy_loss(logits, labels, /*weight=*/{}, at::Reduction::None);
    }
    return at::cross_entropy_loss(logits, labels, /*weight=*/{}, at::Reduction::None,
                                  kIgnoredPixel);
  }

  const Config::Of of_;
  const double gamma_;
};

DFKD_REGISTER_PLUGIN(Loss, FocalLoss);

}  // namespace
}  // namespace dfkd
