#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/full.h>
#include <ATen/ops/relu.h>

#include <memory>
#include <vector>

#include "dfkd/core/registry.h"
#include "dfkd/losses/class_activation.pb.h"
#include "dfkd/losses/loss.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

// CAM = mean over images n and cells (r, c) of max(0, target - M_n), with the class activation map
//   M_n[r, c] = sum_k w[y_n, k] F_n[k, r, c]
// of the teacher's last feature map F [N, F, h, w], the classifier's rows w [K, F] and the labels
// y [N]; no ReLU, normalisation or upsampling of M.
//
// AFTER_RELU: F is what the network pools. Under global average pooling the mean of M_n and the
// class's bias is its logit, so that target 1 alone asks for a logit of about one. For a Vision
// Transformer F are the patch tokens.
//
// BEFORE_RELU: F is what the ReLU that ends that map takes. The mean of M_n is no part of a logit
// then, as what the ReLU cuts off counts in it; in return cells that are cut off have a gradient.
//
// GAUSSIAN: target[r, c] = peak exp(-d^2 / (2 sigma^2)), d being the distance from the map's
// middle.
//
// Note active_share: the share of cells below the target.
class ClassActivationLoss : public Loss {
 public:
  using Config = ClassActivationConfig;

  static Contract GetContract(const Config& config) {
    return {
        {Capability::kLabels, Capability::kTeacherOutput, Capability::kClassifierWeight,
         config.maps() == Config::BEFORE_RELU ? Capability::kPreReluMap : Capability::kFeatureMap},
        {}};
  }

  static absl::StatusOr<std::unique_ptr<Loss>> Create(const Config& config, const LossContext&) {
    return std::make_unique<ClassActivationLoss>(config);
  }

  explicit ClassActivationLoss(const Config& config) : config_(config) {}

  at::Tensor Compute(const LossInput& input) override {
    CHECK(input.teacher != nullptr && input.labels.defined() && input.classifier_weight.defined());
    const at::Tensor maps = Maps(input).to(at::kFloat);
    const int64_t height = maps.size(2), width = maps.size(3);
    const at::Tensor rows = input.classifier_weight.to(at::kFloat).index_select(0, input.labels);
    const at::Tensor activation = at::bmm(rows.unsqueeze(1), maps.flatten(2));  // [N, 1, h w]
    const at::Tensor below =
        at::relu(Target(height, width, maps.device()).view({1, 1, -1}) - activation);
    active_share_ = below.detach().gt(0).to(at::kFloat).mean();
    const at::Tensor mean = below.mean();
    return config_.reduction() == Config::MEAN ? mean : mean * static_cast<double>(height * width);
  }

  std::vector<Note> Notes() const override { return {{"active_share", active_share_}}; }

 private:
  // [N, F, h, w]
  at::Tensor Maps(const LossInput& input) const {
    if (config_.maps() == Config::AFTER_RELU) return input.teacher->feature_map;
    CHECK(input.teacher_taps != nullptr && input.teacher_taps->last_relu_input.defined());
    return input.teacher_taps->last_relu_input;
  }

  // [h, w]
  at::Tensor Target(int64_t height, int64_t width, at::Device device) const {
    if (config_.has_gaussian()) {
      const double sigma = config_.gaussian().sigma();
      const auto along = [sigma](int64_t size) {
        const at::Tensor distance =
            at::arange(size, at::kFloat) - 0.5 * static_cast<double>(size - 1);
        return (distance.square() / (-2 * sigma * sigma)).exp();
      };
      return (config_.gaussian().peak() * along(height).unsqueeze(1) * along(width).unsqueeze(0))
          .to(device);
    }
    return at::full({height, width}, config_.has_full() ? config_.full() : 1.0,
                    at::TensorOptions(at::kFloat).device(device));
  }

  const Config config_;
  at::Tensor active_share_;
};

DFKD_REGISTER_PLUGIN(Loss, ClassActivationLoss);

}  // namespace
}  // namespace dfkd
