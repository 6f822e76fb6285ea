// The number format of forward passes. Weights, optimisers, BatchNorm statistics, losses and
// evaluation stay in float32.
#ifndef DFKD_TRAIN_PRECISION_H_
#define DFKD_TRAIN_PRECISION_H_

#include <c10/core/Device.h>

#include "dfkd/core/experiment.pb.h"

namespace dfkd {

// What the choice depends on.
struct Processor {
  bool has_amx_bf16 = false;  // multiplies tiles of bf16, and the system lets this process do so
};
// Of this machine; asks the system for the tiles.
Processor ThisProcessor();

// What AUTO becomes where a run computes on `device`: BF16 on a CPU that multiplies tiles of it,
// FP32, the exact one, elsewhere: without them bf16 is the slower one (docs/performance.md). Never
// gives AUTO back.
TrainSpec::Precision ChoosePrecision(TrainSpec::Precision asked, at::Device device,
                                     const Processor& processor = ThisProcessor());

// While it lives, convolutions and linear layers of this thread compute in `precision`.
class PrecisionScope {
 public:
  explicit PrecisionScope(TrainSpec::Precision precision);
  ~PrecisionScope();
  PrecisionScope(const PrecisionScope&) = delete;
  PrecisionScope& operator=(const PrecisionScope&) = delete;

 private:
  const bool active_;
};

}  // namespace dfkd

#endif  // DFKD_TRAIN_PRECISION_H_
