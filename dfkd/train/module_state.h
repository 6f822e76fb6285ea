// A module's parameters and buffers in a checkpoint.
#ifndef DFKD_TRAIN_MODULE_STATE_H_
#define DFKD_TRAIN_MODULE_STATE_H_

#include "absl/status/status.h"
#include "dfkd/core/state.h"
#include "dfkd/nn/module.h"

namespace dfkd {

void SaveModule(const Module& module, StateWriter writer);
absl::Status LoadModule(const StateReader& reader, Module* module);

}  // namespace dfkd

#endif  // DFKD_TRAIN_MODULE_STATE_H_
