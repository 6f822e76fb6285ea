#include "dfkd/train/module_state.h"

#include <ATen/core/grad_mode.h>

#include "dfkd/core/status.h"

namespace dfkd {

void SaveModule(const Module& module, StateWriter writer) {
  for (const NamedTensor& named : module.NamedState()) writer.Tensor(named.name, named.tensor);
}

absl::Status LoadModule(const StateReader& reader, Module* module) {
  at::NoGradGuard no_grad;
  for (const NamedTensor& named : module->NamedState()) {
    DFKD_RETURN_IF_ERROR(reader.CopyTo(named.name, named.tensor));
  }
  return absl::OkStatus();
}

}  // namespace dfkd
