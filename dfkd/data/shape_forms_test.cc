#include "dfkd/data/shape_forms.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numbers>
#include <set>
#include <string>

namespace dfkd {
namespace {

// Points over a square that holds every form.
void ForGrid(double step, const std::function<void(double x, double y)>& look) {
  constexpr double kHalf = 1.4;
  for (double y = -kHalf + step / 2; y < kHalf; y += step) {
    for (double x = -kHalf + step / 2; x < kHalf; x += step) look(x, y);
  }
}

TEST(ShapeForms, AllHaveOneArea) {
  constexpr double kStep = 0.007;
  for (int64_t form = 0; form < kShapeForms; ++form) {
    int64_t inside = 0;
    ForGrid(kStep, [&](double x, double y) { inside += FormDistance(form, x, y) < 0; });
    // Edges along the grid are off by up to half a step, over a length of 10 at most.
    EXPECT_NEAR(static_cast<double>(inside) * kStep * kStep, kFormArea, 0.035) << FormName(form);
  }
}

TEST(ShapeForms, LieWithinTheirReach) {
  for (int64_t form = 0; form < kShapeForms; ++form) {
    ForGrid(0.05, [&](double x, double y) {
      if (std::hypot(x, y) <= kFormReach) return;
      EXPECT_GT(FormDistance(form, x, y), 0) << FormName(form);
    });
  }
}

// Against the gradient, by the distance, stands the nearest point of the outline.
TEST(ShapeForms, DistancesLeadToTheOutline) {
  constexpr double kSmall = 1e-6;
  for (int64_t form = 0; form < kShapeForms; ++form) {
    ForGrid(0.0371, [&](double x, double y) {
      const double d = FormDistance(form, x, y);
      const double dx = (FormDistance(form, x + kSmall, y) - d) / kSmall;
      const double dy = (FormDistance(form, x, y + kSmall) - d) / kSmall;
      // A kink, where two points are equally near, has no gradient.
      if (std::abs(std::hypot(dx, dy) - 1) > 1e-3) return;
      EXPECT_NEAR(FormDistance(form, x - d * dx, y - d * dy), 0, 1e-3)
          << FormName(form) << " at " << x << ", " << y;
    });
  }
}

TEST(ShapeForms, HaveTheDistancesOfTheirGeometry) {
  // pi r^2 = 2.
  EXPECT_NEAR(FormDistance(0, 0, 0), -std::sqrt(2 / std::numbers::pi), 1e-12);
  // A square of area 2 on its corner: half diagonal 1, side sqrt(2).
  EXPECT_NEAR(FormDistance(1, 0, 0), -std::sqrt(0.5), 1e-12);
  EXPECT_NEAR(FormDistance(1, 0, -2), 1, 1e-12);
  // A triangle with circumradius R has the area 3 sqrt(3) / 4 R^2 and the inradius R / 2.
  const double radius = std::sqrt(2 * 4 / (3 * std::sqrt(3)));
  EXPECT_NEAR(FormDistance(2, 0, 0), -radius / 2, 1e-12);
  EXPECT_NEAR(FormDistance(2, 0, -radius), 0, 1e-12);
}

// So that a flipped picture shows the same form, turned by a likely angle.
TEST(ShapeForms, AreTheirOwnMirrorImages) {
  for (int64_t form = 0; form < kShapeForms; ++form) {
    ForGrid(0.1, [&](double x, double y) {
      EXPECT_NEAR(FormDistance(form, x, y), FormDistance(form, -x, y), 1e-12) << FormName(form);
    });
  }
}

TEST(ShapeForms, HaveDifferentNames) {
  std::set<std::string> names;
  for (int64_t form = 0; form < kShapeForms; ++form) names.insert(FormName(form));
  EXPECT_EQ(static_cast<int64_t>(names.size()), kShapeForms);
}

}  // namespace
}  // namespace dfkd
