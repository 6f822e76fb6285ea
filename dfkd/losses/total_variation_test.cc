#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include "dfkd/losses/loss_testing.h"
#include "dfkd/losses/total_variation.pb.h"

namespace dfkd {
namespace {

TotalVariationConfig Config(TotalVariationConfig::Norm norm, TotalVariationConfig::Of of) {
  TotalVariationConfig config;
  config.set_norm(norm);
  config.set_of(of);
  return config;
}

TEST(TotalVariationTest, EachNormOfEitherImageAgreesWithPyTorch) {
  const struct {
    const char* name;
    TotalVariationConfig config;
  } cases[] = {
      {"total_variation.l1.input",
       Config(TotalVariationConfig::L1, TotalVariationConfig::NETWORK_INPUT)},
      {"total_variation.l2.input", TotalVariationConfig()},
      {"total_variation.l1.images", Config(TotalVariationConfig::L1, TotalVariationConfig::IMAGES)},
      {"total_variation.l2.images", Config(TotalVariationConfig::L2, TotalVariationConfig::IMAGES)},
  };
  for (const auto& [name, config] : cases) {
    const ImageExample example;
    ExpectGolden(name, MakeLoss(config)->Compute(example.Input()), example);
  }
}

TEST(TotalVariationTest, AddsUpTheFourDirections) {
  // [[1, 2], [3, 4]]: right 1, 1; below 2, 2; below on the left 3 - 2 = 1; on the right 4 - 1 = 3.
  LossInput input;
  input.images = at::arange(1, 5, at::kFloat).view({1, 1, 2, 2});
  const auto l1 = MakeLoss(Config(TotalVariationConfig::L1, TotalVariationConfig::IMAGES));
  EXPECT_NEAR(l1->Compute(input).item<double>(), 1 + 2 + 1 + 3, 1e-6);
  // Norms sqrt(2), sqrt(8), 1 and 3.
  const auto l2 = MakeLoss(Config(TotalVariationConfig::L2, TotalVariationConfig::IMAGES));
  EXPECT_NEAR(l2->Compute(input).item<double>(), 1.414214 + 2.828427 + 1 + 3, 1e-5);
}

TEST(TotalVariationTest, IsZeroAndSmoothOnAPlainImage) {
  LossInput input;
  input.network_input = at::full({2, 3, 4, 4}, 0.7).requires_grad_();
  const at::Tensor value = MakeLoss(TotalVariationConfig())->Compute(input);
  EXPECT_EQ(value.item<double>(), 0);
  value.backward();
  EXPECT_EQ(input.network_input.grad().abs().max().item<double>(), 0);
}

}  // namespace
}  // namespace dfkd
