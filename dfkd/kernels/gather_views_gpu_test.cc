#include <ATen/ops/rand.h>
#include <gtest/gtest.h>

#include "dfkd/core/device.h"
#include "dfkd/core/testing.h"
#include "dfkd/kernels/gather_views.h"
#include "dfkd/kernels/gather_views_testing.h"

namespace dfkd {
namespace {

TEST(GatherViewsOnAGpu, GivesTheBytesOfTheCpu) {
  ASSERT_OK_AND_ASSIGN(const at::Device gpu, OpenDevice("cuda", "device"));
  ASSERT_TRUE(HasGatherViews(gpu)) << "build with --config=cuda";
  // The levels of 50 channels do not fit in a block's shared memory.
  for (const int64_t channels : {1, 3, 50}) {
    const ViewsOfImages views = DrawViews(channels);
    const at::Tensor levels = at::rand({channels, 256});
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
      const at::Tensor expected =
          GatherViews(views.images, views.index, views.moves, levels.to(type));
      const at::Tensor out =
          GatherViews(views.images.to(gpu), views.index, views.moves, levels.to(gpu, type));
      EXPECT_TRUE(out.is_cuda());
      EXPECT_TRUE(out.is_contiguous(at::MemoryFormat::ChannelsLast));
      EXPECT_TRUE(out.cpu().equal(expected)) << type << ", " << channels << " channels";
    }
  }
}

}  // namespace
}  // namespace dfkd
