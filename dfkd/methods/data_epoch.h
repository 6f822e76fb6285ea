// An epoch of student steps over the train split of a data set.
#ifndef DFKD_METHODS_DATA_EPOCH_H_
#define DFKD_METHODS_DATA_EPOCH_H_

#include <cstdint>

#include "absl/status/status.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/data/dataset.h"
#include "dfkd/methods/method.h"

namespace dfkd {

// student.steps_per_epoch, or the number of batches in one pass where that is 0.
int64_t DataEpochSteps(const Split& train, const MethodServices& services);
// Steps and batch as far as the spec tells: one pass over the data has a length only the data know.
MethodOutline DataEpochOutline(const Experiment& experiment);
absl::Status RunDataEpoch(int64_t epoch, const Split& train, const MethodServices& services);

}  // namespace dfkd

#endif  // DFKD_METHODS_DATA_EPOCH_H_
