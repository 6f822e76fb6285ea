#include <ATen/core/Tensor.h>

#include <memory>

#include "dfkd/core/registry.h"
#include "dfkd/losses/image_l2.pb.h"
#include "dfkd/losses/loss.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

// L2 = 1/N sum_n || x_n ||_2 over channels and pixels of each image of x [N, C, H, W], or || x ||_2
// over the whole batch.
class ImageL2Loss : public Loss {
 public:
  using Config = ImageL2Config;

  static Contract GetContract(const Config&) { return {{Capability::kImages}, {}}; }

  static absl::StatusOr<std::unique_ptr<Loss>> Create(const Config& config, const LossContext&) {
    return std::make_unique<ImageL2Loss>(config);
  }

  explicit ImageL2Loss(const Config& config) : config_(config) {}

  at::Tensor Compute(const LossInput& input) override {
    const at::Tensor& x = config_.of() == Config::IMAGES ? input.images : input.network_input;
    CHECK(x.defined());
    if (config_.reduction() == Config::BATCH) return x.norm();
    return x.flatten(1).norm(2, 1).mean();
  }

 private:
  const Config config_;
};

DFKD_REGISTER_PLUGIN(Loss, ImageL2Loss);

}  // namespace
}  // namespace dfkd
