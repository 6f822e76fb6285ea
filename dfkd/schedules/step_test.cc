#include <gtest/gtest.h>

#include "dfkd/core/testing.h"
#include "dfkd/schedules/schedule_testing.h"
#include "dfkd/schedules/step.pb.h"

namespace dfkd {
namespace {

TEST(Step, EqualsPyTorchsStepLR) {
  StepConfig config;
  config.set_step_size(30);
  config.set_gamma(0.3);
  ExpectEqualsPyTorch(config, 100, "step.every");
}

TEST(Step, EqualsPyTorchsMultiStepLRAlsoWhereAMilestoneStandsTwice) {
  StepConfig config;
  for (const int milestone : {100, 200, 200}) config.add_milestones(milestone);
  ExpectEqualsPyTorch(config, 300, "step.milestones");
}

TEST(Step, WantsExactlyOneOfStepSizeAndMilestones) {
  StepConfig config;
  EXPECT_THAT(MakeSchedule(config, 10),
              StatusMessageHas("neither step_size nor milestones is set; set one"));
  config.set_step_size(3);
  config.add_milestones(5);
  EXPECT_THAT(MakeSchedule(config, 10),
              StatusMessageHas("step_size and milestones are both set; set one"));
}

TEST(Step, RefusesMilestonesOutOfOrder) {
  StepConfig config;
  config.add_milestones(5);
  config.add_milestones(3);
  EXPECT_THAT(MakeSchedule(config, 10), StatusMessageHas("milestones are not in rising order"));
}

}  // namespace
}  // namespace dfkd
