// What the fused kernels take: parameters that have a gradient, and gradients laid out as they are.
#ifndef DFKD_OPTIMIZERS_GRADIENTS_H_
#define DFKD_OPTIMIZERS_GRADIENTS_H_

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <vector>

namespace dfkd {

struct ParametersWithGradient {
  std::vector<size_t> index;  // into all parameters
  std::vector<at::Tensor> parameters;
  // In the parameters' strides: the kernels walk through memory and look at no strides.
  std::vector<at::Tensor> gradients;
};

ParametersWithGradient FindParametersWithGradient(const std::vector<at::Tensor>& parameters);

}  // namespace dfkd

#endif  // DFKD_OPTIMIZERS_GRADIENTS_H_
