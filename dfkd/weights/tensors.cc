#include "dfkd/weights/tensors.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <glog/logging.h>

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "dfkd/weights/safetensors.h"
#include "dfkd/weights/tensor_record.h"

namespace dfkd {
namespace {

constexpr std::pair<DType, at::ScalarType> kTypes[] = {
    {DType::kBool, at::kBool},     {DType::kU8, at::kByte},    {DType::kI8, at::kChar},
    {DType::kI16, at::kShort},     {DType::kU16, at::kUInt16}, {DType::kF16, at::kHalf},
    {DType::kBF16, at::kBFloat16}, {DType::kI32, at::kInt},    {DType::kU32, at::kUInt32},
    {DType::kF32, at::kFloat},     {DType::kF64, at::kDouble}, {DType::kI64, at::kLong},
    {DType::kU64, at::kUInt64},
};

at::ScalarType ScalarTypeOf(DType dtype) {
  for (const auto& [ours, theirs] : kTypes) {
    if (ours == dtype) return theirs;
  }
  LOG(FATAL) << "no ScalarType for " << NameOf(dtype);
}

}  // namespace

DType DTypeOf(const at::Tensor& tensor) {
  for (const auto& [ours, theirs] : kTypes) {
    if (theirs == tensor.scalar_type()) return ours;
  }
  LOG(FATAL) << "safetensors has no type for " << c10::toString(tensor.scalar_type());
}

at::Tensor MakeTensor(const TensorRecord& record) {
  at::Tensor tensor = at::empty(record.sizes, ScalarTypeOf(record.dtype));
  if (record.dtype == DType::kBool) {
    // Any byte but zero is true; a bool that holds another is undefined behaviour.
    std::string bytes(record.elements(), '\0');
    CopyElements(record, bytes.data());
    bool* const out = tensor.mutable_data_ptr<bool>();
    for (size_t i = 0; i < bytes.size(); ++i) out[i] = bytes[i] != 0;
  } else if (tensor.numel() > 0) {
    CopyElements(record, static_cast<char*>(tensor.mutable_data_ptr()));
  }
  return tensor;
}

absl::string_view BytesOf(const at::Tensor& tensor) {
  CHECK(tensor.is_contiguous() && tensor.is_cpu());
  return {static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes()};
}

SafetensorsContent::SafetensorsContent(const TensorList& tensors,
                                       const std::map<std::string, std::string>& metadata) {
  std::vector<TensorSpec> specs;
  std::set<absl::string_view> names;
  for (const auto& [name, tensor] : tensors) {
    CHECK(names.insert(name).second) << "two tensors are named " << name;
    specs.push_back({name, DTypeOf(tensor), tensor.sizes().vec()});
  }
  SafetensorsLayout layout = LayOutSafetensors(specs, metadata);
  header_ = std::move(layout.header);
  pieces_.push_back(header_);
  for (const size_t i : layout.order) {
    tensors_.push_back(tensors[i].second.detach().cpu().contiguous());
    pieces_.push_back(BytesOf(tensors_.back()));
  }
}

}  // namespace dfkd
