#include "dfkd/train/teacher_accuracy.h"

#include <gtest/gtest.h>

#include "dfkd/core/testing.h"

namespace dfkd {
namespace {

TeacherAccuracy Measured(double top1) {
  TeacherAccuracy accuracy{"test", {}};
  accuracy.measured.top1 = top1;
  accuracy.measured.count = 500;
  return accuracy;
}

TeacherCard Declared(double accuracy) {
  TeacherCard card;
  card.set_accuracy(accuracy);
  return card;
}

TEST(TeacherAccuracyTest, MayBeLowerByTheToleranceAndHigherByAnything) {
  EXPECT_OK(CheckTeacherAccuracy(Measured(93), Declared(95), 2));
  EXPECT_OK(CheckTeacherAccuracy(Measured(99), Declared(95), 2));
  EXPECT_OK(CheckTeacherAccuracy(Measured(95), Declared(95), 0));
  EXPECT_FALSE(CheckTeacherAccuracy(Measured(92.9), Declared(95), 2).ok());
}

TEST(TeacherAccuracyTest, WithoutADeclaredAccuracyAnyIsGood) {
  EXPECT_OK(CheckTeacherAccuracy(Measured(10), TeacherCard(), 2));
}

TEST(TeacherAccuracyTest, SaysWhatIsUsuallyWrong) {
  EXPECT_THAT(
      CheckTeacherAccuracy(Measured(12.4), Declared(97.4), 2),
      StatusMessageIs(
          "the teacher names the class of 12.4% of the 500 test images; its card declares 97.4%, "
          "and teacher.accuracy_tolerance allows 2 points less. Usual causes: normalization in the "
          "card is not that of its training; its logits have the classes in another order; its "
          "channels were in another order (BGR); or the weights are another file's. Correct "
          "teacher.card or teacher.model; where the images are harder than those it was declared "
          "on, set teacher.accuracy_tolerance"));
}

}  // namespace
}  // namespace dfkd
