#include <gtest/gtest.h>

#include <memory>

#include "dfkd/core/testing.h"
#include "dfkd/schedules/cosine.pb.h"
#include "dfkd/schedules/schedule_testing.h"
#include "dfkd/schedules/step.pb.h"
#include "dfkd/schedules/warmup.pb.h"

namespace dfkd {
namespace {

WarmupConfig Config(int epochs, double start_factor) {
  WarmupConfig config;
  config.set_epochs(epochs);
  config.set_start_factor(start_factor);
  return config;
}

TEST(Warmup, EqualsPyTorchsSequentialLRBeforeACosine) {
  WarmupConfig config = Config(10, 0.01);
  CosineConfig after;  // its t_max is the 90 epochs that are left
  after.set_eta_min(2e-4);
  *config.mutable_after() = PackSchedule(after);
  ExpectEqualsPyTorch(config, 100, "warmup.cosine");
}

TEST(Warmup, EqualsPyTorchsSequentialLRBeforeSteps) {
  WarmupConfig config = Config(5, 0.2);
  StepConfig after;
  after.add_milestones(10);
  after.add_milestones(20);
  after.set_gamma(0.5);
  *config.mutable_after() = PackSchedule(after);
  ExpectEqualsPyTorch(config, 40, "warmup.step");
}

TEST(Warmup, StaysAtTheBaseRateWithoutAnotherSchedule) {
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Schedule> schedule, MakeSchedule(Config(2, 0.5), 10));
  EXPECT_EQ(schedule->LearningRate(0.4, 0), 0.2);
  EXPECT_NEAR(schedule->LearningRate(0.4, 1), 0.3, 1e-15);  // half way up
  EXPECT_EQ(schedule->LearningRate(0.4, 2), 0.4);
  EXPECT_EQ(schedule->LearningRate(0.4, 9), 0.4);
}

TEST(Warmup, RefusesARampThatLeavesNoEpochs) {
  EXPECT_THAT(
      MakeSchedule(Config(10, 0.1), 10),
      StatusMessageHas("WarmupConfig.epochs is 10; must be less than the epochs in which the "
                       "student learns (10)"));
}

}  // namespace
}  // namespace dfkd
