#include "dfkd/nn/multiply_adds.h"

#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "dfkd/core/random_stream.h"
#include "dfkd/nn/attention.h"
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

TEST(MultiplyAddsTest, CountsAttentionOnceHoweverItIsComputed) {
  // 2 images, 7 tokens, 3 heads of 4: 7 x 7 products of 4 for the weights, as many for the results.
  const at::Tensor x = at::zeros({2, 7, 12});
  EXPECT_EQ(CountMultiplyAdds([&] { Attend(x, x, x, 3); }), 2 * 3 * 2 * (7 * 7 * 4));
  // A mask that is not one number for all takes another of LibTorch's ways.
  EXPECT_EQ(CountMultiplyAdds([&] {
              Attend(x, x, x, 3, {.mask = at::ones({7, 7}, at::kBool)});
            }),
            2 * 3 * 2 * (7 * 7 * 4));
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
