#include <gtest/gtest.h>

#include "dfkd/core/testing.h"
#include "dfkd/schedules/lambda.pb.h"
#include "dfkd/schedules/schedule_testing.h"

namespace dfkd {
namespace {

TEST(Lambda, EqualsPyTorchWithinAndBeyondTheEpochs) {
  LambdaConfig config;
  ExpectEqualsPyTorch(config, 100, "lambda.linear");
  config.set_form(LambdaConfig::COSINE);
  ExpectEqualsPyTorch(config, 100, "lambda.cosine");
}

TEST(Lambda, TakesItsOwnEpochsWhereSet) {
  LambdaConfig config;
  config.set_epochs(100);
  ExpectEqualsPyTorch(config, 7, "lambda.linear");
}

TEST(Lambda, RefusesARunWithoutEpochs) {
  EXPECT_THAT(MakeSchedule(LambdaConfig(), 0),
              StatusMessageHas("LambdaConfig.epochs is 0 and there are none; set epochs"));
}

}  // namespace
}  // namespace dfkd
