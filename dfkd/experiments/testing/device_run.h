// A small NAYER run on a given device, to be compared with the same on the CPU.
#ifndef DFKD_EXPERIMENTS_TESTING_DEVICE_RUN_H_
#define DFKD_EXPERIMENTS_TESTING_DEVICE_RUN_H_

#include <c10/core/Device.h>

#include <string>

namespace dfkd {

// Trains a student by NAYER, every part of it on `device`, and another one on the CPU, in folders
// below `dir`; expects weights, pictures and metrics to agree to rounding, and the run on `device`
// to be found finished when it is started again from its checkpoint.
void ExpectRunsAsOnTheCpu(at::Device device, const std::string& dir);

}  // namespace dfkd

#endif  // DFKD_EXPERIMENTS_TESTING_DEVICE_RUN_H_
