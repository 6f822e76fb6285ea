// One epoch of the student on the pools: what every method that keeps its images has in common.
#ifndef DFKD_TRAIN_POOL_EPOCH_H_
#define DFKD_TRAIN_POOL_EPOCH_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "dfkd/methods/method.h"

namespace dfkd {

// The student's epoch 0, 1, …: `steps_per_epoch` of the stepper on shuffled batches of the first
// pool.
absl::Status TrainStudentOnPool(int64_t epoch, const MethodServices& services);

enum class PoolMixing {
  kTogether,   // a step takes a batch of each pool
  kAlternate,  // step s takes a batch of pool s mod their number
};

// The same on several pools; batch_sizes[i]: of pool i.
absl::Status TrainStudentOnPools(int64_t epoch, const std::vector<int64_t>& batch_sizes,
                                 PoolMixing mixing, const MethodServices& services);

}  // namespace dfkd

#endif  // DFKD_TRAIN_POOL_EPOCH_H_
