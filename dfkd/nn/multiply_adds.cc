#include "dfkd/nn/multiply_adds.h"

#include <ATen/core/Tensor.h>
#include <ATen/record_function.h>

#include <memory>
#include <string>

namespace dfkd {
namespace {

thread_local int64_t counted = 0;
thread_local int depth = 0;  // of calls that count, within each other

// Multiply-adds a number of the result takes; 0 for what is not counted.
int64_t PerResult(const std::string& name, c10::ArrayRef<const c10::IValue> inputs) {
  const auto size = [&](size_t input, int64_t dim) {
    return inputs.size() > input && inputs[input].isTensor() ? inputs[input].toTensor().size(dim)
                                                             : int64_t{0};
  };
  if (name == "aten::conv2d" && inputs.size() > 1 && inputs[1].isTensor()) {
    const at::Tensor& weight = inputs[1].toTensor();  // [out, in / groups, k, k]
    return weight.numel() / weight.size(0);
  }
  if (name == "aten::linear") return size(1, 1);
  if (name == "aten::matmul") return size(0, -1);
  // q [N, heads, L, d], k [N, heads, S, d]: S products of d for a row of the weights, S more for
  // each of the d results.
  if (name == "aten::scaled_dot_product_attention") return 2 * size(1, 2);
  return 0;
}

struct Call : at::ObserverContext {
  explicit Call(int64_t per_result) : per_result(per_result) {
    if (per_result > 0) ++depth;
  }
  ~Call() override {
    if (per_result > 0) --depth;
  }
  int64_t per_result;
};

std::unique_ptr<at::ObserverContext> OnStart(const at::RecordFunction& function) {
  return std::make_unique<Call>(PerResult(function.name(), function.inputs()));
}

// What a call is made of is counted with it.
void OnEnd(const at::RecordFunction& function, at::ObserverContext* context) {
  const int64_t per_result = static_cast<Call*>(context)->per_result;
  if (per_result == 0 || depth > 1) return;
  if (function.outputs().empty() || !function.outputs()[0].isTensor()) return;
  counted += per_result * function.outputs()[0].toTensor().numel();
}

}  // namespace

int64_t CountMultiplyAdds(absl::FunctionRef<void()> work) {
  counted = 0;
  const at::CallbackHandle handle =
      at::addThreadLocalCallback(at::RecordFunctionCallback(OnStart, OnEnd)
                                     .needsInputs(true)
                                     .needsOutputs(true)
                                     .scopes({at::RecordScope::FUNCTION}));
  work();
  at::removeCallback(handle);
  return counted;
}

}  // namespace dfkd
