#include "dfkd/optimizers/optimizer.h"

namespace dfkd {

void Optimizer::ZeroGrad() {
  for (at::Tensor& parameter : parameters_) parameter.mutable_grad().reset();
}

}  // namespace dfkd
