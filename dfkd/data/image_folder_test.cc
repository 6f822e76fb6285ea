#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "dfkd/core/registry.h"
#include "dfkd/core/testing.h"
#include "dfkd/data/dataset.h"
#include "dfkd/data/image_folder.pb.h"
#include "dfkd/data/picture_forge.h"
#include "google/protobuf/any.pb.h"

namespace dfkd {
namespace {

absl::StatusOr<std::unique_ptr<Dataset>> Make(const ImageFolderConfig& config,
                                              const DatasetContext& context = {}) {
  google::protobuf::Any any;
  any.PackFrom(config);
  return Registry<Dataset>::Get().Create(any, context, "data.source");
}

absl::StatusOr<TeacherCard> Outline(const ImageFolderConfig& config) {
  google::protobuf::Any any;
  any.PackFrom(config);
  return Registry<Dataset>::Get().GetOutline(any, Experiment(), "data.source");
}

class ImageFolderTest : public ::testing::Test {
 protected:
  // Three classes: ten pictures each to train, four to test.
  void SetUp() override {
    std::filesystem::remove_all(folder_);
    ASSERT_OK(ForgeClassFolders(folder_ + "/train", 3, 10, 20, /*seed=*/0));
    ASSERT_OK(ForgeClassFolders(folder_ + "/test", 3, 4, 20, /*seed=*/1000));
    config_.set_folder(folder_);
    config_.set_size(16);
  }

  void AddClass(const std::string& folder, const std::string& name) {
    auto* one = config_.add_class_();
    one->set_folder(folder);
    if (!name.empty()) one->set_name(name);
  }

  std::string Write(const std::string& file, const std::string& text) {
    const std::filesystem::path path = folder_ + "/" + file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path.string();
  }

  const std::string folder_ = ::testing::TempDir() + "/image_folder";
  ImageFolderConfig config_;
};

TEST_F(ImageFolderTest, ReadsAFolderForEachSplitAndClass) {
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> data, Make(config_));
  const Split& train = *data->split(SplitName::kTrain);
  const Split& test = *data->split(SplitName::kTest);
  EXPECT_EQ(data->split(SplitName::kValidation), nullptr);
  EXPECT_TRUE(train.labels().equal(at::arange(3, at::kLong).repeat_interleave(10)));
  EXPECT_TRUE(test.labels().equal(at::arange(3, at::kLong).repeat_interleave(4)));
  ASSERT_OK_AND_ASSIGN(const at::Tensor images, train.Images(at::arange(30, at::kLong)));
  EXPECT_EQ(images.sizes(), at::IntArrayRef({30, 3, 16, 16}));
  const TeacherCard& card = data->card();
  ASSERT_EQ(card.class_name_size(), 3);
  EXPECT_EQ(card.class_name(2), "class_2");
  EXPECT_EQ(card.height(), 16);
  EXPECT_EQ(card.normalization().mean(0), 0.485f);
  EXPECT_EQ(card.normalization().std(2), 0.225f);
}

TEST_F(ImageFolderTest, TakesTheSizeThatTheTeacherWants) {
  EXPECT_THAT(Make(config_, {.height = 24, .width = 24}),
              StatusMessageHas("ImageFolderConfig.size is 16, but the teacher wants 24x24 pixels; "
                               "leave size out"));
  config_.clear_size();
  ASSERT_OK_AND_ASSIGN(const TeacherCard card, Outline(config_));
  EXPECT_FALSE(card.has_height());
  ASSERT_OK_AND_ASSIGN(const auto data, Make(config_, {.height = 24, .width = 20}));
  ASSERT_OK_AND_ASSIGN(const at::Tensor images,
                       data->split(SplitName::kTest)->Images(at::arange(2, at::kLong)));
  EXPECT_EQ(images.sizes(), at::IntArrayRef({2, 3, 24, 20}));
  ASSERT_OK_AND_ASSIGN(const auto large, Make(config_));
  EXPECT_EQ(large->card().height(), 224);
}

TEST_F(ImageFolderTest, TakesClassesAndTheirOrderFromTheSpec) {
  AddClass("class_2", "third");
  AddClass("class_0", "");
  ASSERT_OK_AND_ASSIGN(const TeacherCard declared, Outline(config_));
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> data, Make(config_));
  EXPECT_EQ(data->card().SerializeAsString(), declared.SerializeAsString());
  ASSERT_EQ(declared.class_name_size(), 2);
  EXPECT_EQ(declared.class_name(0), "third");
  EXPECT_EQ(declared.class_name(1), "class_0");
  const Split& train = *data->split(SplitName::kTrain);
  EXPECT_EQ(train.size(), 20);
  // The first picture is one of class_2: it is forged with seed 20.
  config_.clear_class_();
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> all, Make(config_));
  EXPECT_TRUE(train.Images(at::arange(1, at::kLong))
                  ->equal(*all->split(SplitName::kTrain)->Images(at::arange(20, 21, at::kLong))));
}

TEST_F(ImageFolderTest, TakesClassesFromAFile) {
  config_.set_class_file(Write("classes.txt", "class_1 tench, Tinca tinca\nclass_0 goldfish\n"));
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> data, Make(config_));
  EXPECT_EQ(data->card().class_name(0), "tench");
  EXPECT_EQ(data->card().class_name(1), "goldfish");
  EXPECT_EQ(data->split(SplitName::kTest)->size(), 8);
}

TEST_F(ImageFolderTest, DrawsSplitsFromOneFolder) {
  config_.set_folder(folder_ + "/train");
  config_.set_train(".");
  config_.set_validation_fraction(0.2);
  config_.set_test_fraction(0.3);
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> data, Make(config_));
  EXPECT_EQ(data->split(SplitName::kTrain)->size(), 15);
  EXPECT_EQ(data->split(SplitName::kValidation)->size(), 6);
  EXPECT_EQ(data->split(SplitName::kTest)->size(), 9);
  config_.set_split_seed(1);
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> other, Make(config_));
  EXPECT_FALSE(
      other->split(SplitName::kTest)->labels().equal(data->split(SplitName::kTest)->labels()));
}

TEST_F(ImageFolderTest, AnotherSplitsFolderIsNoClass) {
  // train: "." with the splits test/ and more/val/ beside the class folders.
  config_.set_folder(folder_ + "/train");
  config_.set_train(".");
  for (const std::string split : {"test", "more/val"}) {
    ASSERT_OK(ForgeClassFolders(folder_ + "/train/" + split, 3, 2, 20, /*seed=*/1000));
  }
  config_.set_test("test/");
  config_.set_validation("./more/val");
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> data, Make(config_));
  EXPECT_EQ(data->card().class_name_size(), 3);
  EXPECT_EQ(data->split(SplitName::kTrain)->size(), 30);
  EXPECT_EQ(data->split(SplitName::kValidation)->size(), 6);
  EXPECT_EQ(data->split(SplitName::kTest)->size(), 6);

  config_.set_folder(folder_);
  config_.set_validation("train");
  config_.set_test("test");
  EXPECT_THAT(Make(config_),
              StatusHas(absl::StatusCode::kNotFound,
                        "image_folder has no folders but those of other splits; there must be one "
                        "for each class"));
}

TEST_F(ImageFolderTest, CanGoWithoutATrainSplit) {
  config_.set_train("");
  config_.set_validation("test");
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> data, Make(config_));
  EXPECT_EQ(data->split(SplitName::kTrain), nullptr);
  EXPECT_EQ(data->split(SplitName::kValidation)->size(), 12);
  EXPECT_EQ(data->split(SplitName::kTest)->size(), 12);
}

TEST_F(ImageFolderTest, ReadsGreyPictures) {
  config_.set_channels(1);
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> data, Make(config_));
  EXPECT_EQ(data->card().channels(), 1);
  EXPECT_EQ(data->card().normalization().mean_size(), 1);
  ASSERT_OK_AND_ASSIGN(const at::Tensor images,
                       data->split(SplitName::kTrain)->Images(at::arange(2, at::kLong)));
  EXPECT_EQ(images.sizes(), at::IntArrayRef({2, 1, 16, 16}));
}

TEST_F(ImageFolderTest, NamesWhatIsMissing) {
  config_.set_folder("nowhere");
  EXPECT_THAT(Make(config_),
              StatusHas(absl::StatusCode::kNotFound,
                        "nowhere/train is missing. It is the folder of the train split, with a "
                        "folder for each class and PNG or JPEG files in those: set data.source's "
                        "`folder` and `train` to where your pictures lie"));
  config_.set_folder(folder_);
  config_.set_test("val");
  EXPECT_THAT(Make(config_), StatusMessageHas("image_folder/val is missing. It is the folder of "
                                              "the test split"));
  config_.clear_test();
  Write("test/stranger/1.png", "x");
  EXPECT_THAT(Make(config_), StatusMessageHas("test/stranger is the folder of a class that the "
                                              "train split does not have"));
  AddClass("class_0", "");
  AddClass("class_9", "");
  EXPECT_THAT(Make(config_), StatusMessageHas("train/class_9 has no pictures; each class needs "
                                              "some in the train split"));
}

TEST_F(ImageFolderTest, RefusesWhatDoesNotFitTogether) {
  const auto refused = [&](const auto& change, const std::string& message) {
    ImageFolderConfig config = config_;
    change(&config);
    EXPECT_THAT(Make(config), StatusHas(absl::StatusCode::kInvalidArgument, message));
  };
  using Config = ImageFolderConfig;
  refused([](Config* c) { c->set_channels(2); }, "channels is 2; must be 1 or 3");
  refused([](Config* c) { c->mutable_normalization()->add_mean(0.5); },
          "normalization has 1 means and 0 deviations; must have 3 of each");
  refused([](Config* c) { c->set_shorter_side(15); },
          "ImageFolderConfig.shorter_side is 15; must be at least the size, 16");
  refused(
      [](Config* c) {
        c->set_validation_fraction(0.5);
        c->set_test_fraction(0.5);
      },
      "validation_fraction + test_fraction is 1; must be less than 1");
  refused(
      [](Config* c) {
        c->set_test("test");
        c->set_test_fraction(0.5);
      },
      "test and test_fraction are both set; must be one of them");
  refused(
      [](Config* c) {
        c->add_class_()->set_folder("a");
        c->set_class_file("b");
      },
      "class and class_file are both set; must be one of them");
  refused([](Config* c) { c->add_class_()->set_folder("a/b"); },
          "class: \"a/b\" is not the name of one folder");
}

}  // namespace
}  // namespace dfkd
