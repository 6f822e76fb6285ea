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
  std::vector<std::string> names;
  for (const NamedTensor& parameter : module.NamedParameters()) {
    if (!parameter.tensor.grad().defined()) continue;
    gradients.push_back(parameter.tensor.grad());
    names.push_back(parameter.name);
  }
  if (gradients.empty()) return absl::OkStatus();
  // One norm per tensor, one read-back for all.
  const std::vector<at::Tensor> norms = at::_foreach_norm(gradients, 1);
  if (std::isfinite(at::stack(norms).sum().item<double>())) return absl::OkStatus();
  for (size_t i = 0; i < norms.size(); ++i) {
    if (!std::isfinite(norms[i].item<double>())) {
      return DivergedError(absl::StrCat("the gradient of ", owner, ".", names[i],
                                        " is not finite (its L1 norm is ", norms[i].item<double>(),
                                        ")"));
    }
  }
  return DivergedError(absl::StrCat("the gradients of ", owner, " overflow float32 together"));
}

}  // namespace dfkd
