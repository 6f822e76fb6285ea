#include "dfkd/augmentations/image_windows.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dfkd/augmentations/augmentation_testing.h"

namespace dfkd {
namespace {

std::vector<ImageWindow> WindowsOf(const at::Tensor& boxes) {
  std::vector<ImageWindow> windows;
  for (int64_t n = 0; n < boxes.size(0); ++n) {
    const auto* box = boxes[n].const_data_ptr<int64_t>();
    windows.push_back({box[0], box[1], box[2], box[3]});
  }
  return windows;
}

// Windows that grow, shrink in one or both directions, and the whole image, in both layouts, with
// their gradients.
TEST(ImageWindowsTest, AreResizedAsTorchvisionDoes) {
  const Golden& golden = AugmentationGoldens();
  const std::vector<ImageWindow> windows = WindowsOf(golden["boxes"]);
  for (const auto layout : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
    for (const std::string name : {"resized_crop", "resized_crop_small"}) {
      const at::Tensor x = golden["x"].clone().contiguous(layout).requires_grad_();
      const at::Tensor& expected = golden[name];
      const at::Tensor out = ResizeWindows(x, windows, expected.size(2), expected.size(3));
      EXPECT_LT(MaxDifference(out, expected), 1e-6) << name;
      EXPECT_TRUE(out.is_contiguous(layout));
      (out * golden[name + "_upstream"]).sum().backward();
      EXPECT_LT(MaxDifference(x.grad(), golden[name + "_gradient"]), 1e-5) << name;
    }
  }
}

TEST(ImageWindowsTest, OfNoImageIsNone) {
  const at::Tensor none = AugmentationGoldens()["x"].narrow(0, 0, 0);
  EXPECT_EQ(ResizeWindows(none, {}, 2, 3).sizes(), at::IntArrayRef({0, 3, 2, 3}));
}

// torchvision's own choice, given the same numbers: square, tall and wide images, the last of which
// hold no window of the law, so that the middle one is taken.
TEST(ImageWindowsTest, AreChosenAsTorchvisionDoes) {
  const Golden& golden = AugmentationGoldens();
  const at::Tensor& sizes = golden["window_sizes"];
  const at::Tensor& numbers = golden["window_numbers"];
  const at::Tensor& boxes = golden["window_boxes"];
  ASSERT_EQ(sizes.size(0), boxes.size(0));
  for (int64_t i = 0; i < sizes.size(0); ++i) {
    const int64_t height = sizes[i][0].item<int64_t>(), width = sizes[i][1].item<int64_t>();
    const std::vector<ImageWindow> expected = WindowsOf(boxes[i]);
    for (size_t n = 0; n < expected.size(); ++n) {
      const ImageWindow window =
          ChooseWindow(WindowLaw(), height, width, numbers[static_cast<int64_t>(n)]);
      EXPECT_EQ(window, expected[n])
          << height << "x" << width << " " << n << ": " << window.top << " " << window.left << " "
          << window.height << " " << window.width;
    }
  }
}

TEST(ImageWindowsTest, AnImageThatHoldsNoneGivesItsMiddle) {
  const at::Tensor numbers = at::full({kWindowTries, 4}, 0.5, at::kFloat);
  // All of the area in a square is more than 4 of 16 pixels high: 4 x 4 / (3/4) = 5.33, so 5 x 4.
  const WindowLaw all{.min_scale = 1};
  EXPECT_EQ(ChooseWindow(all, 16, 4, numbers), (ImageWindow{5, 0, 5, 4}));
  EXPECT_EQ(ChooseWindow(all, 4, 16, numbers), (ImageWindow{0, 5, 4, 5}));
  EXPECT_EQ(ChooseWindow(all, 9, 9, numbers), (ImageWindow{0, 0, 9, 9}));
  // 32 / 80 = 0.4 pixels high: one, at (32 - 1) / 2.
  const WindowLaw flat{.min_ratio = 80, .max_ratio = 100};
  EXPECT_EQ(ChooseWindow(flat, 32, 32, numbers), (ImageWindow{15, 0, 1, 32}));
  const WindowLaw thin{.min_ratio = 0.01, .max_ratio = 0.0125};
  EXPECT_EQ(ChooseWindow(thin, 32, 32, numbers), (ImageWindow{0, 15, 32, 1}));
}

}  // namespace
}  // namespace dfkd
