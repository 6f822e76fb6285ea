#include "dfkd/report/budget.h"

#include "dfkd/core/testing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace dfkd {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

Budget Example() {
  Budget budget;
  budget.images = 200;
  budget.pixels = 200 * 32 * 32;
  budget.teacher_forwards = 4000;
  budget.teacher_backwards = 3000;
  budget.seconds = {{"synthesis", 1.5}, {"student", 0.1}};
  return budget;
}

TEST(Budget, FillsARow) {
  MetricsRow row = {{"loss", 1}};
  Example().AddTo(&row);
  EXPECT_THAT(row, ElementsAre(Pair("images", 200), Pair("loss", 1), Pair("pixels", 204800),
                               Pair("seconds_student", 0.1), Pair("seconds_synthesis", 1.5),
                               Pair("seconds_total", 1.6), Pair("teacher_backwards", 3000),
                               Pair("teacher_forwards", 4000)));
}

TEST(Budget, IsReadBackAsSaved) {
  State state;
  Example().Save(StateWriter(&state, "budget"));
  Budget loaded;
  loaded.images = 7;
  loaded.seconds = {{"evaluation", 3}};
  ASSERT_OK(loaded.Load(StateReader(&state, "budget")));
  EXPECT_EQ(loaded.images, 200);
  EXPECT_EQ(loaded.pixels, 204800);
  EXPECT_EQ(loaded.teacher_forwards, 4000);
  EXPECT_EQ(loaded.teacher_backwards, 3000);
  EXPECT_THAT(loaded.seconds, ElementsAre(Pair("student", 0.1), Pair("synthesis", 1.5)));
}

TEST(Budget, AMissingCountIsAnErrorAndChangesNothing) {
  State state;
  StateWriter(&state, "budget").Int("images", 1);
  Budget budget = Example();
  EXPECT_FALSE(budget.Load(StateReader(&state, "budget")).ok());
  EXPECT_EQ(budget.images, 200);
}

}  // namespace
}  // namespace dfkd
