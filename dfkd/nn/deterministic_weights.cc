#include "dfkd/nn/deterministic_weights.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace dfkd {
namespace {

// murmur3's finalizer over a counter, in [0, 1).
double UniformAt(uint32_t index, uint32_t seed) {
  uint32_t x = (index + 1) * 2654435761u + seed * 40503u;
  x ^= x >> 16;
  x *= 0x85EBCA6Bu;
  x ^= x >> 13;
  x *= 0xC2B2AE35u;
  x ^= x >> 16;
  return x / 4294967296.0;
}

// What a parameter or buffer may hold, so that activations keep their size.
std::pair<double, double> ValueRange(const std::string& name, at::IntArrayRef shape) {
  if (absl::EndsWith(name, "running_var")) return {0.5, 1.5};
  if (absl::EndsWith(name, "running_mean") || absl::EndsWith(name, "bias")) return {-0.2, 0.2};
  if (shape.size() > 1) {
    const double bound =
        std::sqrt(6.0 / static_cast<double>(c10::multiply_integers(shape) / shape[0]));
    return {-bound, bound};
  }
  return {0.75, 1.25};
}

std::vector<NamedTensor> SortedState(const Module& module) {
  std::vector<NamedTensor> state = module.NamedState();
  std::sort(state.begin(), state.end(),
            [](const NamedTensor& a, const NamedTensor& b) { return a.name < b.name; });
  return state;
}

}  // namespace

at::Tensor DeterministicTensor(at::IntArrayRef shape, uint32_t seed, double low, double high) {
  at::Tensor tensor = at::empty(shape, at::kFloat);
  float* values = tensor.mutable_data_ptr<float>();
  for (int64_t i = 0; i < tensor.numel(); ++i) {
    values[i] = static_cast<float>(low + (high - low) * UniformAt(static_cast<uint32_t>(i), seed));
  }
  return tensor;
}

at::Tensor DeterministicEntry(const std::string& name, at::IntArrayRef shape, uint32_t seed) {
  const auto [low, high] = ValueRange(name, shape);
  return DeterministicTensor(shape, seed, low, high);
}

void FillDeterministically(const Module& module) {
  uint32_t seed = 0;
  for (const NamedTensor& entry : SortedState(module)) {
    if (!entry.tensor.is_floating_point()) continue;
    entry.tensor.detach().copy_(DeterministicEntry(entry.name, entry.tensor.sizes(), seed++));
  }
}

std::string NamesAndShapes(const Module& module) {
  std::string lines;
  for (const NamedTensor& entry : SortedState(module)) {
    absl::StrAppend(&lines, entry.name, ": [", absl::StrJoin(entry.tensor.sizes(), ", "), "]\n");
  }
  return lines;
}

}  // namespace dfkd
