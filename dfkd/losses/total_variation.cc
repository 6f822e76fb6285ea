#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <memory>

#include "dfkd/core/registry.h"
#include "dfkd/losses/loss.h"
#include "dfkd/losses/total_variation.pb.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

// TV = sum over d of |x - shift_d(x)|, where d runs over the pixel to the right, below, below on
// the left and below on the right, and |.| is
//   L1: the mean absolute difference, over images, channels and the places that have a neighbour;
//   L2: the Frobenius norm over all of these, not divided by their number: it grows with the square
//       root of the batch.
// x [N, C, H, W], H and W at least 2.
class TotalVariationLoss : public Loss {
 public:
  using Config = TotalVariationConfig;

  static Contract GetContract(const Config&) { return {{Capability::kImages}, {}}; }

  static absl::StatusOr<std::unique_ptr<Loss>> Create(const Config& config, const LossContext&) {
    return std::make_unique<TotalVariationLoss>(config);
  }

  explicit TotalVariationLoss(const Config& config) : config_(config) {}

  at::Tensor Compute(const LossInput& input) override {
    const at::Tensor& x = config_.of() == Config::IMAGES ? input.images : input.network_input;
    CHECK(x.defined());
    const int64_t last_row = x.size(2) - 1, last_column = x.size(3) - 1;
    const auto rows = [&](int64_t from) { return x.narrow(2, from, last_row); };
    const at::Tensor above = rows(0), below = rows(1);
    return Measure(x.narrow(3, 0, last_column) - x.narrow(3, 1, last_column)) +
           Measure(above - below) +
           Measure(below.narrow(3, 0, last_column) - above.narrow(3, 1, last_column)) +
           Measure(above.narrow(3, 0, last_column) - below.narrow(3, 1, last_column));
  }

 private:
  at::Tensor Measure(const at::Tensor& difference) const {
    return config_.norm() == Config::L1 ? difference.abs().mean() : difference.norm();
  }

  const Config config_;
};

DFKD_REGISTER_PLUGIN(Loss, TotalVariationLoss);

}  // namespace
}  // namespace dfkd
