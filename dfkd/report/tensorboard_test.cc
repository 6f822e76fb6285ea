#include "dfkd/report/tensorboard.h"

#include "dfkd/core/files.h"
#include "dfkd/core/testing.h"
#include "gtest/gtest.h"

namespace dfkd {
namespace {

// events.tfevents was written by TensorBoard's own classes (tools/goldens/tensorboard_events.py).
TEST(TensorBoard, WritesTheBytesThatTensorBoardWrites) {
  ASSERT_OK_AND_ASSIGN(const std::string golden, ReadFile("dfkd/report/testdata/events.tfevents"));
  const MetricsRow row = {{"images", 600},
                          {"loss_bn_stat", -0.25},
                          {"seconds_total", 2.5},
                          {"test_top1", 97.4},
                          {"validation_top1", 0}};
  EXPECT_EQ(
      TensorBoardFileHeader() + TensorBoardScalars(3, 2.5, row) +
          TensorBoardImage(3, 2.5, "samples/epoch-0003", "\x89PNG stands for a picture", 2, 4),
      golden);
}

TEST(TensorBoard, TagsAreGroupedByTheirPrefix) {
  EXPECT_EQ(TensorBoardTag("loss_bn_stat"), "loss/bn_stat");
  EXPECT_EQ(TensorBoardTag("test_top1"), "test/top1");
  EXPECT_EQ(TensorBoardTag("loss"), "run/loss");
  EXPECT_EQ(TensorBoardTag("lossy_part"), "run/lossy_part");
  EXPECT_EQ(TensorBoardTag("agreement"), "run/agreement");
}

}  // namespace
}  // namespace dfkd
