#include "dfkd/train/machine.h"

#include <ATen/Parallel.h>

#include "absl/strings/str_cat.h"
#include "dfkd/core/device.h"
#include "dfkd/core/status.h"
#include "dfkd/train/compute.h"
#include "dfkd/train/precision.h"

namespace dfkd {

absl::StatusOr<Machine> ChooseForMachine(const TrainSpec& train) {
  Machine machine;
  DFKD_ASSIGN_OR_RETURN(machine.device, OpenDevice(train.device(), "train.device"));
  SetThreads(train.threads());
  const TrainSpec::Precision precision = ChoosePrecision(train.precision(), machine.device);
  machine.chosen = {{"precision", TrainSpec::Precision_Name(precision)},
                    {"device", machine.device.str()},
                    {"threads", absl::StrCat(at::get_num_threads())}};
  return machine;
}

}  // namespace dfkd
