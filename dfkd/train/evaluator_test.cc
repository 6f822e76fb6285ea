#include "dfkd/train/evaluator.h"

#include <ATen/ops/full.h>
#include <ATen/ops/one_hot.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "dfkd/core/testing.h"

namespace dfkd {
namespace {

using ::testing::Contains;
using ::testing::DoubleEq;
using ::testing::Optional;
using ::testing::Pair;

// Names one and the same class for every image.
class Stubborn : public Model {
 public:
  explicit Stubborn(int64_t answer) {
    answer_ = AddBuffer("answer", at::full({1}, answer, at::kLong));
  }

  using Model::Forward;
  ModelOutput Forward(const at::Tensor& x, Taps&) override {
    ModelOutput output;
    output.logits = at::one_hot(answer_.expand({x.size(0)}), 10).to(at::kFloat);
    return output;
  }
  at::Tensor ClassifierWeight() const override { return {}; }
  at::Tensor ClassifierBias() const override { return {}; }

 private:
  at::Tensor answer_;
};

// Of the four test images one is of class 0, two are of class 1 and one of class 2; of the
// validation images three are of class 2.
class FourAndFour : public Dataset {
 public:
  const TeacherCard& card() const override { return card_; }
  const Split* split(SplitName name) const override {
    if (name == SplitName::kTest) return &test_;
    return name == SplitName::kValidation ? &validation_ : nullptr;
  }

 private:
  const TeacherCard card_;
  const MemorySplit test_{at::zeros({4, 1, 2, 2}), at::tensor({0, 1, 1, 2}, at::kLong)};
  const MemorySplit validation_{at::zeros({4, 1, 2, 2}), at::tensor({2, 2, 2, 0}, at::kLong)};
};

class EvaluatorTest : public ::testing::Test {
 protected:
  EvaluatorTest() {
    card_.set_channels(1);
    card_.mutable_normalization()->add_mean(0.5);
    card_.mutable_normalization()->add_std(0.5);
  }

  std::unique_ptr<Evaluator> Make(EvaluationSpec::Selection selection) {
    spec_.set_selection(selection);
    return std::make_unique<Evaluator>(EvaluatorContext{&spec_, &card_, nullptr, &data_, nullptr});
  }
  // Epoch 1 answers 0, epoch 2 answers 1, epoch 3 answers 2.
  static void EvaluateThreeEpochs(Evaluator& evaluator) {
    for (int64_t epoch = 1; epoch <= 3; ++epoch) {
      Stubborn student(epoch - 1);
      MetricsRow row;
      ASSERT_OK(evaluator.Evaluate(epoch, student, &row));
      EXPECT_THAT(row, Contains(Pair("test_top1", epoch == 2 ? 50.0 : 25.0)));
    }
  }

  EvaluationSpec spec_;
  TeacherCard card_;
  FourAndFour data_;
};

TEST_F(EvaluatorTest, TheLastEpochCountsAndTheBestIsShownBesideIt) {
  const auto evaluator = Make(EvaluationSpec::LAST);
  EvaluateThreeEpochs(*evaluator);
  const StageSummary summary = evaluator->Summary();
  EXPECT_EQ(summary.metric, "test_top1");
  EXPECT_THAT(summary.last, Optional(DoubleEq(25)));
  EXPECT_THAT(summary.best, Optional(DoubleEq(50)));
  EXPECT_EQ(summary.last_epoch, 3);
  EXPECT_EQ(summary.best_epoch, 2);
  EXPECT_EQ(summary.evaluated_images, 4);
  // Nothing was chosen by the test split, so there are no weights to keep.
  EXPECT_FALSE(evaluator->has_best());
}

TEST_F(EvaluatorTest, SelectsByTheValidationSplitAlone) {
  const auto evaluator = Make(EvaluationSpec::VALIDATION);
  EvaluateThreeEpochs(*evaluator);
  EXPECT_EQ(evaluator->Summary().best_epoch, 3);
  EXPECT_THAT(evaluator->best_test_accuracy(), Optional(DoubleEq(25)));
}

TEST_F(EvaluatorTest, TheBestWeightsComeWithTheirOwnAccuracy) {
  const auto evaluator = Make(EvaluationSpec::TEST);
  EvaluateThreeEpochs(*evaluator);
  ASSERT_EQ(evaluator->best_weights().size(), 1);
  EXPECT_EQ(evaluator->best_weights()[0].tensor.item<int64_t>(), 1);
  EXPECT_THAT(evaluator->best_test_accuracy(), Optional(DoubleEq(50)));
  EXPECT_THAT(evaluator->last_test_accuracy(), Optional(DoubleEq(25)));
}

TEST_F(EvaluatorTest, RefusesToSelectByWhatIsNotMeasured) {
  EXPECT_OK(Make(EvaluationSpec::LAST)->CheckSelection());
  EXPECT_OK(Make(EvaluationSpec::VALIDATION)->CheckSelection());
  EXPECT_THAT(Make(EvaluationSpec::SYNTHETIC_AGREEMENT)->CheckSelection(),
              StatusMessageIs("evaluation.selection is SYNTHETIC_AGREEMENT, but there is no "
                              "teacher, or the method keeps no pool of images; set "
                              "evaluation.selection=LAST"));
  spec_.set_selection(EvaluationSpec::VALIDATION);
  const Evaluator without_data({&spec_, &card_, nullptr, nullptr, nullptr});
  EXPECT_THAT(without_data.CheckSelection(),
              StatusMessageIs("evaluation.selection is VALIDATION, but the data have no "
                              "validation split; set evaluation.selection=LAST"));
}

TEST_F(EvaluatorTest, ComesBackFromACheckpoint) {
  const auto evaluator = Make(EvaluationSpec::TEST);
  EvaluateThreeEpochs(*evaluator);
  State state;
  evaluator->Save(StateWriter(&state));
  const auto resumed = Make(EvaluationSpec::TEST);
  ASSERT_OK(resumed->Load(StateReader(&state)));
  EXPECT_EQ(resumed->Summary().best_epoch, 2);
  EXPECT_EQ(resumed->Summary().last_epoch, 3);
  EXPECT_EQ(resumed->StatusLine(), "test 25.0%, validation 75.0%");
  EXPECT_EQ(resumed->best_weights()[0].tensor.item<int64_t>(), 1);
  EXPECT_THAT(resumed->best_test_accuracy(), Optional(DoubleEq(50)));
}

}  // namespace
}  // namespace dfkd
