#include "dfkd/train/finite.h"

#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/stack.h>

#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/status.h"

namespace dfkd {

absl::Status CheckFiniteGradients(const Module& module, absl::string_view owner) {
  std::vector<at::Tensor> gradients;
  for (const at::Tensor& parameter : module.Parameters()) {
    if (parameter.grad().defined()) gradients.push_back(parameter.grad());
  }
  if (gradients.empty()) return absl::OkStatus();
  // One norm per tensor, one read-back for all.
  const std::vector<at::Tensor> norms = at::_foreach_norm(gradients, 1);
  if (std::isfinite(at::stack(norms).sum().item<double>())) return absl::OkStatus();
  size_t i = 0;
  for (const NamedTensor& parameter : module.NamedParameters()) {
    if (!parameter.tensor.grad().defined()) continue;
    const double norm = norms[i++].item<double>();
    if (!std::isfinite(norm)) {
      return DivergedError(absl::StrCat("the gradient of ", owner, ".", parameter.name,
                                        " is not finite (its L1 norm is ", norm, ")"));
    }
  }
  return DivergedError(absl::StrCat("the gradients of ", owner, " overflow float32 together"));
}

}  // namespace dfkd
