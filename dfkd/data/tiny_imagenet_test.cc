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
#include "dfkd/data/picture_forge.h"
#include "dfkd/data/tiny_imagenet.pb.h"
#include "google/protobuf/any.pb.h"

namespace dfkd {
namespace {

absl::StatusOr<std::unique_ptr<Dataset>> Make(const TinyImagenetConfig& config,
                                              const DatasetContext& context = {}) {
  google::protobuf::Any any;
  any.PackFrom(config);
  return Registry<Dataset>::Get().Create(any, context, "data.source");
}

absl::StatusOr<TeacherCard> Outline(const TinyImagenetConfig& config) {
  google::protobuf::Any any;
  any.PackFrom(config);
  return Registry<Dataset>::Get().GetOutline(any, Experiment(), "data.source");
}

class TinyImagenetTest : public ::testing::Test {
 protected:
  // Two pictures of each class to train, one to test.
  static void SetUpTestSuite() { ASSERT_OK(ForgeTinyImageNet(Folder(), 2, 1, /*seed=*/0)); }
  static std::string Folder() { return ::testing::TempDir() + "/tiny-imagenet-200"; }
  void SetUp() override { config_.set_folder(Folder()); }

  // `text` in place of one of the files.
  absl::Status MakeWith(const std::string& file, const std::string& text) {
    const std::string path = Folder() + "/" + file;
    std::filesystem::rename(path, path + ".kept");
    std::ofstream(path) << text;
    const absl::Status status = Make(config_).status();
    std::filesystem::rename(path + ".kept", path);
    return status;
  }

  TinyImagenetConfig config_;
};

TEST_F(TinyImagenetTest, ReadsTrainByClassAndTestsOnVal) {
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> tiny, Make(config_));
  const Split& train = *tiny->split(SplitName::kTrain);
  const Split& test = *tiny->split(SplitName::kTest);
  EXPECT_EQ(tiny->split(SplitName::kValidation), nullptr);
  EXPECT_TRUE(train.labels().equal(at::arange(200, at::kLong).repeat_interleave(2)));
  // The annotations are forged from the last class to the first.
  EXPECT_TRUE(test.labels().equal(at::arange(199, -1, -1, at::kLong)));
  ASSERT_OK_AND_ASSIGN(const at::Tensor images, train.Images(at::arange(4, at::kLong)));
  ASSERT_EQ(images.sizes(), at::IntArrayRef({4, 3, 64, 64}));
  // Classes 0 and 1 differ in the stripes' direction: the mean of each row, then of each column.
  EXPECT_GT(images[0][0].mean(1).std().item<float>(), 2 * images[0][0].mean(0).std().item<float>());
  EXPECT_GT(images[2][0].mean(0).std().item<float>(), 2 * images[2][0].mean(1).std().item<float>());
}

TEST_F(TinyImagenetTest, DrawsAValidationSplitFromTrain) {
  config_.set_validation_fraction(0.25);
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> tiny, Make(config_));
  EXPECT_EQ(tiny->split(SplitName::kTrain)->size(), 300);
  EXPECT_EQ(tiny->split(SplitName::kValidation)->size(), 100);
  EXPECT_EQ(tiny->split(SplitName::kTest)->size(), 200);
}

TEST_F(TinyImagenetTest, DeclaresItsCardWithoutItsFiles) {
  ASSERT_OK_AND_ASSIGN(const TeacherCard card, Outline(TinyImagenetConfig()));
  ASSERT_EQ(card.class_name_size(), 200);
  EXPECT_EQ(card.class_name(0), "goldfish");
  EXPECT_EQ(card.class_name(199), "acorn");
  EXPECT_EQ(card.normalization().mean(0), 0.5f);
  EXPECT_EQ(card.normalization().std(2), 0.5f);
  EXPECT_EQ(card.height(), 64);
  EXPECT_EQ(card.width(), 64);
  EXPECT_EQ(card.channels(), 3);
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> tiny, Make(config_));
  EXPECT_EQ(tiny->card().SerializeAsString(), card.SerializeAsString());
}

TEST_F(TinyImagenetTest, DeclaresImageNetsStatisticsWhereAsked) {
  config_.set_statistics(TinyImagenetConfig::IMAGENET);
  ASSERT_OK_AND_ASSIGN(const TeacherCard card, Outline(config_));
  EXPECT_EQ(card.normalization().mean(0), 0.485f);
  EXPECT_EQ(card.normalization().std(2), 0.225f);
}

TEST_F(TinyImagenetTest, RefusesATeacherOfAnotherSize) {
  EXPECT_OK(Make(config_, {.height = 64, .width = 64}));
  EXPECT_THAT(
      Make(config_, {.height = 32, .width = 32}),
      StatusMessageHas("Tiny-ImageNet has images of 64x64 pixels, but the teacher wants 32x32"));
}

TEST_F(TinyImagenetTest, SaysWhichFileIsMissingWhereItBelongsAndHowToGetIt) {
  config_.set_folder("nowhere");
  EXPECT_THAT(Make(config_),
              StatusHas(absl::StatusCode::kNotFound,
                        "nowhere/wnids.txt is missing. It belongs to Tiny-ImageNet, which holds "
                        "wnids.txt, train/ID/images/ and val/ with val_annotations.txt and "
                        "images/: get tiny-imagenet-200.zip (248,100,043 bytes, MD5 "
                        "90528d7ca1a48142e341f4ef8d21d0de) from "
                        "http://cs231n.stanford.edu/tiny-imagenet-200.zip, unpack it, and name its "
                        "folder in data.source's `folder`"));
}

TEST_F(TinyImagenetTest, RefusesOtherClassesAndAnnotations) {
  EXPECT_THAT(MakeWith("wnids.txt", "n01440764\n"),
              StatusMessageHas("wnids.txt names n01440764, which is not one of the 200 classes"));
  EXPECT_THAT(MakeWith("wnids.txt", "n01443537\n"),
              StatusMessageHas("wnids.txt does not name n01629819; must name the 200 classes"));
  EXPECT_THAT(
      MakeWith("val/val_annotations.txt", "val_0.JPEG\tn01443537\t0\n../x\tn01443537\t0\n"),
      StatusMessageHas("val_annotations.txt, line 2: must begin with a file's name, a tab"));
  EXPECT_THAT(MakeWith("val/val_annotations.txt", "absent.JPEG\tn01443537\t0\n"),
              StatusMessageHas("val/images/absent.JPEG is missing. It belongs to Tiny-ImageNet"));
}

}  // namespace
}  // namespace dfkd
