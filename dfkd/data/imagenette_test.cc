#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "dfkd/core/registry.h"
#include "dfkd/core/testing.h"
#include "dfkd/data/dataset.h"
#include "dfkd/data/imagenette.pb.h"
#include "dfkd/data/picture_forge.h"
#include "google/protobuf/any.pb.h"

namespace dfkd {
namespace {

namespace fs = std::filesystem;

absl::StatusOr<std::unique_ptr<Dataset>> Make(const ImagenetteConfig& config,
                                              const DatasetContext& context = {}) {
  google::protobuf::Any any;
  any.PackFrom(config);
  return Registry<Dataset>::Get().Create(any, context, "data.source");
}

class ImagenetteTest : public ::testing::Test {
 protected:
  // Two pictures of each class to train, one to test.
  void SetUp() override {
    folder_ = ::testing::TempDir() + "/imagenette2";
    fs::remove_all(folder_);
    const std::vector<std::string> ids = {"n01440764", "n02102040", "n02979186", "n03000684",
                                          "n03028079", "n03394916", "n03417042", "n03425413",
                                          "n03445777", "n03888257"};
    ASSERT_OK(ForgeImageNetFolders(folder_, ids, 2, 1, /*seed=*/0));
    config_.set_folder(folder_);
    config_.set_size(32);
  }

  std::string folder_;
  ImagenetteConfig config_;
};

TEST_F(ImagenetteTest, ReadsTrainAndTestsOnVal) {
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> set, Make(config_));
  const Split& train = *set->split(SplitName::kTrain);
  EXPECT_EQ(set->split(SplitName::kValidation), nullptr);
  EXPECT_TRUE(train.labels().equal(at::arange(10, at::kLong).repeat_interleave(2)));
  EXPECT_TRUE(set->split(SplitName::kTest)->labels().equal(at::arange(10, at::kLong)));
  ASSERT_OK_AND_ASSIGN(const at::Tensor images, train.Images(at::arange(4, at::kLong)));
  EXPECT_EQ(images.sizes(), at::IntArrayRef({4, 3, 32, 32}));
}

TEST_F(ImagenetteTest, DrawsAValidationSplitFromTrain) {
  config_.set_validation_fraction(0.25);
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> set, Make(config_));
  EXPECT_EQ(set->split(SplitName::kTrain)->size(), 15);
  EXPECT_EQ(set->split(SplitName::kValidation)->size(), 5);
  EXPECT_EQ(set->split(SplitName::kTest)->size(), 10);
}

TEST_F(ImagenetteTest, CutsTheMiddleOutOfASlightlyLargerPicture) {
  // 64 pixels to 8/7 of 56, which is 64: the middle 56 of the file's own pixels.
  config_.set_size(56);
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> cut, Make(config_));
  config_.set_size(64);
  config_.set_shorter_side(64);
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> whole, Make(config_));
  const at::Tensor first = at::arange(1, at::kLong);
  ASSERT_OK_AND_ASSIGN(const at::Tensor middle, cut->split(SplitName::kTrain)->Images(first));
  ASSERT_OK_AND_ASSIGN(const at::Tensor all, whole->split(SplitName::kTrain)->Images(first));
  EXPECT_TRUE(middle.equal(all.slice(2, 4, 60).slice(3, 4, 60)));
}

TEST_F(ImagenetteTest, ValAloneIsEnoughToMeasure) {
  fs::remove_all(folder_ + "/train");
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> set, Make(config_));
  EXPECT_EQ(set->split(SplitName::kTrain), nullptr);
  EXPECT_EQ(set->split(SplitName::kTest)->size(), 10);
}

TEST_F(ImagenetteTest, DeclaresItsCardWithoutItsFiles) {
  google::protobuf::Any any;
  any.PackFrom(ImagenetteConfig());
  ASSERT_OK_AND_ASSIGN(const TeacherCard card,
                       Registry<Dataset>::Get().GetOutline(any, Experiment(), "data.source"));
  EXPECT_THAT(
      card.class_name(),
      ::testing::ElementsAre("tench", "English springer", "cassette player", "chain saw", "church",
                             "French horn", "garbage truck", "gas pump", "golf ball", "parachute"));
  EXPECT_EQ(card.height(), 224);
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> set, Make(config_));
  EXPECT_EQ(set->card().class_name(9), "parachute");
  EXPECT_EQ(set->card().height(), 32);
}

TEST_F(ImagenetteTest, RefusesATeacherOfAnotherSizeAndACropThatDoesNotFit) {
  EXPECT_OK(Make(config_, {.height = 32, .width = 32}));
  EXPECT_THAT(Make(config_, {.height = 224, .width = 224}),
              StatusMessageHas("Imagenette's pictures come in 32x32 pixels, but the teacher wants "
                               "224x224; set data.source's `size`"));
  config_.set_shorter_side(31);
  EXPECT_THAT(Make(config_), StatusMessageHas("shorter_side is 31; must be at least the size, 32"));
}

TEST_F(ImagenetteTest, SaysWhatIsMissingWhereItBelongsAndHowToGetIt) {
  config_.set_folder("nowhere");
  EXPECT_THAT(
      Make(config_),
      StatusHas(absl::StatusCode::kNotFound,
                "nowhere/val is missing. It belongs to Imagenette, which holds train/ID/*.JPEG "
                "and val/ID/*.JPEG, ID as n01440764: get imagenette2.tgz from "
                "https://s3.amazonaws.com/fast-ai-imageclas/imagenette2.tgz, unpack it, and name "
                "its folder in data.source's `folder`"));
  fs::remove_all(folder_ + "/train/n02102040");
  config_.set_folder(folder_);
  EXPECT_THAT(Make(config_), StatusMessageHas("train/n02102040 has no pictures; Imagenette has "
                                              "some of English springer"));
}

}  // namespace
}  // namespace dfkd
