#include <gtest/gtest.h>

#include "dfkd/losses/jensen_shannon.pb.h"
#include "dfkd/losses/loss_testing.h"

namespace dfkd {
namespace {

JensenShannonConfig Config(JensenShannonConfig::Form form, double temperature = 3) {
  JensenShannonConfig config;
  config.set_form(form);
  config.set_temperature(temperature);
  return config;
}

TEST(JensenShannonTest, EachFormAgreesWithPyTorch) {
  const struct {
    const char* name;
    JensenShannonConfig config;
  } cases[] = {
      {"jensen_shannon.one_minus", JensenShannonConfig()},
      {"jensen_shannon.negative", Config(JensenShannonConfig::NEGATIVE)},
      // So cold that some probabilities are limited, which ends their gradient.
      {"jensen_shannon.limited", Config(JensenShannonConfig::NEGATIVE, 0.5)},
  };
  for (const auto& [name, config] : cases) {
    const LogitExample example;
    ExpectGolden(name, MakeLoss(config)->Compute(example.Input()), example);
  }
}

TEST(JensenShannonTest, IsOneWithoutSlopeWhereTheTwoAgree) {
  LogitExample example;
  example.student.logits = example.teacher.logits.detach().clone().requires_grad_();
  const at::Tensor value = MakeLoss(JensenShannonConfig())->Compute(example.Input());
  EXPECT_NEAR(value.item<double>(), 1, 1e-6);
  value.backward();
  EXPECT_LT(example.student.logits.grad().abs().max().item<double>(), 1e-6);
}

}  // namespace
}  // namespace dfkd
