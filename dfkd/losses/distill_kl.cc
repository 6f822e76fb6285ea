#include <ATen/TensorOperators.h>

#include <memory>

#include "dfkd/core/registry.h"
#include "dfkd/losses/distill_kl.pb.h"
#include "dfkd/losses/divergence.h"
#include "dfkd/losses/loss.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

// KD = T^2/N sum_n KL(p_n || q_n), p the teacher's and q the student's class distribution at
// temperature T; T^2 can be left out, and ELEMENT_MEAN divides by the number of classes besides.
class DistillKlLoss : public Loss {
 public:
  using Config = DistillKlConfig;

  static Contract GetContract(const Config&) {
    return {{Capability::kTeacherOutput, Capability::kStudentOutput}, {}};
  }

  static absl::StatusOr<std::unique_ptr<Loss>> Create(const Config& config, const LossContext&) {
    return std::make_unique<DistillKlLoss>(config);
  }

  explicit DistillKlLoss(const Config& config) : config_(config) {}

  at::Tensor Compute(const LossInput& input) override {
    CHECK(input.teacher != nullptr && input.student != nullptr);
    const double t = config_.temperature();
    double scale = config_.scale_by_squared_temperature() ? t * t : 1.0;
    if (config_.reduction() == Config::ELEMENT_MEAN) {
      scale /= static_cast<double>(input.student->logits.size(1));
    }
    return KlDivergence(input.teacher->logits, input.student->logits, t).mean() * scale;
  }

 private:
  const Config config_;
};

DFKD_REGISTER_PLUGIN(Loss, DistillKlLoss);

}  // namespace
}  // namespace dfkd
