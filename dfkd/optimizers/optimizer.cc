#include "dfkd/optimizers/optimizer.h"

#include "absl/strings/str_cat.h"
#include "dfkd/core/status.h"

namespace dfkd {

void Optimizer::ZeroGrad() {
  for (at::Tensor& parameter : parameters_) parameter.mutable_grad().reset();
}

absl::Status Optimizer::CheckParameterCount(const StateReader& reader) const {
  DFKD_ASSIGN_OR_RETURN(const int64_t count, reader.Int("parameters"));
  if (count != static_cast<int64_t>(parameters_.size())) {
    return ConfigError(absl::StrCat("the optimiser's state is of ", count,
                                    " parameters, the model has ", parameters_.size(),
                                    "; the checkpoint is of another model"));
  }
  return absl::OkStatus();
}

}  // namespace dfkd
