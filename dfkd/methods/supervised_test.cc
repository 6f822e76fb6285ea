#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/full.h>
#include <ATen/ops/one_hot.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "dfkd/augmentations/normalizer.h"
#include "dfkd/core/random_stream.h"
#include "dfkd/core/testing.h"
#include "dfkd/methods/method_testing.h"
#include "dfkd/report/budget.h"
#include "dfkd/report/recorder.h"
#include "dfkd/train/student_stepper.h"

namespace dfkd {
namespace {

constexpr char kStudent[] = R"(
  student {
    model { config { [type.googleapis.com/dfkd.PlainSegmenterConfig] { widths: [ 4, 6 ] } } }
    optimizer { [type.googleapis.com/dfkd.SgdConfig] { learning_rate: 0.05 momentum: 0.9 } }
    batch_size: 6
    losses { config { [type.googleapis.com/dfkd.CrossEntropyConfig] { of: STUDENT } } }
    augmentations { [type.googleapis.com/dfkd.RandomCropConfig] { padding: 3 } }
    augmentations { [type.googleapis.com/dfkd.HorizontalFlipConfig] {} }
  }
  method { [type.googleapis.com/dfkd.SupervisedConfig] {} }
  train { epochs: 12 }
)";

// [count, 8, 8] uint8: the class of each pixel, of three, drawn by itself.
at::Tensor DrawMasks(int64_t count) {
  return RandomStream(5, "masks").Integers({count, 8, 8}, 0, 3).to(at::kByte);
}

// Grey of the pixel's class.
at::Tensor Pictures(const at::Tensor& masks) {
  return (masks.to(at::kFloat) * 0.4 + 0.1).unsqueeze(1).repeat({1, 3, 1, 1});
}

// Its logit is 20 at the class that a pixel's grey tells.
class Reader : public Model {
 public:
  Reader() : scale_(AddParameter("scale", at::full({1}, 20.0))) {}
  using Model::Forward;
  ModelOutput Forward(const at::Tensor& x, Taps&) override {
    const at::Tensor classes = ((x.select(1, 0) - 0.1) / 0.4).round().clamp(0, 2).to(at::kLong);
    ModelOutput output;
    output.logits = at::one_hot(classes, 3).permute({0, 3, 1, 2}).to(at::kFloat) * scale_;
    return output;
  }
  at::Tensor ClassifierWeight() const override { return {}; }
  at::Tensor ClassifierBias() const override { return {}; }

 private:
  at::Tensor scale_;
};

TEST(SupervisedTest, WhatIsDoneToAPictureIsDoneToItsMask) {
  const Experiment experiment = ParseExperiment(kStudent);
  TeacherCard card;
  for (const char* name : {"a", "b", "c"}) card.add_class_name(name);
  for (int channel = 0; channel < 3; ++channel) {
    card.mutable_normalization()->add_mean(0);
    card.mutable_normalization()->add_std(1);
  }
  card.set_channels(3);
  Reader student;
  RandomStreams streams(0);
  RoundMeans means;
  Budget budget;
  ASSERT_OK_AND_ASSIGN(const Normalizer normalizer,
                       Normalizer::Create(card.normalization(), 3, at::kCPU));
  StudentStepperContext context;
  context.student = &student;
  context.normalizer = &normalizer;
  context.streams = &streams;
  context.means = &means;
  context.budget = &budget;
  context.card = &card;
  context.epochs = 1;
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<StudentStepper> stepper,
                       StudentStepper::Create(experiment.student(), context));
  const at::Tensor masks = DrawMasks(40);
  // Pixels of no class are told apart from the others by nobody.
  at::Tensor partly = masks.clone();
  partly.narrow(1, 0, 2).fill_(255);
  ASSERT_OK(stepper->Step(Pictures(masks), partly));
  // Every pixel that counts is told right: log(1 + 2 e^-20). What crops bring in is of no class,
  // or the loss would be some 20 for every third of those pixels.
  EXPECT_NEAR(means.Take()["loss_student_cross_entropy"], 0, 1e-4);
}

TEST(SupervisedTest, LearnsTheClassesOfPixels) {
  class Masked : public Dataset {
   public:
    const TeacherCard& card() const override { return card_; }
    const Split* split(SplitName name) const override {
      return name == SplitName::kTrain ? &train_ : nullptr;
    }

   private:
    const TeacherCard card_;
    const at::Tensor masks_ = DrawMasks(24).narrow(1, 0, 8);
    // Classes come in blocks, which a map of half the size can tell.
    const MemorySplit train_{Pictures(Blocks()), at::full({24}, -1, at::kLong), Blocks()};

    at::Tensor Blocks() const {
      return masks_.slice(1, 0, 8, 4)
          .slice(2, 0, 8, 4)
          .repeat_interleave(4, 1)
          .repeat_interleave(4, 2);
    }
  };
  MethodHarness harness(ParseExperiment(kStudent), std::make_unique<Masked>());
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Method> method, harness.Create());
  double first = 0, last = 0;
  for (int64_t round = 0; round < method->rounds(); ++round) {
    ASSERT_OK(method->Round(round));
    last = harness.means().Take()["loss_student_cross_entropy"];
    if (round == 0) first = last;
  }
  EXPECT_LT(last, 0.5 * first);
}

}  // namespace
}  // namespace dfkd
