#include "dfkd/data/shape_forms.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

#include "glog/logging.h"

namespace dfkd {
namespace {

constexpr double kPi = std::numbers::pi;

struct Point {
  double x = 0;
  double y = 0;
};

using Polygon = std::vector<Point>;

// The same polygon, with kFormArea (Gauss's formula).
Polygon Scaled(Polygon polygon) {
  double twice = 0;
  for (size_t i = 0, j = polygon.size() - 1; i < polygon.size(); j = i++) {
    twice += polygon[j].x * polygon[i].y - polygon[i].x * polygon[j].y;
  }
  const double scale = std::sqrt(2 * kFormArea / std::abs(twice));
  for (Point& point : polygon) point = {scale * point.x, scale * point.y};
  return polygon;
}

// Corners at equal angles, the first of them up, at the given radii in turn.
Polygon Radial(int corners, const std::vector<double>& radii) {
  Polygon polygon;
  for (int i = 0; i < corners; ++i) {
    const double angle = 2 * kPi * i / corners;
    const double radius = radii[i % radii.size()];
    polygon.push_back({radius * std::sin(angle), -radius * std::cos(angle)});
  }
  return Scaled(std::move(polygon));
}

// Arms as wide as `width` of their length from end to end.
Polygon Cross(double width) {
  const double w = width;
  return Scaled({{-w, -1},
                 {w, -1},
                 {w, -w},
                 {1, -w},
                 {1, w},
                 {w, w},
                 {w, 1},
                 {-w, 1},
                 {-w, w},
                 {-1, w},
                 {-1, -w},
                 {-w, -w}});
}

// It points up.
Polygon Arrow() {
  return Scaled(
      {{0, -1}, {0.8, -0.1}, {0.35, -0.1}, {0.35, 1}, {-0.35, 1}, {-0.35, -0.1}, {-0.8, -0.1}});
}

double Length(double x, double y) { return std::sqrt(x * x + y * y); }

double SegmentDistance(Point p, Point a, Point b) {
  const double ex = b.x - a.x, ey = b.y - a.y;
  const double px = p.x - a.x, py = p.y - a.y;
  const double along = std::clamp((px * ex + py * ey) / (ex * ex + ey * ey), 0.0, 1.0);
  return Length(px - along * ex, py - along * ey);
}

double PolygonDistance(const Polygon& polygon, Point p) {
  double distance = 1e9;
  bool inside = false;
  for (size_t i = 0, j = polygon.size() - 1; i < polygon.size(); j = i++) {
    const Point a = polygon[j], b = polygon[i];
    distance = std::min(distance, SegmentDistance(p, a, b));
    // A ray to the right crosses the edge.
    if ((a.y > p.y) != (b.y > p.y) && p.x < a.x + (p.y - a.y) / (b.y - a.y) * (b.x - a.x)) {
      inside = !inside;
    }
  }
  return inside ? -distance : distance;
}

double CircleDistance(Point p) {
  static const double radius = std::sqrt(kFormArea / kPi);
  return Length(p.x, p.y) - radius;
}

// A square that stands on a corner, with half a disc on each of its upper edges.
double HeartDistance(Point p) {
  // The half diagonal h: h^2 (2 + pi / 2) is the area of the square and of the two halves.
  static const double h = std::sqrt(kFormArea / (2 + kPi / 2));
  // The heart reaches from -(1 / 2 + 1 / sqrt(2)) h to h; its middle lies at the origin.
  static const double middle = (0.5 - 1 / std::numbers::sqrt2) / 2 * h;
  const double x = std::abs(p.x);
  const double y = p.y + middle;
  // The disc's middle is (h / 2, -h / 2), between the corners (0, -h) and (h, 0).
  const double dx = x - h / 2, dy = y + h / 2;
  const double radius = h / std::numbers::sqrt2;
  const bool beyond_edge = x - y > h;
  const bool inside = x + std::abs(y) < h || Length(dx, dy) < radius;
  const double arc = beyond_edge ? std::abs(Length(dx, dy) - radius)
                                 : std::min(Length(x, y + h), Length(x - h, y));
  const double distance = std::min(arc, SegmentDistance({x, y}, {h, 0}, {0, h}));
  return inside ? -distance : distance;
}

// A disc of radius R without one of radius r = 0.8 R, half of R above: it lies on its back.
double MoonDistance(Point p) {
  // pi minus the lens that two discs of radius 1 and 0.8 share at a distance of 0.5.
  constexpr double kAreaAtRadiusOne = 1.5294682975764697;
  static const double outer = std::sqrt(kFormArea / kAreaAtRadiusOne);
  static const double inner = 0.8 * outer;
  static const double above = 0.5 * outer;
  // The tips, where the circles meet: x^2 + y^2 = R^2 and x^2 + (y + R / 2)^2 = r^2.
  static const double tip_y = -0.61 * outer;
  static const double tip_x = std::sqrt(outer * outer - tip_y * tip_y);
  const double from_outer = Length(p.x, p.y);
  const double from_inner = Length(p.x, p.y + above);
  double distance = Length(std::abs(p.x) - tip_x, p.y - tip_y);
  // Where the nearest point of a circle lies below the tips, it belongs to the outline.
  if (p.y * outer > tip_y * from_outer) distance = std::min(distance, std::abs(from_outer - outer));
  if ((p.y + above) * inner > (tip_y + above) * from_inner) {
    distance = std::min(distance, std::abs(from_inner - inner));
  }
  return from_outer < outer && from_inner > inner ? -distance : distance;
}

}  // namespace

const char* FormName(int64_t form) {
  static constexpr const char* kNames[kShapeForms] = {"circle", "square", "triangle", "star",
                                                      "cross",  "heart",  "moon",     "arrow"};
  CHECK(form >= 0 && form < kShapeForms) << form;
  return kNames[form];
}

double FormDistance(int64_t form, double x, double y) {
  static const auto* square = new Polygon(Radial(4, {1}));
  static const auto* triangle = new Polygon(Radial(3, {1}));
  static const auto* star = new Polygon(Radial(10, {1, 0.5}));
  static const auto* cross = new Polygon(Cross(0.4));
  static const auto* arrow = new Polygon(Arrow());
  switch (form) {
    case 0:
      return CircleDistance({x, y});
    case 1:
      return PolygonDistance(*square, {x, y});
    case 2:
      return PolygonDistance(*triangle, {x, y});
    case 3:
      return PolygonDistance(*star, {x, y});
    case 4:
      return PolygonDistance(*cross, {x, y});
    case 5:
      return HeartDistance({x, y});
    case 6:
      return MoonDistance({x, y});
    case 7:
      return PolygonDistance(*arrow, {x, y});
    default:
      LOG(FATAL) << "no form " << form;
  }
}

}  // namespace dfkd
