#include "dfkd/train/precision.h"

#include <ATen/autocast_mode.h>
#include <ATen/cpu/Utils.h>

namespace dfkd {
namespace {

// A scope need not know where its tensors lie.
constexpr at::DeviceType kDevices[] = {at::kCPU, at::kCUDA};

bool HasCapability(const char* name) {
  const auto capabilities = at::cpu::get_cpu_capabilities();
  const auto found = capabilities.find(name);
  return found != capabilities.end() && found->second.isBool() && found->second.toBool();
}

}  // namespace

Processor ThisProcessor() {
  static const Processor processor = {HasCapability("amx_bf16") && at::cpu::init_amx()};
  return processor;
}

TrainSpec::Precision ChoosePrecision(TrainSpec::Precision asked, at::Device device,
                                     const Processor& processor) {
  if (asked != TrainSpec::AUTO) return asked;
  return device.is_cpu() && processor.has_amx_bf16 ? TrainSpec::BF16 : TrainSpec::FP32;
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
