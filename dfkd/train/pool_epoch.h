// One epoch of the student on a pool: what every method that keeps its images has in common.
#ifndef DFKD_TRAIN_POOL_EPOCH_H_
#define DFKD_TRAIN_POOL_EPOCH_H_

#include <cstdint>

#include "absl/status/status.h"
#include "dfkd/methods/method.h"

namespace dfkd {

// The student's epoch 0, 1, …: `steps_per_epoch` of the stepper on shuffled batches of the pool.
absl::Status TrainStudentOnPool(int64_t epoch, const MethodServices& services);

}  // namespace dfkd

#endif  // DFKD_TRAIN_POOL_EPOCH_H_
