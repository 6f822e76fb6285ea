#include "dfkd/testing/golden.h"

#include <cmath>
#include <limits>
#include <utility>

#include "dfkd/weights/weights.h"
#include "glog/logging.h"

namespace dfkd {

Golden::Golden(const std::string& path) : path_(path) {
  absl::StatusOr<WeightFile> file = ReadWeights(path);
  CHECK(file.ok()) << file.status();
  for (NamedTensor& tensor : file->tensors) {
    tensors_.emplace(std::move(tensor.name), std::move(tensor.tensor));
  }
}

const at::Tensor& Golden::operator[](const std::string& name) const {
  const auto it = tensors_.find(name);
  CHECK(it != tensors_.end()) << path_ << " has no tensor " << name;
  return it->second;
}

double MaxDifference(const at::Tensor& a, const at::Tensor& b) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (a.sizes() != b.sizes()) return kInfinity;
  if (a.numel() == 0) return 0;
  const at::Tensor difference = a.detach().to(at::kDouble).sub(b.detach().to(at::kDouble));
  const double largest = difference.abs().max().item<double>();
  return std::isnan(largest) ? kInfinity : largest;
}

}  // namespace dfkd
