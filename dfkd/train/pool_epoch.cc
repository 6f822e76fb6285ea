#include "dfkd/train/pool_epoch.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "dfkd/core/status.h"
#include "dfkd/pool/pool_set.h"
#include "dfkd/report/progress.h"
#include "dfkd/train/pool_views.h"
#include "dfkd/train/stopwatch.h"
#include "dfkd/train/student_stepper.h"
#include "glog/logging.h"

namespace dfkd {

absl::Status TrainStudentOnPools(int64_t epoch, const std::vector<int64_t>& batch_sizes,
                                 PoolMixing mixing, const MethodServices& services) {
  CHECK_EQ(batch_sizes.size(), services.pools->count());
  const Stopwatch stopwatch(services.budget, "student");
  services.stepper->BeginEpoch(epoch);
  std::vector<std::unique_ptr<PoolBatches>> pools;
  for (size_t i = 0; i < batch_sizes.size(); ++i) {
    pools.push_back(std::make_unique<PoolBatches>(
        services.pools->pool(i), services.hold_out, batch_sizes[i],
        services.streams->Get("pool_order"), services.pools->mirror(i)));
  }
  for (int64_t step = 0; step < services.stepper->steps_per_epoch(); ++step) {
    DFKD_RETURN_IF_ERROR(services.CheckStop());
    std::vector<StudentBatch> batches;
    for (size_t i = 0; i < pools.size(); ++i) {
      const bool its_turn = static_cast<size_t>(step) % pools.size() == i;
      if (mixing == PoolMixing::kAlternate && !its_turn) continue;
      const PoolBatches::Batch batch = pools[i]->Next();
      batches.push_back({batch.images, batch.labels, batch.index});
    }
    DFKD_RETURN_IF_ERROR(
        Annotate(services.stepper->Step(batches), absl::StrCat("student step ", step)));
    services.progress->Advance();
  }
  return absl::OkStatus();
}

absl::Status TrainStudentOnPool(int64_t epoch, const MethodServices& services) {
  return TrainStudentOnPools(epoch, {services.stepper->batch_size()}, PoolMixing::kTogether,
                             services);
}

}  // namespace dfkd
