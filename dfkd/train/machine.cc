#include "dfkd/train/machine.h"

#include <ATen/Parallel.h>

#include "absl/strings/str_cat.h"
#include "dfkd/core/status.h"
#include "dfkd/train/precision.h"

namespace dfkd {

absl::StatusOr<std::map<std::string, std::string>> ChooseForMachine(const TrainSpec& train) {
  if (train.device() != "cpu") {
    return ConfigError(absl::StrCat("train.device is \"", train.device(),
                                    "\"; this build computes on the CPU alone: set device to cpu"));
  }
  if (train.threads() > 0) at::set_num_threads(train.threads());
  return std::map<std::string, std::string>{
      {"precision", TrainSpec::Precision_Name(ChoosePrecision(train.precision()))},
      {"device", "cpu"},
      {"threads", absl::StrCat(at::get_num_threads())}};
}

}  // namespace dfkd
