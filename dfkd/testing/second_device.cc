#include "dfkd/testing/second_device.h"

#include <ATen/EmptyTensor.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>
#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/convolution.h>
#include <ATen/ops/convolution_backward.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/view_native.h>
#include <c10/core/Allocator.h>
#include <c10/core/DeviceType.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "glog/logging.h"

namespace dfkd {
namespace {

constexpr at::DeviceType kType = at::DeviceType::PrivateUse1;
constexpr c10::DispatchKeySet kKeys(c10::DispatchKey::PrivateUse1);

// The autograd engine's threads compute too.
std::mutex mutex;
std::set<std::string> mixed;
std::atomic<int64_t> operators = 0;

class HostMemory : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    constexpr size_t kAlignment = 64;
    void* memory = std::aligned_alloc(kAlignment, (bytes / kAlignment + 1) * kAlignment);
    CHECK(memory != nullptr);
    return {memory, memory, &std::free, at::Device(kType, 0)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &std::free; }
  void copy_data(void* to, const void* from, size_t bytes) const override {
    std::memcpy(to, from, bytes);
  }
};

// One device, whose only stream has always finished.
class Guard : public c10::impl::NoOpDeviceGuardImpl<kType> {
 public:
  at::Device exchangeDevice(at::Device) const override { return {kType, 0}; }
  at::Device getDevice() const override { return {kType, 0}; }
  c10::Stream getStream(at::Device) const noexcept override { return stream(); }
  c10::Stream getNewStream(at::Device, int) const override { return stream(); }
  c10::Stream exchangeStream(c10::Stream) const noexcept override { return stream(); }
  void record(void**, const c10::Stream&, const at::DeviceIndex,
              const c10::EventFlag) const override {}
  void block(void*, const c10::Stream&) const override {}
  bool queryEvent(void*) const override { return true; }
  void synchronizeEvent(void*) const override {}
  void synchronizeDevice(const at::DeviceIndex) const override {}
  void recordDataPtrOnStream(const c10::DataPtr&, const c10::Stream&) const override {}

 private:
  static c10::Stream stream() { return c10::Stream(c10::Stream::DEFAULT, at::Device(kType, 0)); }
};

// Autograd asks these of every accelerator.
class Hooks : public at::PrivateUse1HooksInterface {
 public:
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(at::DeviceIndex) const override { return true; }
  at::DeviceIndex deviceCount() const override { return 1; }
  void setCurrentDevice(at::DeviceIndex) const override {}
  at::DeviceIndex getCurrentDevice() const override { return 0; }
  at::DeviceIndex exchangeDevice(at::DeviceIndex) const override { return 0; }
  at::DeviceIndex maybeExchangeDevice(at::DeviceIndex) const override { return 0; }
};

HostMemory* Memory() {
  static auto* memory = new HostMemory();
  return memory;
}

// `tensor` as one of `device`, with the same memory.
at::Tensor SameMemory(const at::Tensor& tensor, at::Device device) {
  const at::TensorOptions options = at::TensorOptions().dtype(tensor.scalar_type()).device(device);
  return at::from_blob(
      tensor.data_ptr(), tensor.sizes(), tensor.strides(), [tensor](void*) {}, options, device);
}

bool IsOnSecondDevice(const at::Tensor& tensor) {
  return tensor.defined() && tensor.device().type() == kType;
}

at::Tensor OnCpu(const at::Tensor& tensor) {
  return IsOnSecondDevice(tensor) ? SameMemory(tensor, at::kCPU) : tensor;
}

at::Tensor OnSecondDevice(const at::Tensor& tensor) {
  return tensor.defined() && tensor.is_cpu() ? SameMemory(tensor, at::Device(kType, 0)) : tensor;
}

// The arguments of one call, and which CPU tensor stands for which.
class Call {
 public:
  c10::IValue Convert(const c10::IValue& value) {
    if (value.isTensor()) return Convert(value.toTensor());
    if (value.isTensorList()) {
      c10::List<at::Tensor> list;
      for (const at::Tensor& tensor : value.toTensorVector()) list.push_back(Convert(tensor));
      return list;
    }
    if (value.isOptionalTensorList()) {
      c10::List<std::optional<at::Tensor>> list;
      for (const std::optional<at::Tensor>& tensor : value.toOptionalTensorVector()) {
        list.push_back(tensor.has_value() ? std::optional(Convert(*tensor)) : std::nullopt);
      }
      return list;
    }
    if (value.isDevice()) return at::Device(at::kCPU);
    return value;
  }

  // Gives arguments that were empty, to be filled as results, what their stand-ins have become.
  void FillEmptyArguments() const {
    for (const auto& [stand_in, argument] : stand_ins_) {
      if (stand_in.sizes() == argument.sizes()) continue;
      const at::Tensor filled = OnSecondDevice(stand_in);
      argument.unsafeGetTensorImpl()->set_storage_keep_dtype(filled.storage());
      argument.unsafeGetTensorImpl()->set_sizes_and_strides(filled.sizes(), filled.strides());
    }
  }

  // A result, or the argument that it is.
  c10::IValue Return(const c10::IValue& value) const {
    if (value.isTensor()) return Return(value.toTensor());
    if (value.isTensorList()) {
      c10::List<at::Tensor> list;
      for (const at::Tensor& tensor : value.toTensorVector()) list.push_back(Return(tensor));
      return list;
    }
    return value;
  }

  bool mixes_devices() const { return on_cpu_ && !stand_ins_.empty(); }

 private:
  at::Tensor Convert(const at::Tensor& tensor) {
    if (!IsOnSecondDevice(tensor)) {
      on_cpu_ = on_cpu_ || (tensor.defined() && tensor.dim() > 0);
      return tensor;
    }
    // An empty one may be resized, which borrowed memory may not.
    const at::Tensor stand_in = tensor.numel() == 0
                                    ? at::empty(tensor.sizes(), tensor.options().device(at::kCPU))
                                    : OnCpu(tensor);
    stand_ins_.emplace_back(stand_in, tensor);
    return stand_in;
  }
  at::Tensor Return(const at::Tensor& tensor) const {
    for (const auto& [stand_in, argument] : stand_ins_) {
      if (tensor.is_same(stand_in)) return argument;
    }
    return OnSecondDevice(tensor);
  }

  std::vector<std::pair<at::Tensor, at::Tensor>> stand_ins_;
  bool on_cpu_ = false;
};

bool TakesCpuIndices(const std::string& name) {
  return name == "aten::index" || name == "aten::index_put_" || name == "aten::_index_put_impl_";
}

// Every operator that has no kernel of its own below.
void ComputeOnCpu(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  ++operators;
  const size_t arguments = op.schema().arguments().size();
  Call call;
  for (size_t i = stack->size() - arguments; i < stack->size(); ++i) {
    (*stack)[i] = call.Convert((*stack)[i]);
  }
  if (call.mixes_devices() && !TakesCpuIndices(op.schema().name())) {
    const std::lock_guard<std::mutex> lock(mutex);
    mixed.insert(op.schema().name());
  }
  op.callBoxed(stack);
  call.FillEmptyArguments();
  const size_t results = op.schema().returns().size();
  for (size_t i = stack->size() - results; i < stack->size(); ++i) {
    (*stack)[i] = call.Return((*stack)[i]);
  }
}

at::Tensor Empty(at::IntArrayRef size, std::optional<at::ScalarType> type,
                 std::optional<at::Layout>, std::optional<at::Device>, std::optional<bool>,
                 std::optional<at::MemoryFormat> format) {
  return at::detail::empty_generic(size, Memory(), kKeys, type.value_or(at::kFloat), format);
}

at::Tensor EmptyStrided(at::IntArrayRef size, at::IntArrayRef stride,
                        std::optional<at::ScalarType> type, std::optional<at::Layout>,
                        std::optional<at::Device>, std::optional<bool>) {
  return at::detail::empty_strided_generic(size, stride, Memory(), kKeys,
                                           type.value_or(at::kFloat));
}

// What copy_ calls between devices, and within ours.
at::Tensor CopyFrom(const at::Tensor& from, const at::Tensor& to, bool) {
  OnCpu(to).copy_(OnCpu(from));
  return to;
}

at::Tensor Convolution(const at::Tensor& x, const at::Tensor& weight,
                       const std::optional<at::Tensor>& bias, at::IntArrayRef stride,
                       at::IntArrayRef padding, at::IntArrayRef dilation, bool transposed,
                       at::IntArrayRef output_padding, int64_t groups) {
  CHECK(IsOnSecondDevice(x) && IsOnSecondDevice(weight));
  const std::optional<at::Tensor> host_bias =
      bias.has_value() ? std::optional(OnCpu(*bias)) : std::nullopt;
  return OnSecondDevice(at::convolution(OnCpu(x), OnCpu(weight), host_bias, stride, padding,
                                        dilation, transposed, output_padding, groups));
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> ConvolutionBackward(
    const at::Tensor& upstream, const at::Tensor& x, const at::Tensor& weight,
    at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation, bool transposed,
    at::IntArrayRef output_padding, int64_t groups, std::array<bool, 3> wanted) {
  const std::vector<int64_t> bias = {transposed ? weight.size(1) * groups : weight.size(0)};
  auto [of_x, of_weight, of_bias] = at::convolution_backward(
      OnCpu(upstream), OnCpu(x), OnCpu(weight), at::IntArrayRef(bias), stride, padding, dilation,
      transposed, output_padding, groups, wanted);
  return {OnSecondDevice(of_x), OnSecondDevice(of_weight), OnSecondDevice(of_bias)};
}

TORCH_LIBRARY_IMPL(_, PrivateUse1, library) {
  library.fallback(torch::CppFunction::makeFromBoxedFunction<&ComputeOnCpu>());
}

TORCH_LIBRARY_IMPL(aten, PrivateUse1, library) {
  library.impl("empty.memory_format", &Empty);
  library.impl("empty_strided", &EmptyStrided);
  library.impl("_copy_from", &CopyFrom);
  library.impl("_copy_from_and_resize", [](const at::Tensor& from, const at::Tensor& to) {
    return CopyFrom(from, to, false);
  });
  library.impl("as_strided", &at::native::as_strided_tensorimpl);
  library.impl("view", &at::native::view);
  library.impl("_reshape_alias", &at::native::_reshape_alias);
  // A module's parameters may be moved here in place, as they may to a GPU.
  library.impl("_has_compatible_shallow_copy_type",
               [](const at::Tensor&, const at::Tensor&) { return true; });
  library.impl("convolution_overrideable", &Convolution);
  library.impl("convolution_backward_overrideable", &ConvolutionBackward);
}

C10_REGISTER_GUARD_IMPL(PrivateUse1, Guard);

}  // namespace

at::Device SecondDevice() {
  static const bool registered = [] {
    c10::register_privateuse1_backend("second");
    at::RegisterPrivateUse1HooksInterface(new Hooks());
    c10::SetAllocator(kType, Memory());
    return true;
  }();
  (void)registered;
  return at::Device(kType, 0);
}

std::vector<std::string> TakeMixedOperators() {
  const std::lock_guard<std::mutex> lock(mutex);
  std::vector<std::string> names(mixed.begin(), mixed.end());
  mixed.clear();
  return names;
}

int64_t OperatorsOnSecondDevice() { return operators; }

}  // namespace dfkd
