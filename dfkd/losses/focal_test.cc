#include <ATen/TensorOperators.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>

#include "absl/strings/str_cat.h"
#include "dfkd/losses/cross_entropy.pb.h"
#include "dfkd/losses/focal.pb.h"
#include "dfkd/losses/loss_testing.h"

namespace dfkd {
namespace {

FocalConfig Gamma(double gamma) {
  FocalConfig config;
  config.set_gamma(gamma);
  return config;
}

// Six images' rows [6, 4] as two images of 3 x 1 pixels.
at::Tensor AsPixels(const at::Tensor& logits) {
  return logits.view({2, 3, 1, 4}).permute({0, 3, 1, 2});
}

LossInput OfStudent(const ModelOutput& student, const at::Tensor& labels) {
  LossInput input;
  input.student = &student;
  input.labels = labels;
  return input;
}

TEST(FocalTest, TeachersAndStudentsAgreeWithPyTorch) {
  for (const double gamma : {2.0, 0.5}) {
    const LogitExample of_student;
    ExpectGolden(absl::StrCat("focal.student.", gamma),
                 MakeLoss(Gamma(gamma))->Compute(of_student.Input()), of_student);
  }
  FocalConfig config;
  config.set_of(FocalConfig::TEACHER);
  const LogitExample of_teacher;
  ExpectGolden("focal.teacher", MakeLoss(config)->Compute(of_teacher.Input()), of_teacher);
}

TEST(FocalTest, EachPixelStandsInThePlaceOfAnImage) {
  const LogitExample example;
  const ModelOutput pixels = {AsPixels(example.student.logits), {}, {}};
  ExpectGolden("focal.student.2",
               MakeLoss(FocalConfig())->Compute(OfStudent(pixels, example.labels.view({2, 3, 1}))),
               example);
}

TEST(FocalTest, PixelsOfNoClassCostNothingAndCountInTheMean) {
  const LogitExample example;
  const ModelOutput pixels = {AsPixels(example.student.logits), {}, {}};
  const at::Tensor labels = at::tensor({0, 1, 2, 255, 255, 1}, at::kLong).view({2, 3, 1});
  ExpectGolden("focal.unlabelled", MakeLoss(FocalConfig())->Compute(OfStudent(pixels, labels)),
               example);
}

TEST(FocalTest, AnEasyImageCountsLessThanInCrossEntropy) {
  ModelOutput output;
  // Two classes; probabilities of the label: 0.9 and 0.5.
  output.logits = at::tensor({std::log(9.0f), 0.0f, 0.0f, 0.0f}).view({2, 2});
  const at::Tensor labels = at::tensor({0, 1}, at::kLong);
  // (0.1^2 * -ln 0.9 + 0.5^2 * -ln 0.5) / 2 = (0.00105361 + 0.17328680) / 2.
  EXPECT_NEAR(MakeLoss(FocalConfig())->Compute(OfStudent(output, labels)).item<double>(),
              0.08717020, 1e-6);
}

TEST(FocalTest, APowerOfZeroIsCrossEntropy) {
  CrossEntropyConfig cross_entropy;
  cross_entropy.set_of(CrossEntropyConfig::STUDENT);
  const LogitExample example;
  ExpectGolden("cross_entropy.student", MakeLoss(Gamma(0))->Compute(example.Input()), example);
  const LogitExample same;
  EXPECT_NEAR(MakeLoss(Gamma(0))->Compute(same.Input()).item<double>(),
              MakeLoss(cross_entropy)->Compute(same.Input()).item<double>(), 1e-6);
}

// d (1 - p)^gamma grows without bound towards p = 1 where gamma is below 1.
TEST(FocalTest, CertaintyAndPixelsOfNoClassHaveFiniteGradientsAtEachPower) {
  for (const double gamma : {0.0, 0.5, 1.0, 2.0}) {
    const at::Tensor logits =
        at::tensor({100.0f, 0.0f, -100.0f, 0.0f, 0.0f, 0.0f}).view({1, 3, 2}).requires_grad_();
    const ModelOutput output = {logits.transpose(1, 2).unsqueeze(3), {}, {}};
    // Certain and right, certain and wrong, of no class.
    const at::Tensor labels = at::tensor({0, 0, 255}, at::kLong).view({1, 3, 1});
    const at::Tensor value = MakeLoss(Gamma(gamma))->Compute(OfStudent(output, labels));
    value.backward();
    EXPECT_TRUE(at::isfinite(logits.grad()).all().item<bool>()) << gamma;
    // 100 for the wrong one, 0 for the others.
    EXPECT_NEAR(value.item<double>(), 100.0 / 3, 1e-4) << gamma;
    EXPECT_EQ(logits.grad()[0][2].abs().max().item<double>(), 0) << gamma;
  }
}

TEST(FocalTest, NeedsLabelsAndTheModelThatItLooksAt) {
  FocalConfig config;
  google::protobuf::Any any;
  any.PackFrom(config);
  Capabilities needs = Registry<Loss>::Get().GetContract(any, "losses[0]")->needs;
  EXPECT_TRUE(needs.Has(Capability::kLabels));
  EXPECT_TRUE(needs.Has(Capability::kStudentOutput));
  EXPECT_FALSE(needs.Has(Capability::kTeacherOutput));
  config.set_of(FocalConfig::TEACHER);
  any.PackFrom(config);
  needs = Registry<Loss>::Get().GetContract(any, "losses[0]")->needs;
  EXPECT_TRUE(needs.Has(Capability::kTeacherOutput));
  EXPECT_FALSE(needs.Has(Capability::kStudentOutput));
}

}  // namespace
}  // namespace dfkd
