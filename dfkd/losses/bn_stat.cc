#include <ATen/TensorOperators.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/losses/bn_stat.pb.h"
#include "dfkd/losses/loss.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

// BN = sum over the teacher's BatchNorm2d layers l of
//   || running_var_l - v_l ||_2 + || running_mean_l - m_l ||_2,
// m and v being mean and biased variance of the layer's input [N, C, H, W] over N, H, W.
//
// With momentum a, m is replaced by (1 - a) m + a M where M, the average of earlier batches, is a
// constant for gradients; v likewise. The first synthesised batch is compared as it is and sets M;
// each later one moves it once, after its last step: M <- a M + (1 - a) m. M lives as long as the
// run, generators come and go.
//
// squared: the norms' squares. STANDARDIZED: (running_var - v) / running_var and
// (running_mean - m) / sqrt(running_var) in their place, norms divided by sqrt(C) (squares by C),
// the sum by the number of layers.
class BnStatLoss : public Loss {
 public:
  using Config = BnStatConfig;

  static Contract GetContract(const Config&) { return {{Capability::kBatchNormInputs}, {}}; }

  static absl::StatusOr<std::unique_ptr<Loss>> Create(const Config& config, const LossContext&) {
    return std::make_unique<BnStatLoss>(config);
  }

  explicit BnStatLoss(const Config& config) : config_(config) {}

  at::Tensor Compute(const LossInput& input) override {
    CHECK(input.teacher_taps != nullptr);
    const std::vector<BatchNormInput>& layers = input.teacher_taps->batch_norm_inputs;
    CHECK(!layers.empty()) << "the teacher showed no BatchNorm input";
    CHECK(average_.empty() || average_.size() == layers.size());
    last_.clear();
    at::Tensor total;
    for (size_t i = 0; i < layers.size(); ++i) {
      const BatchStatistics& batch = layers[i].statistics;
      last_.push_back({batch.mean.detach(), batch.variance.detach()});
      at::Tensor term = LayerTerm(layers[i], WithAverage(batch, i));
      if (i == 0) term = term * config_.first_layer_multiplier();
      total = total.defined() ? total + term : term;
    }
    if (config_.scale() == Config::STANDARDIZED) total = total / static_cast<double>(layers.size());
    return total;
  }

  void EndBatch() override {
    if (config_.momentum() == 0 || last_.empty()) return;
    const double a = config_.momentum();
    if (average_.empty()) {
      average_ = std::move(last_);
    } else {
      for (size_t i = 0; i < average_.size(); ++i) {
        average_[i].mean = a * average_[i].mean + (1 - a) * last_[i].mean;
        average_[i].variance = a * average_[i].variance + (1 - a) * last_[i].variance;
      }
    }
    last_.clear();
  }

  void Save(StateWriter writer) const override {
    writer.Int("layers", static_cast<int64_t>(average_.size()));
    for (size_t i = 0; i < average_.size(); ++i) {
      writer.Tensor(absl::StrCat("mean.", i), average_[i].mean);
      writer.Tensor(absl::StrCat("variance.", i), average_[i].variance);
    }
  }

  absl::Status Load(const StateReader& reader) override {
    DFKD_ASSIGN_OR_RETURN(const int64_t layers, reader.Int("layers"));
    last_.clear();
    average_.clear();
    for (int64_t i = 0; i < layers; ++i) {
      BatchStatistics layer;
      DFKD_ASSIGN_OR_RETURN(layer.mean, reader.Tensor(absl::StrCat("mean.", i)));
      DFKD_ASSIGN_OR_RETURN(layer.variance, reader.Tensor(absl::StrCat("variance.", i)));
      average_.push_back(std::move(layer));
    }
    return absl::OkStatus();
  }

 private:
  BatchStatistics WithAverage(const BatchStatistics& batch, size_t layer) {
    if (average_.empty()) return batch;
    const double a = config_.momentum();
    BatchStatistics& average = average_[layer];
    // Where a checkpoint was read, the average is still on the host.
    average.mean = average.mean.to(batch.mean.device());
    average.variance = average.variance.to(batch.mean.device());
    return {(1 - a) * batch.mean + a * average.mean,
            (1 - a) * batch.variance + a * average.variance};
  }

  at::Tensor LayerTerm(const BatchNormInput& layer, const BatchStatistics& statistics) const {
    at::Tensor mean_gap = layer.running_mean - statistics.mean;
    at::Tensor variance_gap = layer.running_var - statistics.variance;
    double size = 1;
    if (config_.scale() == Config::STANDARDIZED) {
      // As BatchNorm's own epsilon: a channel that never varies has no unit.
      const at::Tensor variance = layer.running_var + 1e-5;
      mean_gap = mean_gap / variance.sqrt();
      variance_gap = variance_gap / variance;
      size = static_cast<double>(mean_gap.numel());
    }
    if (config_.squared()) {
      return (variance_gap.square().sum() + mean_gap.square().sum()) / size;
    }
    return (variance_gap.norm() + mean_gap.norm()) / std::sqrt(size);
  }

  const Config config_;
  std::vector<BatchStatistics> last_;     // of the last Compute
  std::vector<BatchStatistics> average_;  // M; empty before the first batch has ended
};

DFKD_REGISTER_PLUGIN(Loss, BnStatLoss);

}  // namespace
}  // namespace dfkd
