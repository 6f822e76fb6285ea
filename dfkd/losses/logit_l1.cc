#include <ATen/TensorOperators.h>
#include <ATen/ops/l1_loss.h>
#include <ATen/ops/log1p.h>

#include <memory>

#include "dfkd/core/registry.h"
#include "dfkd/losses/logit_l1.pb.h"
#include "dfkd/losses/loss.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

// L1 = mean over images and classes of | s - t |, s and t [N, K] the student's and the teacher's
// logits; or log(1 + L1).
class LogitL1Loss : public Loss {
 public:
  using Config = LogitL1Config;

  static Contract GetContract(const Config&) {
    return {{Capability::kTeacherOutput, Capability::kStudentOutput}, {}};
  }

  static absl::StatusOr<std::unique_ptr<Loss>> Create(const Config& config, const LossContext&) {
    return std::make_unique<LogitL1Loss>(config);
  }

  explicit LogitL1Loss(const Config& config) : logarithm_(config.logarithm()) {}

  at::Tensor Compute(const LossInput& input) override {
    CHECK(input.teacher != nullptr && input.student != nullptr);
    const at::Tensor difference =
        at::l1_loss(input.student->logits.to(at::kFloat), input.teacher->logits.to(at::kFloat));
    return logarithm_ ? at::log1p(difference) : difference;
  }

 private:
  const bool logarithm_;
};

DFKD_REGISTER_PLUGIN(Loss, LogitL1Loss);

}  // namespace
}  // namespace dfkd
