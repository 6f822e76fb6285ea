#include "dfkd/methods/data_epoch.h"

#include "absl/strings/str_cat.h"
#include "dfkd/core/status.h"
#include "dfkd/data/batch_loader.h"
#include "dfkd/report/progress.h"
#include "dfkd/train/index_batches.h"
#include "dfkd/train/stopwatch.h"
#include "dfkd/train/student_stepper.h"

namespace dfkd {

int64_t DataEpochSteps(const Split& train, const MethodServices& services) {
  if (services.stepper->steps_per_epoch() > 0) return services.stepper->steps_per_epoch();
  return IndexBatches(train.size(), services.stepper->batch_size(),
                      services.streams->Get("data_order"))
      .batches_per_pass();
}

MethodOutline DataEpochOutline(const Experiment& experiment) {
  MethodOutline outline;
  outline.student_steps =
      int64_t{experiment.train().epochs()} * experiment.student().steps_per_epoch();
  outline.largest_batch = experiment.student().batch_size();
  return outline;
}

absl::Status RunDataEpoch(int64_t epoch, const Split& train, const MethodServices& services) {
  const Stopwatch stopwatch(services.budget, "student");
  services.stepper->BeginEpoch(epoch);
  IndexBatches batches(train.size(), services.stepper->batch_size(),
                       services.streams->Get("data_order"));
  const int64_t steps = DataEpochSteps(train, services);
  BatchLoader loader(train, steps, [&] { return batches.Next(); });
  for (int64_t step = 0; step < steps; ++step) {
    DFKD_RETURN_IF_ERROR(services.CheckStop());
    DFKD_ASSIGN_OR_RETURN(const LabelledBatch batch, loader.Next());
    DFKD_RETURN_IF_ERROR(Annotate(
        services.stepper->Step(batch.images.to(services.device), batch.labels.to(services.device)),
        absl::StrCat("epoch ", epoch, ", step ", step)));
    services.progress->Advance();
  }
  return absl::OkStatus();
}

}  // namespace dfkd
