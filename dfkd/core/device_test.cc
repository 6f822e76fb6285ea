#include "dfkd/core/device.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "dfkd/core/testing.h"

namespace dfkd {
namespace {

TEST(ParseDevice, KnowsTheProcessorAndGpusByNumber) {
  ASSERT_OK_AND_ASSIGN(const at::Device cpu, ParseDevice("cpu", "train.device"));
  EXPECT_EQ(cpu, at::Device(at::kCPU));
  ASSERT_OK_AND_ASSIGN(const at::Device first, ParseDevice("cuda", "train.device"));
  EXPECT_EQ(first, at::Device(at::kCUDA, 0));
  ASSERT_OK_AND_ASSIGN(const at::Device third, ParseDevice("cuda:2", "train.device"));
  EXPECT_EQ(third, at::Device(at::kCUDA, 2));
}

TEST(ParseDevice, RefusesEverythingElse) {
  for (const char* text : {"", "gpu", "CUDA", "cpu:0", "cuda:", "cuda:-1", "cuda:+1", "cuda: 1",
                           "cuda:1x", "cuda:200", "cuda:99999999999"}) {
    EXPECT_THAT(ParseDevice(text, "train.device"),
                StatusMessageIs(absl::StrCat("train.device is \"", text,
                                             "\"; must be cpu, cuda or cuda:N, N from 0")));
  }
}

TEST(OpenDevice, NeedsNoLibraryForTheProcessor) {
  ASSERT_OK_AND_ASSIGN(const at::Device cpu, OpenDevice("cpu", "train.device"));
  EXPECT_TRUE(cpu.is_cpu());
}

TEST(OpenDevice, SaysWhatToInstallWhereTheLibraryIsMissing) {
  const std::string folder = ::testing::TempDir() + "nothing_here";
  setenv("DFKD_LIBTORCH_CUDA", folder.c_str(), /*overwrite=*/1);
  const std::string path = folder + "/libtorch_cuda.so";
  EXPECT_THAT(
      OpenDevice("cuda:1", "train.device"),
      StatusMessageIs(absl::StrCat(
          "train.device is cuda:1: LibTorch's CUDA library cannot be loaded:\n  ", path, ": ", path,
          ": cannot open shared object file: No such file or directory\nInstall it with `pip "
          "install torch==2.11.0` in any Python environment and set DFKD_LIBTORCH_CUDA to the "
          "folder torch/lib there, or set the device to cpu")));
  unsetenv("DFKD_LIBTORCH_CUDA");
}

}  // namespace
}  // namespace dfkd
