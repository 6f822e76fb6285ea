// Adam and AdamW, for code that needs one without a spec: a generator's, new for every batch.
//
//   AdamOptimizer adam(generator.Parameters(), {.learning_rate = 4e-3, .beta1 = 0.5});
#ifndef DFKD_OPTIMIZERS_ADAM_OPTIMIZER_H_
#define DFKD_OPTIMIZERS_ADAM_OPTIMIZER_H_

#include <ATen/core/Tensor.h>

#include <vector>

#include "dfkd/optimizers/optimizer.h"

namespace dfkd {

struct AdamOptions {
  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;
  bool amsgrad = false;
  // AdamW: weights shrink by learning_rate * weight_decay, instead of their gradients growing.
  bool decoupled_weight_decay = false;
};

// For a parameter w with gradient g, in its step t:
//
//   w <- w - learning_rate * weight_decay * w  (decoupled), or  g <- g + weight_decay * w
//   m <- beta1 * m + (1 - beta1) * g
//   v <- beta2 * v + (1 - beta2) * g^2
//   w <- w - learning_rate * m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)
//
// with the largest v so far in place of v under amsgrad. The kernels are LibTorch's fused ones, so
// the result equals torch.optim.Adam and AdamW (fused=True) bit for bit.
class AdamOptimizer : public Optimizer {
 public:
  AdamOptimizer(std::vector<at::Tensor> parameters, const AdamOptions& options);

  void Step() override;
  void Save(StateWriter writer) const override;
  absl::Status Load(const StateReader& reader) override;

 private:
  const AdamOptions options_;
  // One per parameter.
  std::vector<at::Tensor> mean_;
  std::vector<at::Tensor> square_;
  std::vector<at::Tensor> largest_square_;  // empty without amsgrad
  std::vector<at::Tensor> step_;            // float32 scalars, as the kernels take them
};

}  // namespace dfkd

#endif  // DFKD_OPTIMIZERS_ADAM_OPTIMIZER_H_
