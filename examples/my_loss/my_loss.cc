#include <ATen/TensorOperators.h>

#include <cstdint>
#include <memory>

#include "dfkd/core/registry.h"
#include "dfkd/losses/loss.h"
#include "examples/my_loss/my_loss.pb.h"
#include "glog/logging.h"

namespace example {
namespace {

// TV = 1/(N C H W) * sum_{n,c,i,j} |x[n,c,i+1,j] - x[n,c,i,j]|^p + |x[n,c,i,j+1] - x[n,c,i,j]|^p
//
// over the neighbours that exist; x [N, C, H, W] in [0, 1], p = power. Divided by the number of
// pixels, so that one weight serves images of any size.
class MyLoss : public dfkd::Loss {
 public:
  using Config = MyLossConfig;

  // A method that shows no images to its losses is refused before anything runs.
  static dfkd::Contract GetContract(const Config&) { return {{dfkd::Capability::kImages}, {}}; }

  static absl::StatusOr<std::unique_ptr<dfkd::Loss>> Create(const Config& config,
                                                            const dfkd::LossContext&) {
    return std::make_unique<MyLoss>(config);
  }

  explicit MyLoss(const Config& config) : power_(config.power()) {}

  at::Tensor Compute(const dfkd::LossInput& input) override {
    const at::Tensor& x = input.images;
    CHECK(x.defined());
    return (Differences(x, 2) + Differences(x, 3)) / static_cast<double>(x.numel());
  }

 private:
  // Sum over all pairs of neighbours along `dim`.
  at::Tensor Differences(const at::Tensor& x, int64_t dim) const {
    const int64_t pairs = x.size(dim) - 1;
    const at::Tensor gap = x.narrow(dim, 1, pairs) - x.narrow(dim, 0, pairs);
    return gap.abs().pow(power_).sum();
  }

  const double power_;
};

DFKD_REGISTER_PLUGIN(dfkd::Loss, MyLoss);

}  // namespace
}  // namespace example
