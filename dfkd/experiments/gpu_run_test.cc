// A run on a GPU. Needs one, and LibTorch's CUDA library: docs/build.md.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dfkd/core/device.h"
#include "dfkd/core/testing.h"
#include "dfkd/experiments/testing/device_run.h"
#include "dfkd/experiments/testing/tiny_run.h"

namespace dfkd {
namespace {

TEST(GpuRun, EqualsThatOnTheCpuToRounding) {
  ASSERT_OK_AND_ASSIGN(const at::Device gpu, OpenDevice("cuda", "device"));
  ExpectRunsAsOnTheCpu(gpu, TinyNayer, ::testing::TempDir() + "/nayer");
  ExpectRunsAsOnTheCpu(gpu, TinyMuse, ::testing::TempDir() + "/muse");
  ExpectRunsAsOnTheCpu(gpu, TinyDeepInversion, ::testing::TempDir() + "/deep_inversion");
  ExpectRunsAsOnTheCpu(gpu, TinyFast, ::testing::TempDir() + "/fast");
  ExpectRunsAsOnTheCpu(gpu, TinyDfad, ::testing::TempDir() + "/dfad");
}

TEST(GpuRun, RefusesAGpuThatIsNotThere) {
  EXPECT_THAT(OpenDevice("cuda:99", "device").status().ToString(),
              ::testing::HasSubstr("counted from cuda:0"));
}

}  // namespace
}  // namespace dfkd
