#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/conformance.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/testing.h"
#include "dfkd/data/dataset.h"
#include "dfkd/data/digits.pb.h"
#include "dfkd/testing/golden.h"
#include "google/protobuf/any.pb.h"

namespace dfkd {
namespace {

absl::StatusOr<std::unique_ptr<Dataset>> Make(const DigitsConfig& config,
                                              const DatasetContext& context = {}) {
  google::protobuf::Any any;
  any.PackFrom(config);
  return Registry<Dataset>::Get().Create(any, context, "data.source");
}

DigitsConfig Config(int size, int channels = 3) {
  DigitsConfig config;
  if (size > 0) config.set_size(size);
  config.set_channels(channels);
  return config;
}

const std::vector<std::pair<SplitName, std::string>>& Splits() {
  static const auto* splits =
      new std::vector<std::pair<SplitName, std::string>>{{SplitName::kTrain, "train"},
                                                         {SplitName::kValidation, "validation"},
                                                         {SplitName::kTest, "test"}};
  return *splits;
}

const Golden& Goldens() {
  static const auto* golden = new Golden("dfkd/data/testdata/digits.safetensors");
  return *golden;
}

at::Tensor AllImages(const Split& split) {
  return *split.Images(at::arange(split.size(), at::kLong));
}

TEST(Digits, SplitsAreThoseOfPyTorchsPermutation) {
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> digits, Make(DigitsConfig()));
  EXPECT_EQ(digits->split(SplitName::kTrain)->size(), 1000);
  EXPECT_EQ(digits->split(SplitName::kValidation)->size(), 297);
  EXPECT_EQ(digits->split(SplitName::kTest)->size(), 500);
  for (const auto& [split, name] : Splits()) {
    EXPECT_TRUE(digits->split(split)->labels().equal(Goldens()[name + ".labels"])) << name;
  }
}

TEST(Digits, ImagesEqualPyTorchsInterpolation) {
  for (const int size : {16, 32}) {
    ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> digits, Make(Config(size)));
    for (const auto& [split, name] : Splits()) {
      const at::Tensor images = AllImages(*digits->split(split));
      ASSERT_EQ(images.sizes(), at::IntArrayRef({digits->split(split)->size(), 3, size, size}));
      const std::string prefix = absl::StrCat(name, ".", size);
      EXPECT_LE(MaxDifference(images[0][0], Goldens()[prefix + ".first"]), 1e-6) << prefix;
      for (int c = 0; c < 3; ++c) {
        const at::Tensor sums = images.select(1, c).to(at::kDouble).sum({1, 2});
        // Sums of 1024 pixels at most, each exact to 1e-7.
        EXPECT_LE(MaxDifference(sums, Goldens()[prefix + ".sums"]), 1e-4) << prefix;
      }
    }
  }
}

TEST(Digits, PixelsLieBetweenZeroAndOne) {
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> digits, Make(DigitsConfig()));
  const at::Tensor images = AllImages(*digits->split(SplitName::kTrain));
  EXPECT_EQ(images.min().item<float>(), 0);
  EXPECT_EQ(images.max().item<float>(), 1);
}

TEST(Digits, DeclaresNamesNormalisationAndSize) {
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> digits, Make(Config(0, 1)));
  const TeacherCard& card = digits->card();
  ASSERT_EQ(card.class_name_size(), 10);
  EXPECT_EQ(card.class_name(0), "zero");
  EXPECT_EQ(card.class_name(9), "nine");
  ASSERT_EQ(card.normalization().mean_size(), 1);
  EXPECT_EQ(card.normalization().mean(0), 0.5f);
  EXPECT_EQ(card.normalization().std(0), 0.5f);
  EXPECT_EQ(card.height(), 16);
  EXPECT_EQ(card.width(), 16);
  EXPECT_EQ(card.channels(), 1);
  EXPECT_FALSE(card.has_accuracy());
}

TEST(Digits, TakeTheTeachersSize) {
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> digits,
                       Make(DigitsConfig(), {.height = 48, .width = 40}));
  EXPECT_EQ(digits->card().height(), 48);
  EXPECT_EQ(digits->card().width(), 40);
  const at::Tensor first =
      (*digits->split(SplitName::kTest)->Images(at::arange(1, at::kLong)))[0][0];
  EXPECT_LE(MaxDifference(first, Goldens()["test.48x40.first"]), 1e-6);
}

TEST(Digits, DeclareTheirCardUnread) {
  const auto declared = [](const DigitsConfig& config) {
    google::protobuf::Any any;
    any.PackFrom(config);
    return Registry<Dataset>::Get().GetOutline(any, Experiment(), "data.source");
  };
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> digits, Make(Config(24, 1)));
  ASSERT_OK_AND_ASSIGN(const TeacherCard card, declared(Config(24, 1)));
  EXPECT_EQ(card.SerializeAsString(), digits->card().SerializeAsString());
  // Without a size of its own the set takes the teacher's.
  ASSERT_OK_AND_ASSIGN(const TeacherCard any_size, declared(DigitsConfig()));
  EXPECT_EQ(any_size.class_name_size(), 10);
  EXPECT_FALSE(any_size.has_height() || any_size.has_width());
}

TEST(Digits, RefuseASizeThatIsNotTheTeachers) {
  EXPECT_OK(Make(Config(32), {.height = 32, .width = 32}));
  EXPECT_THAT(Make(Config(16), {.height = 32, .width = 32}),
              StatusMessageHas(
                  "DigitsConfig.size is 16, but the teacher wants 32x32 pixels; leave size out"));
}

TEST(Digits, RefuseTwoChannels) {
  EXPECT_THAT(Make(Config(16, 2)), StatusMessageHas("channels is 2; must be 1 or 3"));
}

TEST(Datasets, EveryPluginConforms) {
  EXPECT_THAT(FindConformanceViolations("dataset"), ::testing::IsEmpty());
}

}  // namespace
}  // namespace dfkd
