// Logits of pixels [N, K, H, W]: each pixel stands in the place of an image.
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "dfkd/losses/adversarial_kl.pb.h"
#include "dfkd/losses/cross_entropy.pb.h"
#include "dfkd/losses/distill_kl.pb.h"
#include "dfkd/losses/jensen_shannon.pb.h"
#include "dfkd/losses/logit_l1.pb.h"
#include "dfkd/losses/loss_testing.h"

namespace dfkd {
namespace {

// Six images' rows [6, 4] as two images of 3 x 1 pixels.
at::Tensor AsPixels(const at::Tensor& logits) {
  return logits.view({2, 3, 1, 4}).permute({0, 3, 1, 2});
}

// The six images' golden, of the same numbers as pixels.
void ExpectGoldenOfPixels(const std::string& name, const google::protobuf::Message& config) {
  const LogitExample example;
  const ModelOutput teacher = {AsPixels(example.teacher.logits), {}, {}};
  const ModelOutput student = {AsPixels(example.student.logits), {}, {}};
  LossInput input;
  input.teacher = &teacher;
  input.student = &student;
  input.labels = example.labels.view({2, 3, 1});
  ExpectGolden(name, MakeLoss(config)->Compute(input), example);
}

TEST(PixelLogitsTest, EachPixelStandsInThePlaceOfAnImage) {
  ExpectGoldenOfPixels("adversarial_kl.masked.1", AdversarialKlConfig());
  ExpectGoldenOfPixels("distill_kl.batch_mean", DistillKlConfig());
  DistillKlConfig element_mean;
  element_mean.set_reduction(DistillKlConfig::ELEMENT_MEAN);
  ExpectGoldenOfPixels("distill_kl.element_mean", element_mean);
  ExpectGoldenOfPixels("logit_l1.plain", LogitL1Config());
  LogitL1Config logarithm;
  logarithm.set_logarithm(true);
  ExpectGoldenOfPixels("logit_l1.logarithm", logarithm);
  ExpectGoldenOfPixels("jensen_shannon.one_minus", JensenShannonConfig());
  CrossEntropyConfig cross_entropy;
  cross_entropy.set_of(CrossEntropyConfig::STUDENT);
  ExpectGoldenOfPixels("cross_entropy.student", cross_entropy);
}

TEST(PixelLogitsTest, CrossEntropyLeavesOutPixelsOfNoClass) {
  CrossEntropyConfig config;
  const LogitExample example;
  const ModelOutput pixels = {AsPixels(example.teacher.logits), {}, {}};
  LossInput input;
  input.teacher = &pixels;
  input.labels = at::tensor({0, 1, 2, 255, 255, 1}, at::kLong).view({2, 3, 1});
  // The same over the four images whose labels these are.
  const at::Tensor& logits = example.teacher.logits;
  const ModelOutput images = {at::cat({logits.narrow(0, 0, 3), logits.narrow(0, 5, 1)}), {}, {}};
  LossInput expected;
  expected.teacher = &images;
  expected.labels = at::tensor({0, 1, 2, 1}, at::kLong);
  const auto loss = MakeLoss(config);
  EXPECT_NEAR(loss->Compute(input).item<double>(), loss->Compute(expected).item<double>(), 1e-6);
}

// Of images, 255 is a class like any other.
TEST(PixelLogitsTest, AnImagesLabelIsNeverLeftOut) {
  const ModelOutput output = {at::tensor({0.0f}).expand({2, 300}), {}, {}};
  LossInput input;
  input.teacher = &output;
  input.labels = at::tensor({255, 255}, at::kLong);
  EXPECT_NEAR(MakeLoss(CrossEntropyConfig())->Compute(input).item<double>(), std::log(300.0), 1e-5);
}

}  // namespace
}  // namespace dfkd
