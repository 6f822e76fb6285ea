#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>

#include "dfkd/losses/cross_entropy.pb.h"
#include "dfkd/losses/loss_testing.h"

namespace dfkd {
namespace {

TEST(CrossEntropyTest, TeachersAndStudentsAgreeWithPyTorch) {
  CrossEntropyConfig config;
  const LogitExample of_teacher;
  ExpectGolden("cross_entropy.teacher", MakeLoss(config)->Compute(of_teacher.Input()), of_teacher);
  config.set_of(CrossEntropyConfig::STUDENT);
  const LogitExample of_student;
  ExpectGolden("cross_entropy.student", MakeLoss(config)->Compute(of_student.Input()), of_student);
}

TEST(CrossEntropyTest, EqualLogitsCostTheLogarithmOfTheNumberOfClasses) {
  LogitExample example;
  example.teacher.logits = at::zeros({6, 4});
  EXPECT_NEAR(MakeLoss(CrossEntropyConfig())->Compute(example.Input()).item<double>(),
              std::log(4.0), 1e-6);
}

TEST(CrossEntropyTest, NeedsLabelsAndTheModelThatItLooksAt) {
  CrossEntropyConfig config;
  google::protobuf::Any any;
  any.PackFrom(config);
  Capabilities needs = Registry<Loss>::Get().GetContract(any, "losses[0]")->needs;
  EXPECT_TRUE(needs.Has(Capability::kLabels));
  EXPECT_TRUE(needs.Has(Capability::kTeacherOutput));
  EXPECT_FALSE(needs.Has(Capability::kStudentOutput));
  config.set_of(CrossEntropyConfig::STUDENT);
  any.PackFrom(config);
  needs = Registry<Loss>::Get().GetContract(any, "losses[0]")->needs;
  EXPECT_FALSE(needs.Has(Capability::kTeacherOutput));
  EXPECT_TRUE(needs.Has(Capability::kStudentOutput));
}

}  // namespace
}  // namespace dfkd
