// What a rendered picture shows: one shape and, behind it, what a classifier has to overlook.
#ifndef DFKD_DATA_SHAPE_SCENE_H_
#define DFKD_DATA_SHAPE_SCENE_H_

#include <array>
#include <cstdint>
#include <numbers>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "dfkd/data/shape_forms.h"

namespace dfkd {

using Rgb = std::array<double, 3>;  // in [0, 1]

inline constexpr int64_t kShapeColours = 8;

const char* ColourName(int64_t colour);
const Rgb& ColourValue(int64_t colour);
// How far from it a shape's colour may lie, in each channel.
inline constexpr double kColourJitter = 0.06;

// A shape's attributes, each counted from 0.
struct ShapeAttributes {
  int64_t form = 0;
  int64_t fill = 0;    // 0: filled, 1: outlined
  int64_t stripe = 0;  // 0: plain, 1: striped
  int64_t colour = 0;
};

// A line with round ends, or a dot. In units of the image's shorter side, from its middle.
struct Clutter {
  double from_x = 0, from_y = 0, to_x = 0, to_y = 0;
  double radius = 0;
  Rgb colour = {};
};

// Independent of the image's size in pixels.
struct ShapeScene {
  ShapeAttributes attributes;
  Rgb colour_jitter = {};
  // Where the shape lies between as far left (up) as it fits and as far right (down), in [0, 1].
  double place_x = 0, place_y = 0;
  // A form has kFormArea at radius 1. In units of the image's shorter side.
  double radius = 0;
  // Radians, clockwise.
  double angle = 0;
  double stripe_angle = 0;
  double stripe_phase = 0;  // of a period, in [0, 1)
  // The background runs from one colour to the other across the image in this direction.
  Rgb background_from = {}, background_to = {};
  double background_angle = 0;
  std::vector<Clutter> clutter;
};

// The law of the scenes: which values attributes take, how far shapes are turned either way
// (radians) and how much clutter there is.
struct ShapeLaw {
  int64_t forms = kShapeForms;      // the first of them
  int64_t colours = kShapeColours;  // the first of them
  double max_angle = std::numbers::pi;
  int64_t max_clutter = 3;
};

// Scene `index` of the split: depends on seed, split and index alone. Every draw is independent of
// the others; attributes are uniform.
ShapeScene DrawShapeScene(const ShapeLaw& law, uint64_t seed, absl::string_view split,
                          int64_t index);

}  // namespace dfkd

#endif  // DFKD_DATA_SHAPE_SCENE_H_
