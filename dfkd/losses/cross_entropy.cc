#include <ATen/core/Reduction.h>
#include <ATen/ops/cross_entropy_loss.h>

#include <memory>

#include "dfkd/core/pixel_labels.h"
#include "dfkd/core/registry.h"
#include "dfkd/losses/cross_entropy.pb.h"
#include "dfkd/losses/loss.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

// CE = - 1/N sum_n log softmax(logits_n)[y_n], logits [N, K], labels y [N]. Where each pixel has a
// class, n goes over the pixels of the batch that do: logits [N, K, H, W], labels [N, H, W].
//
// of: TEACHER is the class term of a generator's loss, STUDENT the loss of training on labelled
// images.
class CrossEntropyLoss : public Loss {
 public:
  using Config = CrossEntropyConfig;

  static Contract GetContract(const Config& config) {
    return {{Capability::kLabels, config.of() == Config::TEACHER ? Capability::kTeacherOutput
                                                                 : Capability::kStudentOutput},
            {}};
  }

  static absl::StatusOr<std::unique_ptr<Loss>> Create(const Config& config, const LossContext&) {
    return std::make_unique<CrossEntropyLoss>(config);
  }

  explicit CrossEntropyLoss(const Config& config) : of_(config.of()) {}

  at::Tensor Compute(const LossInput& input) override {
    const ModelOutput* output = of_ == Config::TEACHER ? input.teacher : input.student;
    CHECK(output != nullptr && input.labels.defined());
    const at::Tensor logits = output->logits.to(at::kFloat);
    if (input.labels.dim() == 1) return at::cross_entropy_loss(logits, input.labels);
    return at::cross_entropy_loss(logits, input.labels, /*weight=*/{}, at::Reduction::Mean,
                                  kIgnoredPixel);
  }

 private:
  const Config::Of of_;
};

DFKD_REGISTER_PLUGIN(Loss, CrossEntropyLoss);

}  // namespace
}  // namespace dfkd
