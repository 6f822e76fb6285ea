// AdamW: Adam with decoupled weight decay.
// The equations stand in adam_optimizer.h.
//
// Source: Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019.
//
//   optimizer { [type.googleapis.com/dfkd.AdamWConfig] { learning_rate: 1e-3 weight_decay: 0.01 } }
#include <memory>

#include "dfkd/core/registry.h"
#include "dfkd/optimizers/adam_optimizer.h"
#include "dfkd/optimizers/adamw.pb.h"
#include "dfkd/optimizers/optimizer.h"

namespace dfkd {
namespace {

struct Adamw {
  using Config = AdamWConfig;

  static absl::StatusOr<std::unique_ptr<Optimizer>> Create(const Config& config,
                                                           const OptimizerContext& context) {
    return std::make_unique<AdamOptimizer>(context.parameters,
                                           AdamOptions{.learning_rate = config.learning_rate(),
                                                       .beta1 = config.beta1(),
                                                       .beta2 = config.beta2(),
                                                       .epsilon = config.epsilon(),
                                                       .weight_decay = config.weight_decay(),
                                                       .amsgrad = config.amsgrad(),
                                                       .decoupled_weight_decay = true});
  }
};

DFKD_REGISTER_PLUGIN(Optimizer, Adamw);

}  // namespace
}  // namespace dfkd
