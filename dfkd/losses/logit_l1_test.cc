#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "dfkd/losses/logit_l1.pb.h"
#include "dfkd/losses/loss_testing.h"

namespace dfkd {
namespace {

TEST(LogitL1Test, AgreesWithPyTorch) {
  const LogitExample plain;
  ExpectGolden("logit_l1.plain", MakeLoss(LogitL1Config())->Compute(plain.Input()), plain);
  LogitL1Config config;
  config.set_logarithm(true);
  const LogitExample logarithm;
  ExpectGolden("logit_l1.logarithm", MakeLoss(config)->Compute(logarithm.Input()), logarithm);
}

TEST(LogitL1Test, IsTheMeanAbsoluteDifference) {
  ModelOutput teacher, student;
  teacher.logits = at::tensor({1.0f, 2.0f, 3.0f, 4.0f}).view({2, 2});
  student.logits = at::tensor({1.0f, 0.0f, 4.0f, 9.0f}).view({2, 2});
  LossInput input;
  input.teacher = &teacher;
  input.student = &student;
  // (0 + 2 + 1 + 5) / 4 = 2; log(1 + 2) = 1.0986.
  EXPECT_NEAR(MakeLoss(LogitL1Config())->Compute(input).item<double>(), 2, 1e-6);
  LogitL1Config config;
  config.set_logarithm(true);
  EXPECT_NEAR(MakeLoss(config)->Compute(input).item<double>(), 1.0986123, 1e-6);
}

}  // namespace
}  // namespace dfkd
