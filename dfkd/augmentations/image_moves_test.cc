#include "dfkd/augmentations/image_moves.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "dfkd/augmentations/augmentation_testing.h"
#include "dfkd/testing/threads.h"

namespace dfkd {
namespace {

TEST(ShiftImages, EqualsPyTorchsCropAndScattersItsGradientBack) {
  const Golden& golden = AugmentationGoldens();
  for (const auto layout : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
    at::Tensor x = golden["x"].contiguous(layout).clone().requires_grad_();
    const at::Tensor out = ShiftImages(x, golden["dy"], golden["dx"]);
    EXPECT_TRUE(out.equal(golden["crop"]));
    EXPECT_TRUE(out.is_contiguous(layout));
    out.backward(golden["upstream"]);
    EXPECT_TRUE(x.grad().equal(golden["crop_gradient"]));
  }
}

TEST(RollImages, EqualsPyTorchsRollAndRollsItsGradientBack) {
  const Golden& golden = AugmentationGoldens();
  for (const auto layout : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
    at::Tensor x = golden["x"].contiguous(layout).clone().requires_grad_();
    const at::Tensor out = RollImages(x, golden["dy"], golden["dx"]);
    EXPECT_TRUE(out.equal(golden["roll"]));
    EXPECT_TRUE(out.is_contiguous(layout));
    out.backward(golden["upstream"]);
    EXPECT_TRUE(x.grad().equal(golden["roll_gradient"]));
  }
}

TEST(MirrorImages, EqualsPyTorchsFlipAndMirrorsItsGradient) {
  const Golden& golden = AugmentationGoldens();
  for (const auto layout : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
    at::Tensor x = golden["x"].contiguous(layout).clone().requires_grad_();
    const at::Tensor out = MirrorImages(x, golden["mirrored"].to(at::kBool));
    EXPECT_TRUE(out.equal(golden["flip"]));
    EXPECT_TRUE(out.is_contiguous(layout));
    out.backward(golden["upstream"]);
    EXPECT_TRUE(x.grad().equal(golden["flip_gradient"]));
  }
}

TEST(ImageMoves, WorkOnAnyTypeLayoutAndNumberOfChannels) {
  const Golden& golden = AugmentationGoldens();
  const at::Tensor& dy = golden["dy"];
  const at::Tensor& dx = golden["dx"];
  const at::Tensor mirrored = golden["mirrored"].to(at::kBool);
  for (const auto layout : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
    for (const at::ScalarType type : {at::kByte, at::kBFloat16, at::kFloat, at::kDouble}) {
      for (const int64_t channels : {1, 2, 3, 5}) {
        const at::Tensor x =
            PlaceImages(6, 5, 7).repeat({1, channels, 1, 1}).to(type).contiguous(layout);
        EXPECT_TRUE(internal::CopyShifted(x, dy, dx).equal(internal::GatherShifted(x, dy, dx)))
            << type << ", " << channels << " channels, " << layout;
        EXPECT_TRUE(internal::CopyRolled(x, dy, dx).equal(internal::GatherRolled(x, dy, dx)))
            << type << ", " << channels << " channels, " << layout;
        EXPECT_TRUE(
            internal::CopyMirrored(x, mirrored).equal(internal::SelectMirrored(x, mirrored)))
            << type << ", " << channels << " channels, " << layout;
      }
    }
  }
}

TEST(ImageMoves, TakeViewsThatAreNotContiguous) {
  const at::Tensor x = PlaceImages(2, 4, 6).expand({2, 3, 4, 6}).slice(3, 0, 6, 2);  // [2, 3, 4, 3]
  const at::Tensor shift = at::tensor({1, -1}, at::kLong);
  EXPECT_TRUE(ShiftImages(x, shift, shift).equal(ShiftImages(x.contiguous(), shift, shift)));
}

TEST(ImageMoves, TheNumberOfThreadsDoesNotMatter) {
  // 24 planes of 16 KiB, of which one thread takes four.
  const at::Tensor x = PlaceImages(8, 64, 64).repeat({1, 3, 1, 1});
  const at::Tensor shift = at::tensor({0, 1, -1, 2, -5, 60, -64, 7}, at::kLong);
  const auto move = [&] {
    const at::Tensor rolled = RollImages(ShiftImages(x, shift, -shift), -shift, shift);
    return MirrorImages(rolled, shift.gt(0));
  };
  EXPECT_TRUE(OnThreads(1, move).equal(OnThreads(4, move)));
}

TEST(ShiftImages, BeyondTheEdgeLeavesNothing) {
  const at::Tensor x = PlaceImages(3, 4, 4);
  const at::Tensor far = at::tensor({4, -4, 1000}, at::kLong);
  const at::Tensor none = at::tensor({0, 0, 0}, at::kLong);
  EXPECT_EQ(ShiftImages(x, far, none).sum().item<float>(), 0);
  EXPECT_EQ(ShiftImages(x, none, far).sum().item<float>(), 0);
}

TEST(ImageMoves, CanBeDifferentiatedTwice) {
  const at::Tensor shift = at::tensor({1}, at::kLong);
  at::Tensor x = PlaceImages(1, 2, 2).requires_grad_();
  // y = shift(x^2) and L = sum(y^2) = x_11^4 for the one pixel that stays; x_11 = 4.
  const at::Tensor y = ShiftImages(x.mul(x), shift, shift);
  y.mul(y).sum().backward({}, /*retain_graph=*/true, /*create_graph=*/true);
  EXPECT_EQ(x.grad()[0][0][1][1].item<float>(), 4 * 64);
  const at::Tensor first = x.grad();
  x.mutable_grad().reset();
  first.sum().backward();
  EXPECT_EQ(x.grad()[0][0][1][1].item<float>(), 12 * 16);
}

}  // namespace
}  // namespace dfkd
