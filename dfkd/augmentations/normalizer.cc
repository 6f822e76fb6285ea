#include "dfkd/augmentations/normalizer.h"

#include <ATen/ops/addcmul.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/tensor.h>

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
  std::vector<float> scale, shift, stds, means;
  for (int c = 0; c < channels; ++c) {
    const double mean = normalization.mean(c), std = normalization.std(c);
    if (!(std > 0)) {
      return ConfigError(
          absl::StrCat("normalization.std[", c, "] is ", std, "; must be greater than 0"));
    }
    scale.push_back(static_cast<float>(1 / std));
    shift.push_back(static_cast<float>(-mean / std));
    stds.push_back(static_cast<float>(std));
    means.push_back(static_cast<float>(mean));
  }
  const auto per_channel = [&](const std::vector<float>& values) {
    return at::tensor(values).view({1, channels, 1, 1}).to(device);
  };
  Normalizer normalizer;
  normalizer.scale_ = per_channel(scale);
  normalizer.shift_ = per_channel(shift);
  normalizer.std_ = per_channel(stds);
  normalizer.mean_ = per_channel(means);
  return normalizer;
}

at::Tensor Normalizer::Apply(const at::Tensor& x) const { return at::addcmul(shift_, x, scale_); }

at::Tensor Normalizer::Invert(const at::Tensor& y) const { return at::addcmul(mean_, y, std_); }

at::Tensor Normalizer::ByteLevels() const {
  const at::Tensor bytes = at::arange(256, scale_.options()).mul_(1.0 / 255);
  return Apply(bytes.view({1, 1, 1, 256})).view({-1, 256}).contiguous();
}

}  // namespace dfkd
