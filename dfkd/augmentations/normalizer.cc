#include "dfkd/augmentations/normalizer.h"

#include <ATen/ops/addcmul.h>
#include <ATen/ops/tensor.h>

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/status.h"

namespace dfkd {

absl::StatusOr<Normalizer> Normalizer::Create(const Normalization& normalization, int64_t channels,
                                              at::Device device) {
  if (channels < 1 || normalization.mean_size() != channels ||
      normalization.std_size() != channels) {
    return ConfigError(absl::StrCat(
        "normalization has ", normalization.mean_size(), " means and ", normalization.std_size(),
        " deviations; must be one of each per channel (", channels, ")"));
  }
  std::vector<float> scale, shift;
  for (int c = 0; c < channels; ++c) {
    const double mean = normalization.mean(c), std = normalization.std(c);
    if (!(std > 0)) {
      return ConfigError(
          absl::StrCat("normalization.std[", c, "] is ", std, "; must be greater than 0"));
    }
    scale.push_back(static_cast<float>(1 / std));
    shift.push_back(static_cast<float>(-mean / std));
  }
  const auto per_channel = [&](const std::vector<float>& values) {
    return at::tensor(values).view({1, channels, 1, 1}).to(device);
  };
  return Normalizer(per_channel(scale), per_channel(shift));
}

Normalizer::Normalizer(at::Tensor scale, at::Tensor shift)
    : scale_(std::move(scale)), shift_(std::move(shift)) {}

at::Tensor Normalizer::Apply(const at::Tensor& x) const { return at::addcmul(shift_, x, scale_); }

}  // namespace dfkd
