#include "dfkd/train/estimate.h"

#include <gtest/gtest.h>

#include "dfkd/core/testing.h"
#include "dfkd/train/probe.h"
#include "dfkd/train/step_times.h"

namespace dfkd {
namespace {

// A clock that is moved by hand.
struct Clock {
  absl::Time now = absl::UnixEpoch();
  void Pass(double seconds) { now += absl::Seconds(seconds); }
};

StepTimes Watch(Clock* clock, int64_t enough, bool awaits_own = false) {
  StepTimes times(enough, awaits_own, [clock] { return clock->now; });
  times.Begin();
  return times;
}

TEST(SecondsPerStepTest, IsTheMedianOfWhatFollowsTheWarmUp) {
  EXPECT_EQ(SecondsPerStep({9, 9, 3, 1, 2}), 2);
  EXPECT_EQ(SecondsPerStep({9, 9, 3, 1}), 2);  // (1 + 3) / 2
  EXPECT_EQ(SecondsPerStep({4, 2}), 3);        // no more than the warm-up
  EXPECT_EQ(SecondsPerStep({}), 0);
}

TEST(StepTimesTest, TellsStudentStepsFromTheMethodsOwn) {
  Clock clock;
  StepTimes times = Watch(&clock, 100);
  for (int i = 0; i < 2; ++i) {
    for (int step = 0; step < 5; ++step) {
      clock.Pass(1);
      EXPECT_TRUE(times.BeginStudentStep());
      times.Advance(1);
    }
    clock.Pass(4);
    times.Advance(1);
  }
  EXPECT_EQ(times.student(), std::vector<double>(10, 1.0));
  EXPECT_EQ(times.own(), std::vector<double>(2, 4.0));
  // Five of each six.
  EXPECT_EQ(times.StudentShare(600), 500);
}

TEST(StepTimesTest, StepsThatAreReportedTogetherShareTheirTime) {
  Clock clock;
  StepTimes times = Watch(&clock, 100);
  clock.Pass(6);
  times.Advance(3);
  EXPECT_EQ(times.own(), std::vector<double>(3, 2.0));
}

TEST(StepTimesTest, EndsTheRoundAfterEnough) {
  Clock clock;
  StepTimes times = Watch(&clock, 2);
  times.Advance(1);
  EXPECT_OK(times.CheckStop());
  times.Advance(1);
  EXPECT_TRUE(absl::IsCancelled(times.CheckStop()));
}

TEST(StepTimesTest, AwaitsTheMethodsOwnStepsAndLeavesOutWhatIsKnown) {
  Clock clock;
  StepTimes times = Watch(&clock, 2, /*awaits_own=*/true);
  // Twenty of the student's, the method's turn, and so on: of the sixty only two are taken.
  int taken = 0;
  for (int turn = 0; turn < 3; ++turn) {
    for (int step = 0; step < 20; ++step) {
      EXPECT_OK(times.CheckStop());
      const bool needed = times.BeginStudentStep();
      taken += needed ? 1 : 0;
      clock.Pass(needed ? 1 : 0.125);
      times.Advance(1);
    }
    clock.Pass(4);
    times.Advance(1);
  }
  EXPECT_TRUE(absl::IsCancelled(times.CheckStop()));
  EXPECT_EQ(taken, 2);
  EXPECT_EQ(times.student(), std::vector<double>(2, 1.0));
  EXPECT_EQ(times.own(), std::vector<double>(3, 4.0));
  EXPECT_EQ(times.StudentShare(630), 600);
}

TEST(EstimateTest, TheLastEpochIsAlwaysEvaluated) {
  EXPECT_EQ(EvaluationsIn(10, 1), 10);
  EXPECT_EQ(EvaluationsIn(10, 5), 2);
  EXPECT_EQ(EvaluationsIn(10, 4), 3);  // 4, 8, 10
  EXPECT_EQ(EvaluationsIn(3, 100), 1);
}

TEST(EstimateTest, AddsUpTheStages) {
  RunEstimate estimate;
  estimate.machine = {{"device", "cpu"}, {"precision", "FP32"}, {"threads", "2"}};
  estimate.remark = "the teacher has random weights here: t has not been run";
  StageEstimate teacher;
  teacher.name = "teacher";
  teacher.student = {100, 1};
  StageEstimate student;
  student.name = "student";
  student.warmup = {200, 2};
  student.own = {300, 4};
  student.student = {1000, 1.5};
  student.evaluation = {10000, 0.04};
  estimate.stages = {teacher, student};
  // 100 + 400 + 1200 + 1500 + 400 seconds: an hour.
  EXPECT_EQ(estimate.seconds(), 3600);
  EXPECT_EQ(DescribeEstimate(estimate),
            "  teacher      learning                      100 steps   x   1.0000 s = 1 min 40 s\n"
            "  student      warm-up                       200 steps   x   2.0000 s = 6 min 40 s\n"
            "  student      synthesis                     300 steps   x   4.0000 s = 20 min 00 s\n"
            "  student      learning                     1000 steps   x   1.5000 s = 25 min 00 s\n"
            "  student      evaluation                  10000 images  x   0.0400 s = 6 min 40 s\n"
            "  in all, about 1 h 00 min (1.00 hours) on cpu, FP32, 2 threads\n"
            "  the teacher has random weights here: t has not been run\n");
}

}  // namespace
}  // namespace dfkd
