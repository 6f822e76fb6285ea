#include "dfkd/data/shape_classes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>
#include <string>
#include <vector>

#include "dfkd/data/shape_forms.h"

namespace dfkd {
namespace {

using ::testing::ElementsAre;

ShapesConfig Config(const std::vector<ShapesConfig::Attribute>& attributes, int forms = 4,
                    int colours = 4) {
  ShapesConfig config;
  for (const ShapesConfig::Attribute attribute : attributes) {
    config.add_class_attributes(attribute);
  }
  config.set_forms(forms);
  config.set_colours(colours);
  return config;
}

ShapesConfig AllFour() {
  return Config(
      {ShapesConfig::FORM, ShapesConfig::FILL, ShapesConfig::COLOUR, ShapesConfig::STRIPE});
}

TEST(ShapeClasses, AreTheProductOfWhatCounts) {
  // 4 forms x 2 fills x 4 colours x 2 stripes
  EXPECT_EQ(CountShapeClasses(AllFour()), 64);
  EXPECT_EQ(CountShapeClasses(Config({ShapesConfig::FORM, ShapesConfig::FILL}, 8)), 16);
  EXPECT_EQ(CountShapeClasses(Config({ShapesConfig::COLOUR}, 8, 5)), 5);
}

TEST(ShapeClasses, AreCalledByTheirWords) {
  const std::vector<std::string> names = ShapeClassNames(AllFour());
  EXPECT_EQ(names[0], "filled red plain circle");
  EXPECT_EQ(names[1], "filled red striped circle");
  EXPECT_EQ(names[2], "filled green plain circle");
  EXPECT_EQ(names[8], "outlined red plain circle");
  EXPECT_EQ(names[63], "outlined yellow striped star");
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), 64u);
}

TEST(ShapeClasses, CountInTheOrderOfTheList) {
  EXPECT_THAT(ShapeClassNames(Config({ShapesConfig::FORM, ShapesConfig::STRIPE}, 2)),
              ElementsAre("plain circle", "striped circle", "plain square", "striped square"));
  EXPECT_THAT(ShapeClassNames(Config({ShapesConfig::STRIPE, ShapesConfig::FORM}, 2)),
              ElementsAre("plain circle", "plain square", "striped circle", "striped square"));
  EXPECT_THAT(ShapeClassNames(Config({ShapesConfig::COLOUR}, 8, 3)),
              ElementsAre("red shape", "green shape", "blue shape"));
}

TEST(ShapeClasses, AreShownInTheirPictures) {
  const ShapesConfig config = AllFour();
  const std::vector<std::string> names = ShapeClassNames(config);
  for (int64_t i = 0; i < 200; ++i) {
    const ShapeAttributes attributes = DrawShape(config, "test", i).attributes;
    const std::string shown = std::string(attributes.fill == 0 ? "filled " : "outlined ") +
                              ColourName(attributes.colour) +
                              (attributes.stripe == 0 ? " plain " : " striped ") +
                              FormName(attributes.form);
    EXPECT_EQ(shown, names[ShapeLabel(config, i)]);
  }
}

// 16 classes of form and fill: whether a shape is striped says nothing of its class.
TEST(ShapeClasses, AttributesThatDoNotCountAreDrawnInEachClass) {
  const ShapesConfig config = Config({ShapesConfig::FORM, ShapesConfig::FILL}, 8, 8);
  constexpr int64_t kEach = 400;
  std::vector<int64_t> striped(16), first_colours(16);
  for (int64_t i = 0; i < 16 * kEach; ++i) {
    const ShapeAttributes attributes = DrawShape(config, "train", i).attributes;
    striped[ShapeLabel(config, i)] += attributes.stripe;
    first_colours[ShapeLabel(config, i)] += attributes.colour < 4;
  }
  // Half of them; five deviations of a binomial count are 5 sqrt(400 / 4) = 50.
  for (int64_t label = 0; label < 16; ++label) {
    EXPECT_NEAR(striped[label], kEach / 2, 50);
    EXPECT_NEAR(first_colours[label], kEach / 2, 50);
  }
}

TEST(ShapeClasses, NothingElseMovesWithWhatCounts) {
  const ShapesConfig form = Config({ShapesConfig::FORM});
  const ShapesConfig colour = Config({ShapesConfig::COLOUR, ShapesConfig::STRIPE});
  for (int64_t i = 0; i < 50; ++i) {
    const ShapeScene a = DrawShape(form, "train", i);
    const ShapeScene b = DrawShape(colour, "train", i);
    EXPECT_EQ(a.place_x, b.place_x);
    EXPECT_EQ(a.radius, b.radius);
    EXPECT_EQ(a.angle, b.angle);
    EXPECT_EQ(a.background_from, b.background_from);
    EXPECT_EQ(a.clutter.size(), b.clutter.size());
    // Neither counts it.
    EXPECT_EQ(a.attributes.fill, b.attributes.fill);
  }
}

TEST(ShapeClasses, ShapesAreTurnedAsFarAsTheConfigSays) {
  ShapesConfig config = AllFour();
  config.set_max_angle(90);
  config.set_max_clutter(1);
  double most = 0;
  for (int64_t i = 0; i < 200; ++i) {
    const ShapeScene scene = DrawShape(config, "train", i);
    most = std::max(most, std::abs(scene.angle));
    EXPECT_LE(scene.clutter.size(), 1u);
  }
  EXPECT_LE(most, std::numbers::pi / 2);
  EXPECT_GT(most, 0.95 * std::numbers::pi / 2);
}

}  // namespace
}  // namespace dfkd
