// Stops a run on the first NaN or infinity, by name.
#ifndef DFKD_TRAIN_FINITE_H_
#define DFKD_TRAIN_FINITE_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "dfkd/nn/module.h"

namespace dfkd {

// DivergedError "gradient of student.block1.layer.0.conv1.weight is nan" for the first parameter
// whose gradient is not finite.
absl::Status CheckFiniteGradients(const Module& module, absl::string_view owner);

}  // namespace dfkd

#endif  // DFKD_TRAIN_FINITE_H_
