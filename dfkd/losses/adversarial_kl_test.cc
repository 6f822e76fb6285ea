#include <ATen/ops/argmax.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "dfkd/losses/adversarial_kl.pb.h"
#include "dfkd/losses/loss_testing.h"

namespace dfkd {
namespace {

TEST(AdversarialKlTest, AgreesWithPyTorchMaskedAndNotAtBothTemperatures) {
  for (int temperature : {1, 3}) {
    AdversarialKlConfig config;
    config.set_temperature(temperature);
    const LogitExample masked;
    ExpectGolden(absl::StrCat("adversarial_kl.masked.", temperature),
                 MakeLoss(config)->Compute(masked.Input()), masked);
    config.set_masked(false);
    const LogitExample unmasked;
    ExpectGolden(absl::StrCat("adversarial_kl.unmasked.", temperature),
                 MakeLoss(config)->Compute(unmasked.Input()), unmasked);
  }
}

TEST(AdversarialKlTest, MaskedImagesGetNoGradientAndTheOthersDo) {
  const LogitExample example;
  const at::Tensor& mask = LossGoldens()["adversarial_kl.mask"];
  MakeLoss(AdversarialKlConfig())->Compute(example.Input()).backward();
  for (int64_t i = 0; i < 6; ++i) {
    const bool seen = mask[i].item<float>() == 1;
    EXPECT_EQ(example.student.logits.argmax(1)[i].item<int64_t>() ==
                  example.teacher.logits.argmax(1)[i].item<int64_t>(),
              seen);
    EXPECT_EQ(example.teacher.logits.grad()[i].abs().max().item<double>() > 0, seen) << i;
    EXPECT_EQ(example.student.logits.grad()[i].abs().max().item<double>() > 0, seen) << i;
  }
}

TEST(AdversarialKlTest, EqualDistributionsGiveZeroAndDifferentOnesLess) {
  LogitExample example;
  const auto loss = MakeLoss(AdversarialKlConfig());
  EXPECT_LT(loss->Compute(example.Input()).item<double>(), 0);
  example.student.logits = example.teacher.logits.detach().clone();
  EXPECT_EQ(loss->Compute(example.Input()).item<double>(), 0);
}

}  // namespace
}  // namespace dfkd
