// What a spec leaves to the machine: device, threads, precision.
#ifndef DFKD_TRAIN_MACHINE_H_
#define DFKD_TRAIN_MACHINE_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "dfkd/core/experiment.pb.h"

namespace dfkd {

// Sets LibTorch's threads and tells what was chosen: {{"device", "cpu"}, {"precision", "FP32"},
// {"threads", "2"}}. It is part of a run's fingerprint.
absl::StatusOr<std::map<std::string, std::string>> ChooseForMachine(const TrainSpec& train);

}  // namespace dfkd

#endif  // DFKD_TRAIN_MACHINE_H_
