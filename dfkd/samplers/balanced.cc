// Balanced labels: 0, 1, ..., K - 1 repeated floor(B / K) times, then B mod K labels drawn
// uniformly. The order matters: rows iK to (i + 1)K - 1 of a batch share the i-th noisy layer.
//
// Source: the official NAYER code.
//
//   label_sampler { [type.googleapis.com/dfkd.BalancedConfig] {} }
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>

#include <cstdint>
#include <memory>

#include "dfkd/core/registry.h"
#include "dfkd/samplers/balanced.pb.h"
#include "dfkd/samplers/label_sampler.h"

namespace dfkd {
namespace {

class Balanced : public LabelSampler {
 public:
  using Config = BalancedConfig;

  static Contract GetContract(const Config&) { return {{}, {Capability::kLabels}}; }

  static absl::StatusOr<std::unique_ptr<LabelSampler>> Create(const Config&,
                                                              const LabelSamplerContext& context) {
    return std::make_unique<Balanced>(context.num_classes);
  }

  explicit Balanced(int64_t num_classes) : num_classes_(num_classes) {}

  at::Tensor Sample(int64_t count, RandomStream& random) const override {
    const at::Tensor rest = random.Integers({count % num_classes_}, 0, num_classes_);
    return at::cat({at::arange(num_classes_, at::kLong).repeat({count / num_classes_}), rest});
  }

 private:
  const int64_t num_classes_;
};

DFKD_REGISTER_PLUGIN(LabelSampler, Balanced);

}  // namespace
}  // namespace dfkd
