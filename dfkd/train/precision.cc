#include "dfkd/train/precision.h"

#include <ATen/autocast_mode.h>

namespace dfkd {
namespace {

// A scope need not know where its tensors lie.
constexpr at::DeviceType kDevices[] = {at::kCPU, at::kCUDA};

}  // namespace

TrainSpec::Precision ChoosePrecision(TrainSpec::Precision asked) {
  return asked == TrainSpec::AUTO ? TrainSpec::FP32 : asked;
}

PrecisionScope::PrecisionScope(TrainSpec::Precision precision)
    : active_(precision == TrainSpec::BF16) {
  if (!active_) return;
  for (const at::DeviceType device : kDevices) {
    at::autocast::set_autocast_dtype(device, at::kBFloat16);
    at::autocast::set_autocast_enabled(device, true);
  }
  at::autocast::increment_nesting();
}

PrecisionScope::~PrecisionScope() {
  if (!active_) return;
  // Weights change with the next step: their short copies must not outlive this scope.
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  for (const at::DeviceType device : kDevices) at::autocast::set_autocast_enabled(device, false);
}

}  // namespace dfkd
