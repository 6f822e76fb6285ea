// What a run does on a GPU, on a machine without one (testing/second_device.h).
#include "dfkd/testing/second_device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "dfkd/experiments/testing/device_run.h"
#include "dfkd/experiments/testing/tiny_run.h"

namespace dfkd {
namespace {

void ExpectTakesEveryTensorThere(std::string (*tiny)(const std::string& weights)) {
  const int64_t before = OperatorsOnSecondDevice();
  const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
  ExpectRunsAsOnTheCpu(SecondDevice(), tiny,
                       ::testing::TempDir() + "/second_device_" + info->name());
  EXPECT_THAT(TakeMixedOperators(), ::testing::IsEmpty());
  EXPECT_GT(OperatorsOnSecondDevice() - before, 1000);
}

TEST(SecondDevice, NayerTakesEveryTensorThere) { ExpectTakesEveryTensorThere(TinyNayer); }

TEST(SecondDevice, MuseTakesEveryTensorThere) { ExpectTakesEveryTensorThere(TinyMuse); }

TEST(SecondDevice, DeepInversionTakesEveryTensorThere) {
  ExpectTakesEveryTensorThere(TinyDeepInversion);
}

TEST(SecondDevice, FastTakesEveryTensorThere) { ExpectTakesEveryTensorThere(TinyFast); }

TEST(SecondDevice, DfadTakesEveryTensorThere) { ExpectTakesEveryTensorThere(TinyDfad); }

}  // namespace
}  // namespace dfkd
