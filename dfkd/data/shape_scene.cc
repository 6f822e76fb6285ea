#include "dfkd/data/shape_scene.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "absl/strings/str_cat.h"
#include "dfkd/core/random_stream.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

constexpr double kFullTurn = 2 * std::numbers::pi;

struct NamedColour {
  const char* name;
  Rgb value;
};

// The first four are as far apart as colours get.
constexpr NamedColour kColours[kShapeColours] = {
    {"red", {0.86, 0.12, 0.12}},       {"green", {0.12, 0.66, 0.20}},
    {"blue", {0.14, 0.28, 0.90}},      {"yellow", {0.94, 0.86, 0.10}},
    {"purple", {0.56, 0.14, 0.72}},    {"orange", {0.94, 0.52, 0.08}},
    {"turquoise", {0.08, 0.76, 0.78}}, {"pink", {0.94, 0.48, 0.70}},
};

// The draws of one picture.
class Draws {
 public:
  explicit Draws(uint64_t seed) : stream_(seed, "picture") {}

  double Uniform(double low, double high) {
    return low + (high - low) * (static_cast<double>(stream_.NextSeed() >> 11) * 0x1p-53);
  }
  // 0 .. count - 1; the remainder's bias is below count / 2^64.
  int64_t Below(int64_t count) {
    return static_cast<int64_t>(stream_.NextSeed() % static_cast<uint64_t>(count));
  }
  // A grey level and its tint.
  Rgb Muted(double darkest, double lightest, double tint) {
    const double grey = Uniform(darkest, lightest);
    Rgb colour;
    for (double& channel : colour) channel = std::clamp(grey + Uniform(-tint, tint), 0.0, 1.0);
    return colour;
  }

 private:
  RandomStream stream_;
};

// Every second one is a dot.
Clutter DrawClutter(Draws& draws) {
  Clutter clutter;
  clutter.from_x = draws.Uniform(-0.5, 0.5);
  clutter.from_y = draws.Uniform(-0.5, 0.5);
  const double length = draws.Below(2) == 0 ? 0 : draws.Uniform(0.1, 0.4);
  const double angle = draws.Uniform(0, kFullTurn);
  clutter.to_x = clutter.from_x + length * std::cos(angle);
  clutter.to_y = clutter.from_y + length * std::sin(angle);
  clutter.radius = length == 0 ? draws.Uniform(0.03, 0.08) : draws.Uniform(0.015, 0.035);
  clutter.colour = draws.Muted(0.25, 0.7, 0.08);
  return clutter;
}

}  // namespace

const char* ColourName(int64_t colour) {
  CHECK(colour >= 0 && colour < kShapeColours) << colour;
  return kColours[colour].name;
}

const Rgb& ColourValue(int64_t colour) {
  CHECK(colour >= 0 && colour < kShapeColours) << colour;
  return kColours[colour].value;
}

ShapeScene DrawShapeScene(const ShapeLaw& law, uint64_t seed, absl::string_view split,
                          int64_t index) {
  RandomStream pictures(seed, absl::StrCat("shapes_", split));
  pictures.set_counter(static_cast<uint64_t>(index));
  Draws draws(pictures.NextSeed());
  ShapeScene scene;
  scene.attributes.form = draws.Below(law.forms);
  scene.attributes.fill = draws.Below(2);
  scene.attributes.stripe = draws.Below(2);
  scene.attributes.colour = draws.Below(law.colours);
  scene.place_x = draws.Uniform(0, 1);
  scene.place_y = draws.Uniform(0, 1);
  scene.radius = draws.Uniform(0.24, 0.36);
  scene.angle = draws.Uniform(-law.max_angle, law.max_angle);
  scene.stripe_angle = draws.Uniform(0, kFullTurn);
  scene.stripe_phase = draws.Uniform(0, 1);
  scene.background_from = draws.Muted(0.6, 0.95, 0.06);
  scene.background_to = draws.Muted(0.6, 0.95, 0.06);
  scene.background_angle = draws.Uniform(0, kFullTurn);
  for (double& jitter : scene.colour_jitter) jitter = draws.Uniform(-kColourJitter, kColourJitter);
  const int64_t clutter = draws.Below(law.max_clutter + 1);
  for (int64_t i = 0; i < clutter; ++i) scene.clutter.push_back(DrawClutter(draws));
  return scene;
}

}  // namespace dfkd
