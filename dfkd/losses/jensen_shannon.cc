#include <ATen/TensorOperators.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/softmax.h>

#include <memory>

#include "dfkd/core/registry.h"
#include "dfkd/losses/jensen_shannon.pb.h"
#include "dfkd/losses/loss.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

// JS = 1/N sum_n 1/2 KL(M_n || P_n) + 1/2 KL(M_n || Q_n), P the student's and Q the teacher's class
// distribution at temperature T, M = (P + Q) / 2, each limited to [floor, 1 - floor] only after M
// was formed. The loss is 1 - clamp(JS, 0, 1) or -JS.
//
// The textbook's divergence has the arguments of KL the other way round; published code has them
// so. Limited probabilities do not add up to 1, so that JS of two equal distributions is 0 but JS
// may be negative elsewhere.
class JensenShannonLoss : public Loss {
 public:
  using Config = JensenShannonConfig;

  static Contract GetContract(const Config&) {
    return {{Capability::kTeacherOutput, Capability::kStudentOutput}, {}};
  }

  static absl::StatusOr<std::unique_ptr<Loss>> Create(const Config& config, const LossContext&) {
    return std::make_unique<JensenShannonLoss>(config);
  }

  explicit JensenShannonLoss(const Config& config) : config_(config) {}

  at::Tensor Compute(const LossInput& input) override {
    CHECK(input.teacher != nullptr && input.student != nullptr);
    const at::Tensor student = Distribution(input.student->logits);
    const at::Tensor teacher = Distribution(input.teacher->logits);
    const at::Tensor p = Limited(student), q = Limited(teacher);
    const at::Tensor m = Limited(0.5 * (student + teacher));
    const at::Tensor js = (m * (m.log() - 0.5 * (p.log() + q.log()))).sum(1).mean();
    return config_.form() == Config::NEGATIVE ? -js : 1 - at::clamp(js, 0, 1);
  }

 private:
  at::Tensor Distribution(const at::Tensor& logits) const {
    return at::softmax(logits.to(at::kFloat) / config_.temperature(), 1);
  }
  at::Tensor Limited(const at::Tensor& p) const {
    return at::clamp(p, config_.floor(), 1 - config_.floor());
  }

  const Config config_;
};

DFKD_REGISTER_PLUGIN(Loss, JensenShannonLoss);

}  // namespace
}  // namespace dfkd
