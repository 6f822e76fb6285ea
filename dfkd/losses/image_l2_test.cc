#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "dfkd/losses/image_l2.pb.h"
#include "dfkd/losses/loss_testing.h"

namespace dfkd {
namespace {

ImageL2Config Config(ImageL2Config::Reduction reduction, ImageL2Config::Of of) {
  ImageL2Config config;
  config.set_reduction(reduction);
  config.set_of(of);
  return config;
}

TEST(ImageL2Test, EachReductionOfEitherImageAgreesWithPyTorch) {
  const struct {
    const char* name;
    ImageL2Config config;
  } cases[] = {
      {"image_l2.mean.input", ImageL2Config()},
      {"image_l2.batch.input", Config(ImageL2Config::BATCH, ImageL2Config::NETWORK_INPUT)},
      {"image_l2.mean.images", Config(ImageL2Config::MEAN_OVER_IMAGES, ImageL2Config::IMAGES)},
  };
  for (const auto& [name, config] : cases) {
    const ImageExample example;
    ExpectGolden(name, MakeLoss(config)->Compute(example.Input()), example);
  }
}

TEST(ImageL2Test, IsTheLengthOfAnImage) {
  // Two images of two pixels: |(3, 4)| = 5 and |(0, 12)| = 12; both together 13.
  LossInput input;
  input.network_input = at::tensor({3.0f, 4.0f, 0.0f, 12.0f}).view({2, 1, 1, 2});
  EXPECT_NEAR(MakeLoss(ImageL2Config())->Compute(input).item<double>(), 8.5, 1e-6);
  const auto batch = MakeLoss(Config(ImageL2Config::BATCH, ImageL2Config::NETWORK_INPUT));
  EXPECT_NEAR(batch->Compute(input).item<double>(), 13, 1e-6);
}

}  // namespace
}  // namespace dfkd
