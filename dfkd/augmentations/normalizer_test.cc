#include "dfkd/augmentations/normalizer.h"

#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>

#include "dfkd/augmentations/augmentation_testing.h"
#include "dfkd/core/testing.h"

namespace dfkd {
namespace {

Normalization Statistics(const at::Tensor& mean, const at::Tensor& std) {
  Normalization statistics;
  for (int64_t c = 0; c < mean.size(0); ++c) {
    statistics.add_mean(mean[c].item<float>());
    statistics.add_std(std[c].item<float>());
  }
  return statistics;
}

TEST(Normalizer, EqualsPyTorch) {
  const Golden& golden = AugmentationGoldens();
  ASSERT_OK_AND_ASSIGN(const Normalizer normalizer,
                       Normalizer::Create(Statistics(golden["mean"], golden["std"]), 3, at::kCPU));
  for (const auto layout : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
    at::Tensor x = golden["x"].contiguous(layout).clone().requires_grad_();
    const at::Tensor out = normalizer.Apply(x);
    EXPECT_LE(MaxDifference(out, golden["normalize"]), 1e-6);
    EXPECT_TRUE(out.is_contiguous(layout));
    out.backward(golden["upstream"]);
    EXPECT_LE(MaxDifference(x.grad(), golden["normalize_gradient"]), 1e-5);
  }
}

TEST(Normalizer, InvertsItself) {
  const Golden& golden = AugmentationGoldens();
  ASSERT_OK_AND_ASSIGN(const Normalizer normalizer,
                       Normalizer::Create(Statistics(golden["mean"], golden["std"]), 3, at::kCPU));
  at::Tensor y = golden["normalize"].clone().requires_grad_();
  const at::Tensor x = normalizer.Invert(y);
  EXPECT_LE(MaxDifference(x, golden["x"]), 1e-6);
  x.sum().backward();
  EXPECT_LE(MaxDifference(y.grad(), golden["std"].view({1, 3, 1, 1}).expand_as(y)), 1e-6);
}

TEST(Normalizer, ListsWhatItMakesOfEachByte) {
  const Golden& golden = AugmentationGoldens();
  ASSERT_OK_AND_ASSIGN(const Normalizer normalizer,
                       Normalizer::Create(Statistics(golden["mean"], golden["std"]), 3, at::kCPU));
  const at::Tensor levels = normalizer.ByteLevels();
  for (int64_t c = 0; c < 3; ++c) {
    const double mean = golden["mean"][c].item<double>(), std = golden["std"][c].item<double>();
    for (const int64_t byte : {0, 1, 127, 255}) {
      EXPECT_NEAR(levels[c][byte].item<double>(), (static_cast<double>(byte) / 255 - mean) / std,
                  1e-6);
    }
  }
}

TEST(Normalizer, WantsOneMeanAndDeviationPerChannel) {
  Normalization statistics;
  statistics.add_mean(0.5);
  EXPECT_THAT(Normalizer::Create(statistics, 3, at::kCPU),
              StatusMessageIs("normalization has 1 means and 0 deviations; must be one of each per "
                              "channel (3)"));
}

TEST(Normalizer, RefusesADeviationOfZero) {
  Normalization statistics;
  statistics.add_mean(0.5);
  statistics.add_std(0);
  EXPECT_THAT(Normalizer::Create(statistics, 1, at::kCPU),
              StatusMessageIs("normalization.std[0] is 0; must be greater than 0"));
}

}  // namespace
}  // namespace dfkd
