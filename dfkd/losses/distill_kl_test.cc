#include <gtest/gtest.h>

#include "dfkd/core/testing.h"
#include "dfkd/losses/distill_kl.pb.h"
#include "dfkd/losses/loss_testing.h"

namespace dfkd {
namespace {

TEST(DistillKlTest, EachReductionAndScaleAgreesWithPyTorch) {
  const LogitExample by_default;
  ExpectGolden("distill_kl.batch_mean", MakeLoss(DistillKlConfig())->Compute(by_default.Input()),
               by_default);
  DistillKlConfig element_mean;
  element_mean.set_reduction(DistillKlConfig::ELEMENT_MEAN);
  const LogitExample second;
  ExpectGolden("distill_kl.element_mean", MakeLoss(element_mean)->Compute(second.Input()), second);
  DistillKlConfig unscaled;
  unscaled.set_scale_by_squared_temperature(false);
  const LogitExample third;
  ExpectGolden("distill_kl.unscaled", MakeLoss(unscaled)->Compute(third.Input()), third);
}

TEST(DistillKlTest, IsZeroWithoutGradientWhereTheStudentAgrees) {
  LogitExample example;
  example.student.logits = example.teacher.logits.detach().clone().requires_grad_();
  const at::Tensor value = MakeLoss(DistillKlConfig())->Compute(example.Input());
  EXPECT_EQ(value.item<double>(), 0);
  value.backward();
  EXPECT_LT(example.student.logits.grad().abs().max().item<double>(), 1e-5);
}

TEST(DistillKlTest, ReachesTheStudentWithTheTeacherFrozen) {
  LogitExample example;
  example.teacher.logits = example.teacher.logits.detach();
  MakeLoss(DistillKlConfig())->Compute(example.Input()).backward();
  EXPECT_GT(example.student.logits.grad().abs().max().item<double>(), 0.01);
}

TEST(DistillKlTest, RefusesATemperatureOfZero) {
  DistillKlConfig config;
  config.set_temperature(0);
  google::protobuf::Any any;
  any.PackFrom(config);
  EXPECT_THAT(Registry<Loss>::Get().Create(any, LossContext{4}, "student.losses[0]"),
              StatusMessageHas("student.losses[0].DistillKlConfig.temperature is 0; must be in "
                               "(0, 1000]"));
}

}  // namespace
}  // namespace dfkd
