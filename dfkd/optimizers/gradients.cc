#include "dfkd/optimizers/gradients.h"

#include <ATen/ops/empty_like.h>

namespace dfkd {

ParametersWithGradient FindParametersWithGradient(const std::vector<at::Tensor>& parameters) {
  ParametersWithGradient found;
  for (size_t i = 0; i < parameters.size(); ++i) {
    const at::Tensor& gradient = parameters[i].grad();
    if (!gradient.defined()) continue;
    found.index.push_back(i);
    found.parameters.push_back(parameters[i]);
    found.gradients.push_back(gradient.strides() == parameters[i].strides()
                                  ? gradient
                                  : at::empty_like(parameters[i]).copy_(gradient));
  }
  return found;
}

}  // namespace dfkd
