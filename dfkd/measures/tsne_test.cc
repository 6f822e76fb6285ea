#include <ATen/ops/arange.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dfkd/core/testing.h"
#include "dfkd/measures/measure_testing.h"
#include "dfkd/measures/tsne.pb.h"
#include "dfkd/nn/deterministic_weights.h"

namespace dfkd {
namespace {

using ::testing::HasSubstr;

TsneConfig Small() {
  TsneConfig config;
  config.set_images(6);
  config.set_iterations(250);
  return config;
}

TEST(TsneMeasure, MapsThePoolAndNewImages) {
  FakeRun run;
  run.FillPool(DeterministicTensor({9, 1, 2, 2}, 2, 0, 1));
  ASSERT_OK_AND_ASSIGN(const Measurement measured, TakeMeasure(Small(), run));
  ASSERT_EQ(measured.pictures.size(), 1);
  EXPECT_EQ(measured.pictures[0].name, "pool_and_new");
  EXPECT_EQ(
      measured.pictures[0].caption,
      "Pool and new images: 4 of the pool's 4 earlier images, and the newest 5 images of the pool");
  EXPECT_THAT(measured.pictures[0].svg, HasSubstr(">pool</text>"));
  EXPECT_THAT(measured.pictures[0].svg, HasSubstr(">new</text>"));
  EXPECT_GE(ValueOf(measured, "divergence_pool_and_new"), 0);
}

TEST(TsneMeasure, MapsRealImagesByClass) {
  FakeRun run;
  run.images = DeterministicTensor({6, 1, 2, 2}, 1, 0, 1);
  run.SetData(DeterministicTensor({8, 1, 2, 2}, 3, 0, 1), at::arange(8, at::kLong).remainder(2));
  ASSERT_OK_AND_ASSIGN(const Measurement measured, TakeMeasure(Small(), run));
  ASSERT_EQ(measured.pictures.size(), 1);
  EXPECT_EQ(measured.pictures[0].name, "new_and_real");
  EXPECT_THAT(measured.pictures[0].svg, HasSubstr(">dog</text>"));
}

TEST(TsneMeasure, MapsClassRowsBesideTheRealClassesFromFourClassesOn) {
  WatchableFakeRun run;
  run.rows = DeterministicTensor({4, 3}, 4);
  run.images = DeterministicTensor({6, 1, 2, 2}, 1, 0, 1);
  run.AddClass("owl");
  run.AddClass("yak");
  run.SetData(DeterministicTensor({8, 1, 2, 2}, 3, 0, 1), at::arange(8, at::kLong).remainder(4));
  TsneConfig config = Small();
  config.set_images(8);
  ASSERT_OK_AND_ASSIGN(const Measurement measured, TakeMeasure(config, run));
  ASSERT_EQ(measured.pictures.size(), 3);
  EXPECT_EQ(measured.pictures[1].name, "class_rows");
  EXPECT_EQ(measured.pictures[2].name, "class_centres");
  EXPECT_THAT(measured.pictures[2].svg, HasSubstr(">yak</text>"));
}

}  // namespace
}  // namespace dfkd
