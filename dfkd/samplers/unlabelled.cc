// No labels: -1, unknown, for each image. What a batch shows is left to the generator's noise.
//
//   label_sampler { [type.googleapis.com/dfkd.UnlabelledConfig] {} }
#include <ATen/ops/full.h>

#include <cstdint>
#include <memory>

#include "dfkd/core/registry.h"
#include "dfkd/samplers/label_sampler.h"
#include "dfkd/samplers/unlabelled.pb.h"

namespace dfkd {
namespace {

class Unlabelled : public LabelSampler {
 public:
  using Config = UnlabelledConfig;

  static absl::StatusOr<std::unique_ptr<LabelSampler>> Create(const Config&,
                                                              const LabelSamplerContext&) {
    return std::make_unique<Unlabelled>();
  }

  at::Tensor Sample(int64_t count, RandomStream&) const override {
    return at::full({count}, -1, at::kLong);
  }
};

DFKD_REGISTER_PLUGIN(LabelSampler, Unlabelled);

}  // namespace
}  // namespace dfkd
