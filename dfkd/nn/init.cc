#include "dfkd/nn/init.h"

#include <cmath>

namespace dfkd {

void DrawKaimingNormalFanOut(const at::Tensor& weight, RandomStream& init) {
  const double fan_out = static_cast<double>(weight.size(0) * weight.size(2) * weight.size(3));
  weight.detach().copy_(init.Normal(weight.sizes(), 0.0, std::sqrt(2.0 / fan_out)));
}

}  // namespace dfkd
