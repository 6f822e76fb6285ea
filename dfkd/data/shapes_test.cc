#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/bincount.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "dfkd/core/registry.h"
#include "dfkd/core/testing.h"
#include "dfkd/data/dataset.h"
#include "dfkd/data/shapes.pb.h"
#include "google/protobuf/any.pb.h"

namespace dfkd {
namespace {

absl::StatusOr<std::unique_ptr<Dataset>> Make(const ShapesConfig& config,
                                              const DatasetContext& context = {}) {
  google::protobuf::Any any;
  any.PackFrom(config);
  return Registry<Dataset>::Get().Create(any, context, "data.source");
}

// Of six classes.
ShapesConfig Config(int train = 30) {
  ShapesConfig config;
  config.add_class_attributes(ShapesConfig::FORM);
  config.add_class_attributes(ShapesConfig::STRIPE);
  config.set_forms(3);
  config.set_size(16);
  config.set_train(train);
  config.set_validation(12);
  config.set_test(18);
  return config;
}

at::Tensor Images(const Dataset& data, SplitName name, int64_t count) {
  return *data.split(name)->Images(at::arange(count, at::kLong));
}

TEST(Shapes, HaveTheSplitsThatWereAskedFor) {
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> shapes, Make(Config()));
  EXPECT_EQ(shapes->split(SplitName::kTrain)->size(), 30);
  EXPECT_EQ(shapes->split(SplitName::kValidation)->size(), 12);
  EXPECT_EQ(shapes->split(SplitName::kTest)->size(), 18);
  ShapesConfig config = Config();
  config.set_validation(0);
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> without, Make(config));
  EXPECT_EQ(without->split(SplitName::kValidation), nullptr);
}

TEST(Shapes, EachClassIsEquallyOften) {
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> shapes, Make(Config()));
  const at::Tensor counts = at::bincount(shapes->split(SplitName::kTrain)->labels());
  ASSERT_EQ(counts.numel(), 6);
  EXPECT_TRUE(counts.eq(5).all().item<bool>());
}

TEST(Shapes, PicturesDependOnNeitherTheirNumberNorTheRun) {
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> few, Make(Config(10)));
  // More than are drawn at a time.
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> many, Make(Config(1500)));
  const at::Tensor images = Images(*few, SplitName::kTrain, 10);
  EXPECT_TRUE(images.equal(Images(*many, SplitName::kTrain, 10)));
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> again, Make(Config(1500)));
  EXPECT_TRUE(
      Images(*again, SplitName::kTrain, 1500).equal(Images(*many, SplitName::kTrain, 1500)));
}

TEST(Shapes, SeedsAndSplitsShowOtherPictures) {
  ShapesConfig config = Config();
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> shapes, Make(config));
  config.set_seed(1);
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> others, Make(config));
  const at::Tensor train = Images(*shapes, SplitName::kTrain, 12);
  const at::Tensor validation = Images(*shapes, SplitName::kValidation, 12);
  const at::Tensor test = Images(*shapes, SplitName::kTest, 12);
  const at::Tensor other = Images(*others, SplitName::kTrain, 12);
  for (int64_t i = 0; i < 12; ++i) {
    EXPECT_FALSE(train[i].equal(validation[i]));
    EXPECT_FALSE(train[i].equal(test[i]));
    EXPECT_FALSE(validation[i].equal(test[i]));
    EXPECT_FALSE(train[i].equal(other[i]));
  }
}

TEST(Shapes, PicturesComeInTheOrderAskedFor) {
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> shapes, Make(Config()));
  const at::Tensor first = Images(*shapes, SplitName::kTest, 5);
  const auto backwards = shapes->split(SplitName::kTest)->Images(at::arange(4, -1, -1, at::kLong));
  ASSERT_OK(backwards);
  EXPECT_TRUE(backwards->equal(first.flip(0)));
  EXPECT_EQ(first.sizes(), at::IntArrayRef({5, 3, 16, 16}));
  EXPECT_GE(first.min().item<float>(), 0);
  EXPECT_LE(first.max().item<float>(), 1);
}

TEST(Shapes, DeclareNamesNormalisationAndSize) {
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> shapes, Make(Config()));
  const TeacherCard& card = shapes->card();
  ASSERT_EQ(card.class_name_size(), 6);
  EXPECT_EQ(card.class_name(5), "striped triangle");
  ASSERT_EQ(card.normalization().mean_size(), 3);
  EXPECT_EQ(card.normalization().mean(0), 0.5f);
  EXPECT_EQ(card.normalization().std(2), 0.5f);
  EXPECT_EQ(card.height(), 16);
  EXPECT_EQ(card.width(), 16);
  EXPECT_EQ(card.channels(), 3);
}

TEST(Shapes, DeclareTheirCardUndrawn) {
  const auto declared = [](const ShapesConfig& config) {
    google::protobuf::Any any;
    any.PackFrom(config);
    return Registry<Dataset>::Get().GetOutline(any, Experiment(), "data.source");
  };
  ShapesConfig config = Config();
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> shapes, Make(config));
  ASSERT_OK_AND_ASSIGN(const TeacherCard card, declared(config));
  EXPECT_EQ(card.SerializeAsString(), shapes->card().SerializeAsString());
  // Without a size of its own the set takes the teacher's.
  config.clear_size();
  ASSERT_OK_AND_ASSIGN(const TeacherCard any_size, declared(config));
  EXPECT_FALSE(any_size.has_height() || any_size.has_width());
}

TEST(Shapes, TakeTheTeachersSize) {
  ShapesConfig config = Config();
  EXPECT_THAT(Make(config, {.height = 32, .width = 32}),
              StatusMessageHas(
                  "ShapesConfig.size is 16, but the teacher wants 32x32 pixels; leave size out"));
  config.clear_size();
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> shapes,
                       Make(config, {.height = 20, .width = 24}));
  EXPECT_EQ(Images(*shapes, SplitName::kTest, 2).sizes(), at::IntArrayRef({2, 3, 20, 24}));
  EXPECT_THAT(Make(config, {.height = 256, .width = 256}),
              StatusMessageHas("the teacher wants 256x256 pixels; shapes have 16 to 224"));
}

TEST(Shapes, MayHaveAClassForEachPixel) {
  ShapesConfig config = Config();
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> plain, Make(config));
  EXPECT_FALSE(plain->split(SplitName::kTest)->has_masks());
  config.set_masks(true);
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> shapes, Make(config));
  const Split& test = *shapes->split(SplitName::kTest);
  ASSERT_TRUE(test.has_masks());
  EXPECT_TRUE(test.labels().eq(-1).all().item<bool>());
  const std::vector<std::string> names(shapes->card().class_name().begin(),
                                       shapes->card().class_name().end());
  EXPECT_EQ(names, (std::vector<std::string>{"background", "circle", "square", "triangle"}));
  // Pictures are the same, and picture i shows the form (i mod 6) / 2 and nothing else.
  EXPECT_TRUE(Images(*shapes, SplitName::kTest, 6).equal(Images(*plain, SplitName::kTest, 6)));
  ASSERT_OK_AND_ASSIGN(const at::Tensor masks, test.Masks(at::arange(6, at::kLong)));
  ASSERT_EQ(masks.sizes(), (at::IntArrayRef{6, 16, 16}));
  for (int64_t i = 0; i < 6; ++i) {
    EXPECT_EQ(masks[i].max().item<int64_t>(), 1 + i / 2);
    EXPECT_TRUE(masks[i].eq(0).logical_or(masks[i].eq(1 + i / 2)).all().item<bool>());
    EXPECT_GT(masks[i].ne(0).sum().item<int64_t>(), 0);
  }
}

TEST(Shapes, RefuseAnAttributeThatCountsTwice) {
  ShapesConfig config = Config();
  config.add_class_attributes(ShapesConfig::FORM);
  EXPECT_THAT(Make(config),
              StatusMessageHas("class_attributes holds FORM twice; each counts once"));
}

TEST(Shapes, RefuseToHaveOneClass) {
  ShapesConfig config = Config();
  config.clear_class_attributes();
  EXPECT_THAT(Make(config), StatusMessageHas("class_attributes has 0 items; must have at least 1"));
}

}  // namespace
}  // namespace dfkd
