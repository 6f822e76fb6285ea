#include "dfkd/train/pool_epoch.h"

#include "absl/strings/str_cat.h"
#include "dfkd/core/status.h"
#include "dfkd/report/progress.h"
#include "dfkd/train/pool_views.h"
#include "dfkd/train/stopwatch.h"
#include "dfkd/train/student_stepper.h"

namespace dfkd {

absl::Status TrainStudentOnPool(int64_t epoch, const MethodServices& services) {
  const Stopwatch stopwatch(services.budget, "student");
  services.stepper->BeginEpoch(epoch);
  PoolBatches batches(*services.pool, services.hold_out, services.stepper->batch_size(),
                      services.streams->Get("pool_order"), services.pool_mirror);
  for (int64_t step = 0; step < services.stepper->steps_per_epoch(); ++step) {
    DFKD_RETURN_IF_ERROR(services.CheckStop());
    const PoolBatches::Batch batch = batches.Next();
    DFKD_RETURN_IF_ERROR(Annotate(services.stepper->Step({batch.images, batch.labels, batch.index}),
                                  absl::StrCat("student step ", step)));
    services.progress->Advance();
  }
  return absl::OkStatus();
}

}  // namespace dfkd
