// A small run on a given device, to be compared with the same on the CPU.
#ifndef DFKD_EXPERIMENTS_TESTING_DEVICE_RUN_H_
#define DFKD_EXPERIMENTS_TESTING_DEVICE_RUN_H_

#include <c10/core/Device.h>

#include <string>

namespace dfkd {

// Runs the spec that `tiny` (tiny_run.h) makes of a file of weights, every part of it on `device`,
// and again on the CPU, in folders below `dir`; expects weights and metrics to agree to rounding,
// and the run on `device` to be found finished when it is started again from its checkpoint.
void ExpectRunsAsOnTheCpu(at::Device device, std::string (*tiny)(const std::string& weights),
                          const std::string& dir);

}  // namespace dfkd

#endif  // DFKD_EXPERIMENTS_TESTING_DEVICE_RUN_H_
