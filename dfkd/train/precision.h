// The number format of forward passes. Weights, optimisers, BatchNorm statistics, losses and
// evaluation stay in float32.
#ifndef DFKD_TRAIN_PRECISION_H_
#define DFKD_TRAIN_PRECISION_H_

#include "dfkd/core/experiment.pb.h"

namespace dfkd {

// What AUTO becomes: FP32, the exact one. Never gives AUTO back.
TrainSpec::Precision ChoosePrecision(TrainSpec::Precision asked);

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
