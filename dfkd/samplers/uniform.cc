// Uniform labels: each image's class is drawn on its own from 0, ..., K - 1.
//
// Source: the public code of Fast, CMI and DFQ.
//
//   label_sampler { [type.googleapis.com/dfkd.UniformConfig] {} }
#include <cstdint>
#include <memory>

#include "dfkd/core/registry.h"
#include "dfkd/samplers/label_sampler.h"
#include "dfkd/samplers/uniform.pb.h"

namespace dfkd {
namespace {

class Uniform : public LabelSampler {
 public:
  using Config = UniformConfig;

  static Contract GetContract(const Config&) { return {{}, {Capability::kLabels}}; }

  static absl::StatusOr<std::unique_ptr<LabelSampler>> Create(const Config&,
                                                              const LabelSamplerContext& context) {
    return std::make_unique<Uniform>(context.num_classes);
  }

  explicit Uniform(int64_t num_classes) : num_classes_(num_classes) {}

  at::Tensor Sample(int64_t count, RandomStream& random) const override {
    return random.Integers({count}, 0, num_classes_);
  }

 private:
  const int64_t num_classes_;
};

DFKD_REGISTER_PLUGIN(LabelSampler, Uniform);

}  // namespace
}  // namespace dfkd
