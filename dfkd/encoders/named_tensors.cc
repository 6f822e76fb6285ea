#include "dfkd/encoders/named_tensors.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "dfkd/core/status.h"

namespace dfkd {
namespace {

constexpr size_t kListed = 5;

// -1 stands for any size.
std::string ShapeText(at::IntArrayRef shape) {
  const std::string sizes = absl::StrJoin(shape, ", ", [](std::string* text, int64_t size) {
    absl::StrAppend(text, size < 0 ? "?" : absl::StrCat(size));
  });
  return absl::StrCat("[", sizes, "]");
}

}  // namespace

NamedTensors::NamedTensors(const WeightFile& file, absl::string_view path,
                           absl::string_view optional_prefix)
    : path_(path) {
  for (const NamedTensor& entry : file.tensors) {
    tensors_.emplace(absl::StripPrefix(entry.name, optional_prefix), entry.tensor);
  }
}

const at::Tensor* NamedTensors::Find(absl::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

at::Tensor NamedTensors::Take(absl::string_view name, at::IntArrayRef shape) {
  const at::Tensor* found = Find(name);
  if (found == nullptr) {
    problems_.push_back(absl::StrCat(name, " ", ShapeText(shape), " is missing"));
    return {};
  }
  const at::Tensor& tensor = *found;
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
