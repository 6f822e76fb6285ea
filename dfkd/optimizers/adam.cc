// Adam: weight decay, if any, is added to the gradient.
// The equations stand in adam_optimizer.h.
//
// Source: Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015.
//
//   optimizer { [type.googleapis.com/dfkd.AdamConfig] { learning_rate: 4e-3 beta1: 0.5 } }
#include <memory>

#include "dfkd/core/registry.h"
#include "dfkd/optimizers/adam.pb.h"
#include "dfkd/optimizers/adam_optimizer.h"
#include "dfkd/optimizers/optimizer.h"

namespace dfkd {
namespace {

struct Adam {
  using Config = AdamConfig;

  static absl::StatusOr<std::unique_ptr<Optimizer>> Create(const Config& config,
                                                           const OptimizerContext& context) {
    return std::make_unique<AdamOptimizer>(context.parameters,
                                           AdamOptions{.learning_rate = config.learning_rate(),
                                                       .beta1 = config.beta1(),
                                                       .beta2 = config.beta2(),
                                                       .epsilon = config.epsilon(),
                                                       .weight_decay = config.weight_decay(),
                                                       .amsgrad = config.amsgrad(),
                                                       .decoupled_weight_decay = false});
  }
};

DFKD_REGISTER_PLUGIN(Optimizer, Adam);

}  // namespace
}  // namespace dfkd
