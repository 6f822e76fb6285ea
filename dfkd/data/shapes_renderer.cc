#include "dfkd/data/shapes_renderer.h"

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>

#include "dfkd/data/shape_forms.h"
#include "glog/logging.h"

#ifndef _OPENMP
#error "at::parallel_for is a plain loop here; the target needs copts = PARALLEL_COPTS"
#endif

namespace dfkd {
namespace {

// In units of a form's radius.
constexpr double kStrokeWidth = 0.2;
constexpr double kStripePeriod = 0.55;
// Every second stripe is the shape's colour times this.
constexpr double kDarkStripe = 0.25;

// The part of a pixel that lies inside of an edge, from the signed distance between the pixel's
// middle and the edge, in pixels: exact for an edge along the grid.
double Coverage(double distance) { return std::clamp(0.5 - distance, 0.0, 1.0); }

void Blend(const Rgb& over, double coverage, Rgb* under) {
  for (size_t c = 0; c < under->size(); ++c) (*under)[c] += coverage * (over[c] - (*under)[c]);
}

// A scene laid out on a grid of pixels, whose middles are at (0.5, 0.5), (1.5, 0.5), ...
class Canvas {
 public:
  Canvas(const ShapeScene& scene, int64_t height, int64_t width)
      : scene_(scene),
        height_(static_cast<double>(height)),
        width_(static_cast<double>(width)),
        unit_(std::min(height_, width_)),
        radius_(scene.radius * unit_),
        reach_(kFormReach * radius_),
        middle_x_(reach_ + scene.place_x * (width_ - 2 * reach_)),
        middle_y_(reach_ + scene.place_y * (height_ - 2 * reach_)),
        cos_(std::cos(scene.angle)),
        sin_(std::sin(scene.angle)),
        stripe_x_(std::cos(scene.stripe_angle)),
        stripe_y_(std::sin(scene.stripe_angle)),
        background_x_(std::cos(scene.background_angle)),
        background_y_(std::sin(scene.background_angle)) {
    const Rgb& value = ColourValue(scene.attributes.colour);
    for (size_t c = 0; c < value.size(); ++c) {
      light_[c] = value[c] + scene.colour_jitter[c];
      dark_[c] = kDarkStripe * light_[c];
    }
  }

  Rgb Background(double x, double y) const {
    // From -1 to 1 across the image's diagonal.
    const double along = 2 *
                         ((x - width_ / 2) * background_x_ + (y - height_ / 2) * background_y_) /
                         std::sqrt(height_ * height_ + width_ * width_);
    Rgb colour = scene_.background_from;
    Blend(scene_.background_to, (1 + along) / 2, &colour);
    for (const Clutter& clutter : scene_.clutter) {
      Blend(clutter.colour, Coverage(ClutterDistance(clutter, x, y)), &colour);
    }
    return colour;
  }

  // How much of the pixel the shape covers.
  double ShapeCoverage(double x, double y) const {
    const double dx = x - middle_x_, dy = y - middle_y_;
    if (std::max(std::abs(dx), std::abs(dy)) > reach_ + 1) return 0;
    const double distance =
        radius_ * FormDistance(scene_.attributes.form, (dx * cos_ + dy * sin_) / radius_,
                               (dy * cos_ - dx * sin_) / radius_);
    const double hole =
        scene_.attributes.fill == 0 ? 0 : Coverage(distance + kStrokeWidth * radius_);
    return Coverage(distance) - hole;
  }

  // The shape's colour there, were it to cover all.
  Rgb Ink(double x, double y) const {
    if (scene_.attributes.stripe == 0) return light_;
    const double period = kStripePeriod * radius_;
    const double along =
        ((x - middle_x_) * stripe_x_ + (y - middle_y_) * stripe_y_) / period + scene_.stripe_phase;
    // Light from 0 to 1/2 of a period, dark from 1/2 to 1.
    const double from_middle_of_light = std::abs(along - std::floor(along + 0.25) - 0.25);
    Rgb ink = dark_;
    Blend(light_, Coverage((from_middle_of_light - 0.25) * period), &ink);
    return ink;
  }

 private:
  double ClutterDistance(const Clutter& clutter, double x, double y) const {
    const double px = (x - width_ / 2) / unit_ - clutter.from_x;
    const double py = (y - height_ / 2) / unit_ - clutter.from_y;
    const double ex = clutter.to_x - clutter.from_x, ey = clutter.to_y - clutter.from_y;
    const double square = ex * ex + ey * ey;
    const double along = square == 0 ? 0 : std::clamp((px * ex + py * ey) / square, 0.0, 1.0);
    const double qx = px - along * ex, qy = py - along * ey;
    return unit_ * (std::sqrt(qx * qx + qy * qy) - clutter.radius);
  }

  const ShapeScene& scene_;
  const double height_, width_, unit_;
  const double radius_, reach_, middle_x_, middle_y_;  // pixels
  const double cos_, sin_, stripe_x_, stripe_y_, background_x_, background_y_;
  Rgb light_, dark_;
};

uint8_t ToByte(double value) {
  return static_cast<uint8_t>(std::clamp(value, 0.0, 1.0) * 255 + 0.5);
}

// image [3, H, W], mask [H, W].
void RenderShape(const ShapeScene& scene, int64_t height, int64_t width, uint8_t* image,
                 uint8_t* mask) {
  const Canvas canvas(scene, height, width);
  const auto form = static_cast<uint8_t>(scene.attributes.form + 1);
  for (int64_t row = 0; row < height; ++row) {
    for (int64_t column = 0; column < width; ++column) {
      const double x = static_cast<double>(column) + 0.5, y = static_cast<double>(row) + 0.5;
      Rgb colour = canvas.Background(x, y);
      const double coverage = canvas.ShapeCoverage(x, y);
      if (coverage > 0) Blend(canvas.Ink(x, y), coverage, &colour);
      const int64_t at = row * width + column;
      for (int64_t c = 0; c < 3; ++c) image[c * height * width + at] = ToByte(colour[c]);
      mask[at] = coverage >= 0.5 ? form : uint8_t{0};
    }
  }
}

}  // namespace

ShapePictures RenderShapes(const std::vector<ShapeScene>& scenes, int64_t height, int64_t width) {
  CHECK(height > 0 && width > 0) << height << "x" << width;
  const auto count = static_cast<int64_t>(scenes.size());
  ShapePictures pictures;
  pictures.images = at::empty({count, 3, height, width}, at::kByte);
  pictures.masks = at::empty({count, height, width}, at::kByte);
  uint8_t* images = pictures.images.mutable_data_ptr<uint8_t>();
  uint8_t* masks = pictures.masks.mutable_data_ptr<uint8_t>();
  const int64_t pixels = height * width;
  at::parallel_for(0, count, /*grain_size=*/16, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      RenderShape(scenes[i], height, width, images + i * 3 * pixels, masks + i * pixels);
    }
  });
  return pictures;
}

}  // namespace dfkd
