// What a run does on a GPU, on a machine without one (testing/second_device.h).
#include "dfkd/testing/second_device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dfkd/experiments/testing/device_run.h"

namespace dfkd {
namespace {

TEST(SecondDevice, ARunTakesEveryTensorThere) {
  const at::Device device = SecondDevice();
  ExpectRunsAsOnTheCpu(device, ::testing::TempDir() + "/second_device");
  EXPECT_THAT(TakeMixedOperators(), ::testing::IsEmpty());
  EXPECT_GT(OperatorsOnSecondDevice(), 1000);
}

}  // namespace
}  // namespace dfkd
