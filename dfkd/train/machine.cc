#include "dfkd/train/machine.h"

#include <ATen/Parallel.h>

#include "absl/strings/str_cat.h"
#include "dfkd/core/status.h"
#include "dfkd/train/compute.h"
#include "dfkd/train/precision.h"

namespace dfkd {

absl::StatusOr<std::map<std::string, std::string>> ChooseForMachine(const TrainSpec& train) {
  DFKD_RETURN_IF_ERROR(ChooseDevice(train.device(), "train.device").status());
  SetThreads(train.threads());
  return std::map<std::string, std::string>{
      {"precision", TrainSpec::Precision_Name(ChoosePrecision(train.precision()))},
      {"device", "cpu"},
      {"threads", absl::StrCat(at::get_num_threads())}};
}

}  // namespace dfkd
