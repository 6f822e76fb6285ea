#include "dfkd/nn/multiply_adds.h"

#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "dfkd/core/random_stream.h"
#include "dfkd/nn/layers.h"

namespace dfkd {
namespace {

TEST(MultiplyAddsTest, CountsConvolutionsAndMatrixProducts) {
  RandomStream init(0, "init");
  Conv2d conv({.in = 4, .out = 6, .kernel = 3, .stride = 2, .padding = 1, .groups = 2}, init);
  Linear linear(10, 7, init);
  // 2 x 6 x 4 x 4 results of 2 channels of 3 x 3; 5 x 7 results of 10.
  EXPECT_EQ(CountMultiplyAdds([&] {
              conv.Forward(at::zeros({2, 4, 8, 8}));
              linear.Forward(at::zeros({5, 10}));
            }),
            2 * 6 * 4 * 4 * 2 * 9 + 5 * 7 * 10);
}

TEST(MultiplyAddsTest, StopsWithTheWork) {
  RandomStream init(0, "init");
  Linear linear(10, 7, init);
  EXPECT_EQ(CountMultiplyAdds([&] { linear.Forward(at::zeros({1, 10})); }), 70);
  linear.Forward(at::zeros({1, 10}));
  EXPECT_EQ(CountMultiplyAdds([] {}), 0);
}

}  // namespace
}  // namespace dfkd
