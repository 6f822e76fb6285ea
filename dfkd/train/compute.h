// Where and with which numbers a forward pass computes.
#ifndef DFKD_TRAIN_COMPUTE_H_
#define DFKD_TRAIN_COMPUTE_H_

#include <c10/core/Device.h>

#include <cstdint>

#include "dfkd/core/experiment.pb.h"
#include "dfkd/train/precision.h"

namespace dfkd {

struct Compute {
  at::Device device = at::kCPU;
  TrainSpec::Precision precision = TrainSpec::FP32;  // chosen: never AUTO
  int64_t batch_size = 256;
};

inline constexpr int kMaxThreads = 1024;
// 0: as many as LibTorch takes, one per physical core.
void SetThreads(int threads);

}  // namespace dfkd

#endif  // DFKD_TRAIN_COMPUTE_H_
