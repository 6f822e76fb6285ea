// Parameter updates. Plugins of category "optimizer"; each equals torch.optim's class of its name.
#ifndef DFKD_OPTIMIZERS_OPTIMIZER_H_
#define DFKD_OPTIMIZERS_OPTIMIZER_H_

#include <ATen/core/Tensor.h>

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "dfkd/core/state.h"

namespace dfkd {

struct OptimizerContext {
  std::vector<at::Tensor> parameters;
};

class Optimizer {
 public:
  static constexpr char kCategory[] = "optimizer";
  using Context = OptimizerContext;

  virtual ~Optimizer() = default;
  // One update from the parameters' gradients; parameters without one are left alone.
  virtual void Step() = 0;
  // Sets the gradients to undefined.
  void ZeroGrad();
  // Learning rate as configured, before any schedule.
  double base_learning_rate() const { return base_learning_rate_; }
  double learning_rate() const { return learning_rate_; }
  void set_learning_rate(double lr) { learning_rate_ = lr; }
  const std::vector<at::Tensor>& parameters() const { return parameters_; }

  // Moments, step count and learning rate.
  virtual void Save(StateWriter writer) const = 0;
  virtual absl::Status Load(const StateReader& reader) = 0;

 protected:
  Optimizer(std::vector<at::Tensor> parameters, double learning_rate)
      : parameters_(std::move(parameters)),
        base_learning_rate_(learning_rate),
        learning_rate_(learning_rate) {}

  // The state's "parameters" (their number, which Save writes) is this optimiser's.
  absl::Status CheckParameterCount(const StateReader& reader) const;

 private:
  std::vector<at::Tensor> parameters_;
  double base_learning_rate_;
  double learning_rate_;
};

}  // namespace dfkd

#endif  // DFKD_OPTIMIZERS_OPTIMIZER_H_
