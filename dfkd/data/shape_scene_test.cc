#include "dfkd/data/shape_scene.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace dfkd {
namespace {

constexpr int64_t kMany = 4096;

std::vector<double> Attributes(const ShapeScene& scene) {
  return {static_cast<double>(scene.attributes.form), static_cast<double>(scene.attributes.fill),
          static_cast<double>(scene.attributes.stripe),
          static_cast<double>(scene.attributes.colour)};
}

std::vector<double> Nuisances(const ShapeScene& scene) {
  return {scene.place_x,
          scene.place_y,
          scene.radius,
          scene.angle,
          scene.stripe_angle,
          scene.stripe_phase,
          scene.background_from[0],
          scene.background_to[1],
          scene.background_angle,
          scene.colour_jitter[2],
          static_cast<double>(scene.clutter.size())};
}

std::vector<double> All(const ShapeScene& scene) {
  std::vector<double> all = Attributes(scene);
  for (const double value : Nuisances(scene)) all.push_back(value);
  for (const Clutter& clutter : scene.clutter) {
    all.insert(all.end(), {clutter.from_x, clutter.from_y, clutter.to_x, clutter.to_y,
                           clutter.radius, clutter.colour[0]});
  }
  return all;
}

// Pearson's coefficient of two columns.
double Correlation(const std::vector<std::vector<double>>& a, size_t i,
                   const std::vector<std::vector<double>>& b, size_t j) {
  double sa = 0, sb = 0, saa = 0, sbb = 0, sab = 0;
  const auto n = static_cast<double>(a.size());
  for (size_t k = 0; k < a.size(); ++k) {
    const double x = a[k][i], y = b[k][j];
    sa += x, sb += y, saa += x * x, sbb += y * y, sab += x * y;
  }
  return (sab - sa * sb / n) / std::sqrt((saa - sa * sa / n) * (sbb - sb * sb / n));
}

TEST(ShapeScene, IsThatOfItsSeedSplitAndIndex) {
  const std::vector<double> scene = All(DrawShapeScene({}, 3, "train", 17));
  EXPECT_EQ(All(DrawShapeScene({}, 3, "train", 17)), scene);
  EXPECT_NE(All(DrawShapeScene({}, 4, "train", 17)), scene);
  EXPECT_NE(All(DrawShapeScene({}, 3, "test", 17)), scene);
  EXPECT_NE(All(DrawShapeScene({}, 3, "train", 18)), scene);
}

TEST(ShapeScene, AttributesTakeEachValueEquallyOften) {
  std::vector<std::vector<int64_t>> seen = {std::vector<int64_t>(5), std::vector<int64_t>(2),
                                            std::vector<int64_t>(2), std::vector<int64_t>(3)};
  for (int64_t i = 0; i < kMany; ++i) {
    const std::vector<double> values =
        Attributes(DrawShapeScene({.forms = 5, .colours = 3}, 0, "train", i));
    for (size_t a = 0; a < seen.size(); ++a) ++seen[a].at(static_cast<size_t>(values[a]));
  }
  for (const std::vector<int64_t>& counts : seen) {
    const double share = 1.0 / static_cast<double>(counts.size());
    // Five deviations of a binomial count.
    const double tolerance = 5 * std::sqrt(kMany * share * (1 - share));
    for (const int64_t count : counts) EXPECT_NEAR(count, kMany * share, tolerance);
  }
}

TEST(ShapeScene, DrawsDoNotTellOfEachOther) {
  std::vector<std::vector<double>> attributes, nuisances;
  for (int64_t i = 0; i < kMany; ++i) {
    const ShapeScene scene = DrawShapeScene({}, 0, "train", i);
    attributes.push_back(Attributes(scene));
    nuisances.push_back(Nuisances(scene));
  }
  // The coefficient of independent columns has a deviation of 1 / sqrt(n).
  const double tolerance = 5 / std::sqrt(static_cast<double>(kMany));
  for (size_t j = 0; j < nuisances[0].size(); ++j) {
    for (size_t i = 0; i < attributes[0].size(); ++i) {
      EXPECT_LT(std::abs(Correlation(attributes, i, nuisances, j)), tolerance) << i << ", " << j;
    }
    for (size_t i = 0; i < j; ++i) {
      EXPECT_LT(std::abs(Correlation(nuisances, i, nuisances, j)), tolerance) << i << ", " << j;
    }
  }
}

TEST(ShapeScene, HasAsMuchClutterAsAsked) {
  size_t most = 0;
  for (int64_t i = 0; i < 100; ++i) {
    EXPECT_THAT(DrawShapeScene({.max_clutter = 0}, 0, "train", i).clutter, ::testing::IsEmpty());
    most = std::max(most, DrawShapeScene({.max_clutter = 5}, 0, "train", i).clutter.size());
  }
  EXPECT_EQ(most, 5u);
}

TEST(ShapeScene, ColoursStayThemselvesWhateverTheJitter) {
  for (int64_t a = 0; a < kShapeColours; ++a) {
    for (int64_t b = 0; b < a; ++b) {
      double apart = 0;
      for (size_t c = 0; c < 3; ++c) {
        apart = std::max(apart, std::abs(ColourValue(a)[c] - ColourValue(b)[c]));
      }
      EXPECT_GT(apart, 4 * kColourJitter) << ColourName(a) << " and " << ColourName(b);
    }
  }
}

}  // namespace
}  // namespace dfkd
