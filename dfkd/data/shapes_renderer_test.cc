#include "dfkd/data/shapes_renderer.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/avg_pool2d.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "dfkd/data/shape_forms.h"
#include "dfkd/testing/threads.h"

namespace dfkd {
namespace {

// In the middle of a white picture.
ShapeScene Plain(int64_t form) {
  ShapeScene scene;
  scene.attributes.form = form;
  scene.place_x = scene.place_y = 0.5;
  scene.radius = 0.3;
  scene.background_from = scene.background_to = {1, 1, 1};
  return scene;
}

ShapePictures Render(const ShapeScene& scene, int64_t size) {
  return RenderShapes({scene}, size, size);
}

std::vector<ShapeScene> Drawn(int64_t count) {
  std::vector<ShapeScene> scenes;
  for (int64_t i = 0; i < count; ++i) scenes.push_back(DrawShapeScene({}, 5, "train", i));
  return scenes;
}

at::Tensor Unit(const at::Tensor& bytes) { return bytes.to(at::kFloat).div(255); }

// To the last of 8 bits.
bool IsNear(const at::Tensor& pixel, const Rgb& colour, double factor = 1) {
  for (int64_t c = 0; c < 3; ++c) {
    if (std::abs(pixel[c].item<double>() - colour[c] * factor * 255) > 1) return false;
  }
  return true;
}

// Takes every background pixel that can be reached from (row, column) without crossing the shape.
void Flood(at::Tensor mask, int64_t row, int64_t column) {
  std::vector<std::pair<int64_t, int64_t>> open = {{row, column}};
  auto pixels = mask.accessor<uint8_t, 2>();
  while (!open.empty()) {
    const auto [r, c] = open.back();
    open.pop_back();
    if (r < 0 || c < 0 || r >= mask.size(0) || c >= mask.size(1) || pixels[r][c] != 0) continue;
    pixels[r][c] = 255;
    open.insert(open.end(), {{r - 1, c}, {r + 1, c}, {r, c - 1}, {r, c + 1}});
  }
}

TEST(ShapesRenderer, DrawsWhatAPersonWouldCallAHeart) {
  const at::Tensor mask = Render(Plain(5), 31).masks[0];
  std::string drawn;
  for (int64_t row = 8; row < 23; ++row) {
    for (int64_t column = 6; column < 25; ++column) {
      drawn += mask[row][column].item<int64_t>() == 6 ? '#' : '.';
    }
    drawn += '\n';
  }
  EXPECT_EQ(drawn,
            "....#####.#####....\n"
            "..###############..\n"
            "..###############..\n"
            ".#################.\n"
            ".#################.\n"
            ".#################.\n"
            ".#################.\n"
            "..###############..\n"
            "...#############...\n"
            "....###########....\n"
            ".....#########.....\n"
            "......#######......\n"
            ".......#####.......\n"
            "........###........\n"
            ".........#.........\n");
}

TEST(ShapesRenderer, MasksCoverTheFormsArea) {
  std::vector<ShapeScene> scenes;
  for (int64_t form = 0; form < kShapeForms; ++form) {
    for (const double angle : {0.2, 0.7}) {
      scenes.push_back(Plain(form));
      scenes.back().angle = angle;
    }
  }
  const at::Tensor masks = RenderShapes(scenes, 100, 100).masks;
  for (size_t i = 0; i < scenes.size(); ++i) {
    const at::Tensor mask = masks[static_cast<int64_t>(i)];
    const int64_t form = scenes[i].attributes.form;
    // kFormArea at radius 1; the radius is 0.3 x 100 = 30 pixels: 1800.
    EXPECT_NEAR(mask.ne(0).sum().item<int64_t>(), 1800, 30) << FormName(form);
    EXPECT_TRUE(mask.eq(0).logical_or(mask.eq(form + 1)).all().item<bool>());
  }
}

TEST(ShapesRenderer, PlainShapesHaveTheirColour) {
  for (int64_t colour = 0; colour < kShapeColours; ++colour) {
    ShapeScene scene = Plain(1);
    scene.attributes.colour = colour;
    scene.colour_jitter = {0.02, -0.02, 0.01};
    const ShapePictures pictures = Render(scene, 64);
    Rgb value = ColourValue(colour);
    for (size_t c = 0; c < 3; ++c) value[c] += scene.colour_jitter[c];
    EXPECT_TRUE(IsNear(pictures.images[0].select(1, 32).select(1, 32), value));
    // Over the mask: pixels of its edge are white by up to a half.
    const at::Tensor inside = pictures.masks[0].ne(0);
    for (int64_t c = 0; c < 3; ++c) {
      const double mean = Unit(pictures.images[0][c]).masked_select(inside).mean().item<double>();
      EXPECT_NEAR(mean, value[c], 0.04) << ColourName(colour);
    }
  }
}

TEST(ShapesRenderer, OutlinesEncloseBackground) {
  for (int64_t form = 0; form < kShapeForms; ++form) {
    for (const int64_t fill : {0, 1}) {
      ShapeScene scene = Plain(form);
      scene.attributes.fill = fill;
      at::Tensor mask = Render(scene, 64).masks[0].clone();
      Flood(mask, 0, 0);
      EXPECT_EQ(mask.eq(0).any().item<bool>(), fill == 1) << FormName(form);
    }
  }
}

// The square's middle row, 100 pixels wide: radius 30, a period of 0.55 x 30 = 16.5 pixels that
// begins with its light half in the middle.
TEST(ShapesRenderer, StripesAlternate) {
  ShapeScene scene = Plain(1);
  scene.attributes.stripe = 1;
  const at::Tensor row = Render(scene, 100).images[0].select(1, 50);
  const auto is_near = [&](int64_t column, double factor) {
    return IsNear(row.select(1, column), ColourValue(0), factor);
  };
  for (const int64_t column : {36, 54, 70}) EXPECT_TRUE(is_near(column, 1)) << column;
  for (const int64_t column : {29, 45, 62}) EXPECT_TRUE(is_near(column, 0.25)) << column;
}

// White paper shows how much of a pixel is covered: by half or more is shape.
TEST(ShapesRenderer, MasksAreWhatIsDrawn) {
  for (ShapeScene scene : Drawn(64)) {
    scene.background_from = scene.background_to = {1, 1, 1};
    scene.clutter.clear();
    scene.attributes.stripe = 0;
    scene.colour_jitter = {};
    const ShapePictures pictures = Render(scene, 48);
    // Every colour has a channel that is far from white.
    const Rgb& value = ColourValue(scene.attributes.colour);
    const auto channel = std::min_element(value.begin(), value.end()) - value.begin();
    const at::Tensor covered =
        Unit(pictures.images[0][channel]).neg().add(1) / (1 - value[channel]);
    const at::Tensor mask = pictures.masks[0].ne(0);
    EXPECT_TRUE(mask.masked_select(covered.gt(0.51)).all().item<bool>());
    EXPECT_FALSE(mask.masked_select(covered.lt(0.49)).any().item<bool>());
  }
}

TEST(ShapesRenderer, ShapesLieWithinTheirPicture) {
  for (int64_t form = 0; form < kShapeForms; ++form) {
    for (const double x : {0, 1}) {
      ShapeScene scene = Plain(form);
      scene.place_x = x;
      scene.place_y = 1 - x;
      const at::Tensor mask = RenderShapes({scene}, 60, 90).masks;
      // Radius 0.3 x 60 = 18 pixels; 2 x 18 x 18 = 648.
      EXPECT_NEAR(mask.ne(0).sum().item<int64_t>(), 648, 15) << FormName(form);
    }
  }
}

TEST(ShapesRenderer, ClutterLiesBehindTheShape) {
  ShapeScene scene = Plain(0);
  const ShapePictures without = Render(scene, 64);
  scene.clutter.push_back({-0.5, 0, 0.5, 0, 0.05, {0, 0, 0}});
  const ShapePictures with = Render(scene, 64);
  EXPECT_TRUE(with.masks.equal(without.masks));
  // In the middle as before; at the left, where only the line is, black.
  EXPECT_TRUE(
      with.images.select(3, 32).select(2, 32).equal(without.images.select(3, 32).select(2, 32)));
  EXPECT_EQ(with.images.select(3, 2).select(2, 32).max().item<int64_t>(), 0);
}

TEST(ShapesRenderer, APictureIsTheSameAtEachSize) {
  const std::vector<ShapeScene> scenes = Drawn(32);
  const at::Tensor small = Unit(RenderShapes(scenes, 32, 32).images);
  const at::Tensor large = Unit(RenderShapes(scenes, 64, 64).images);
  // But for edges, which are soft over one pixel of their own size.
  EXPECT_LT((at::avg_pool2d(large, {2, 2}) - small).abs().mean().item<double>(), 0.005);
}

TEST(ShapesRenderer, APictureIsTheSameBesideOthers) {
  const std::vector<ShapeScene> scenes = Drawn(40);
  const ShapePictures all = RenderShapes(scenes, 24, 24);
  for (int64_t i = 0; i < 40; ++i) {
    const ShapePictures one = RenderShapes({scenes[i]}, 24, 24);
    EXPECT_TRUE(one.images[0].equal(all.images[i]));
    EXPECT_TRUE(one.masks[0].equal(all.masks[i]));
  }
}

TEST(ShapesRenderer, TheNumberOfThreadsDoesNotMatter) {
  const std::vector<ShapeScene> scenes = Drawn(70);  // of which one thread takes 16
  const auto render = [&] { return RenderShapes(scenes, 24, 24); };
  const ShapePictures one = OnThreads(1, render), four = OnThreads(4, render);
  EXPECT_TRUE(one.images.equal(four.images));
  EXPECT_TRUE(one.masks.equal(four.masks));
}

}  // namespace
}  // namespace dfkd
