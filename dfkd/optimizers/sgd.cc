// Stochastic gradient descent with momentum, in torch.optim.SGD's form. For a parameter w with
// gradient g, in each step:
//
//   g <- g + weight_decay * w
//   b <- momentum * b + (1 - dampening) * g        (b <- g the first time)
//   w <- w - learning_rate * (nesterov ? g + momentum * b : b)
//
// and w <- w - learning_rate * g without momentum. The kernel is LibTorch's fused one, so the
// result equals torch.optim.SGD(fused=True) bit for bit.
//
//   optimizer { [type.googleapis.com/dfkd.SgdConfig] { learning_rate: 0.2 momentum: 0.9 } }
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_fused_sgd.h>
#include <ATen/ops/empty_like.h>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/optimizers/gradients.h"
#include "dfkd/optimizers/optimizer.h"
#include "dfkd/optimizers/sgd.pb.h"

namespace dfkd {
namespace {

class Sgd : public Optimizer {
 public:
  using Config = SgdConfig;

  static absl::Status Validate(const Config& config) {
    if (config.nesterov() && (config.momentum() == 0 || config.dampening() != 0)) {
      return ConfigError(absl::StrCat("nesterov is true with momentum ", config.momentum(),
                                      " and dampening ", config.dampening(),
                                      "; it needs a momentum greater than 0 and no dampening"));
    }
    return absl::OkStatus();
  }

  static absl::StatusOr<std::unique_ptr<Optimizer>> Create(const Config& config,
                                                           const OptimizerContext& context) {
    return std::make_unique<Sgd>(config, context.parameters);
  }

  Sgd(const Config& config, std::vector<at::Tensor> parameters)
      : Optimizer(std::move(parameters), config.learning_rate()),
        config_(config),
        momentum_(this->parameters().size()) {}

  void Step() override {
    const at::NoGradGuard no_grad;
    ParametersWithGradient first, later;
    const ParametersWithGradient all = FindParametersWithGradient(parameters());
    for (size_t k = 0; k < all.index.size(); ++k) {
      const bool started = config_.momentum() == 0 || momentum_[all.index[k]].defined();
      ParametersWithGradient& group = started ? later : first;
      group.index.push_back(all.index[k]);
      group.parameters.push_back(all.parameters[k]);
      group.gradients.push_back(all.gradients[k]);
    }
    for (const size_t i : first.index) momentum_[i] = at::empty_like(parameters()[i]);
    Update(first, /*is_first_step=*/true);
    Update(later, /*is_first_step=*/false);
  }

  void Save(StateWriter writer) const override {
    writer.Double("learning_rate", learning_rate());
    writer.Int("parameters", static_cast<int64_t>(momentum_.size()));
    for (size_t i = 0; i < momentum_.size(); ++i) {
      if (momentum_[i].defined()) writer.Tensor(Name(i), momentum_[i]);
    }
  }

  absl::Status Load(const StateReader& reader) override {
    DFKD_RETURN_IF_ERROR(CheckParameterCount(reader));
    DFKD_ASSIGN_OR_RETURN(const double learning_rate, reader.Double("learning_rate"));
    for (size_t i = 0; i < momentum_.size(); ++i) {
      momentum_[i] = at::Tensor();
      if (!reader.HasTensor(Name(i))) continue;
      momentum_[i] = at::empty_like(parameters()[i]);
      DFKD_RETURN_IF_ERROR(reader.CopyTo(Name(i), momentum_[i]));
    }
    set_learning_rate(learning_rate);
    return absl::OkStatus();
  }

 private:
  static std::string Name(size_t i) { return absl::StrCat("momentum.", i); }

  void Update(const ParametersWithGradient& group, bool is_first_step) {
    if (group.index.empty()) return;
    std::vector<at::Tensor> momentum;
    if (config_.momentum() != 0) {
      for (const size_t i : group.index) momentum.push_back(momentum_[i]);
    }
    at::_fused_sgd_(group.parameters, group.gradients, momentum, config_.weight_decay(),
                    config_.momentum(), learning_rate(), config_.dampening(), config_.nesterov(),
                    /*maximize=*/false, is_first_step);
  }

  const Config config_;
  std::vector<at::Tensor> momentum_;  // undefined until a parameter's first gradient
};

DFKD_REGISTER_PLUGIN(Optimizer, Sgd);

}  // namespace
}  // namespace dfkd
