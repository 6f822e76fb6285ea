// What a spec leaves to the machine: device, threads, precision.
#ifndef DFKD_TRAIN_MACHINE_H_
#define DFKD_TRAIN_MACHINE_H_

#include <c10/core/Device.h>

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "dfkd/core/experiment.pb.h"

namespace dfkd {

struct Machine {
  at::Device device = at::kCPU;
  // {{"device", "cpu"}, {"precision", "FP32"}, {"threads", "2"}}: part of a run's fingerprint.
  std::map<std::string, std::string> chosen;
};

// Opens the device, which must come before a program's first convolution (core/device.h), and sets
// LibTorch's threads.
absl::StatusOr<Machine> ChooseForMachine(const TrainSpec& train);

}  // namespace dfkd

#endif  // DFKD_TRAIN_MACHINE_H_
