#include "dfkd/train/precision.h"

#include <ATen/autocast_mode.h>

namespace dfkd {

TrainSpec::Precision ChoosePrecision(TrainSpec::Precision asked) {
  return asked == TrainSpec::AUTO ? TrainSpec::FP32 : asked;
}

PrecisionScope::PrecisionScope(TrainSpec::Precision precision)
    : active_(precision == TrainSpec::BF16) {
  if (!active_) return;
  at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
  at::autocast::set_autocast_enabled(at::kCPU, true);
  at::autocast::increment_nesting();
}

PrecisionScope::~PrecisionScope() {
  if (!active_) return;
  // Weights change with the next step: their short copies must not outlive this scope.
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(at::kCPU, false);
}

}  // namespace dfkd
