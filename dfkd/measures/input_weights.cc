// The mean absolute weight of the first layer behind the generator's input, for each part of that
// input. NAYER's Fig. 3d shows for [row, Z] that the weights of the row grow far larger than those
// of Z: the generator ignores its noise.
//
// Where a noisy layer comes first, its weights are those that the last batch of the run ended with.
//
//   measures { [type.googleapis.com/dfkd.InputWeightsConfig] {} }
#include <memory>

#include "absl/strings/str_cat.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/measures/input_weights.pb.h"
#include "dfkd/measures/measure.h"
#include "dfkd/methods/method.h"
#include "dfkd/methods/watchable.h"

namespace dfkd {
namespace {

class InputWeights : public Measure {
 public:
  using Config = InputWeightsConfig;

  static Contract GetContract(const Config&) { return {{Capability::kImages}, {}}; }

  static absl::StatusOr<std::unique_ptr<Measure>> Create(const Config&,
                                                         const MeasureContext& context) {
    return std::make_unique<InputWeights>(context);
  }

  explicit InputWeights(const MeasureContext& context) : context_(context) {}

  absl::StatusOr<Measurement> Take(RandomStream&) override {
    const auto* watchable = dynamic_cast<const Watchable*>(context_.method);
    if (watchable == nullptr) {
      return ConfigError("the run's method has no generator that is fed in parts");
    }
    Measurement measured;
    for (const Watchable::InputPart& part : watchable->InputParts(context_.pool)) {
      measured.values.push_back({absl::StrCat("mean_weight_", part.name),
                                 part.weight.detach().abs().mean().item<double>(), "",
                                 absl::StrCat("mean |w| of the first layer over the ",
                                              part.weight.size(-1), " inputs of ", part.title)});
    }
    return measured;
  }

 private:
  const MeasureContext context_;
};

DFKD_REGISTER_PLUGIN(Measure, InputWeights);

}  // namespace
}  // namespace dfkd
