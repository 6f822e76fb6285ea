#include "dfkd/encoders/named_tensors.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "dfkd/core/status.h"

namespace dfkd {
namespace {

constexpr size_t kListed = 5;

std::string ShapeText(at::IntArrayRef shape) {
  return absl::StrCat("[", absl::StrJoin(shape, ", "), "]");
}

}  // namespace

NamedTensors::NamedTensors(const WeightFile& file, absl::string_view path,
                           absl::string_view optional_prefix)
    : path_(path) {
  for (const NamedTensor& entry : file.tensors) {
    tensors_.emplace(absl::StripPrefix(entry.name, optional_prefix), entry.tensor);
  }
}

at::Tensor NamedTensors::Take(absl::string_view name, at::IntArrayRef shape) {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) {
    problems_.push_back(absl::StrCat(name, " ", ShapeText(shape), " is missing"));
    return {};
  }
  const at::Tensor& tensor = found->second;
  if (tensor.sizes() != shape) {
    problems_.push_back(
        absl::StrCat(name, " is ", ShapeText(tensor.sizes()), ", must be ", ShapeText(shape)));
    return {};
  }
  if (!tensor.is_floating_point()) {
    problems_.push_back(absl::StrCat(name, " does not hold floating-point numbers"));
    return {};
  }
  return tensor.to(at::kFloat);
}

absl::Status NamedTensors::status() const {
  if (problems_.empty()) return absl::OkStatus();
  const auto end = problems_.begin() + std::min(kListed, problems_.size());
  std::string message = absl::StrCat(path_, ": ", absl::StrJoin(problems_.begin(), end, "; "));
  if (problems_.size() > kListed) {
    absl::StrAppend(&message, "; and ", problems_.size() - kListed, " more");
  }
  return InputFileError(message);
}

}  // namespace dfkd
