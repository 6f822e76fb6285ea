#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "dfkd/core/testing.h"
#include "dfkd/data/dataset.h"

namespace dfkd {
namespace {

TEST(MemorySplit, GivesImagesInTheOrderAskedFor) {
  const at::Tensor images =
      at::arange(3, at::kFloat).div(2).view({3, 1, 1, 1}).expand({3, 2, 4, 5});
  const MemorySplit split(images, at::arange(3, at::kLong).add(7));
  EXPECT_EQ(split.size(), 3);
  EXPECT_EQ(split.labels()[2].item<int64_t>(), 9);
  ASSERT_OK_AND_ASSIGN(const at::Tensor two, split.Images(at::tensor({2, 0, 2}, at::kLong)));
  ASSERT_EQ(two.sizes(), at::IntArrayRef({3, 2, 4, 5}));
  EXPECT_TRUE(two.equal(at::tensor({1.0f, 0.0f, 1.0f}).view({3, 1, 1, 1}).expand({3, 2, 4, 5})));
}

TEST(MemorySplit, ScalesBytesToTheUnitInterval) {
  const at::Tensor images = at::tensor({0, 51, 255}, at::kByte).view({3, 1, 1, 1});
  const MemorySplit split(images, at::arange(3, at::kLong));
  ASSERT_OK_AND_ASSIGN(const at::Tensor all, split.Images(at::arange(3, at::kLong)));
  EXPECT_EQ(all.scalar_type(), at::kFloat);
  // 51 / 255 = 0.2
  EXPECT_TRUE(all.flatten().equal(at::tensor({0.0f, 0.2f, 1.0f})));
}

}  // namespace
}  // namespace dfkd
