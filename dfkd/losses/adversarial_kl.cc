#include <ATen/TensorOperators.h>
#include <ATen/ops/argmax.h>

#include <memory>

#include "dfkd/core/registry.h"
#include "dfkd/losses/adversarial_kl.pb.h"
#include "dfkd/losses/divergence.h"
#include "dfkd/losses/loss.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

// ADV = - T^2/N sum_n mask_n KL(p_n || q_n), p the teacher's and q the student's class distribution
// at temperature T; mask_n = [argmax p_n = argmax q_n], constant for gradients, or 1. The mean is
// over the whole batch, masked images included.
//
// The minus lies in the value, so its weight in an objective that is minimised is positive.
class AdversarialKlLoss : public Loss {
 public:
  using Config = AdversarialKlConfig;

  static Contract GetContract(const Config&) {
    return {{Capability::kTeacherOutput, Capability::kStudentOutput}, {}};
  }

  static absl::StatusOr<std::unique_ptr<Loss>> Create(const Config& config, const LossContext&) {
    return std::make_unique<AdversarialKlLoss>(config);
  }

  explicit AdversarialKlLoss(const Config& config)
      : masked_(config.masked()), temperature_(config.temperature()) {}

  at::Tensor Compute(const LossInput& input) override {
    CHECK(input.teacher != nullptr && input.student != nullptr);
    const at::Tensor& teacher = input.teacher->logits;
    const at::Tensor& student = input.student->logits;
    at::Tensor divergence = KlDivergence(teacher, student, temperature_);
    if (masked_) divergence = divergence * (teacher.argmax(1) == student.argmax(1));
    return -temperature_ * temperature_ * divergence.mean();
  }

 private:
  const bool masked_;
  const double temperature_;
};

DFKD_REGISTER_PLUGIN(Loss, AdversarialKlLoss);

}  // namespace
}  // namespace dfkd
