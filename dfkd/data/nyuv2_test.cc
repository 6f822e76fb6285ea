#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "dfkd/core/contract.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/testing.h"
#include "dfkd/data/dataset.h"
#include "dfkd/data/nyuv2.pb.h"
#include "dfkd/images/image_forge.h"
#include "google/protobuf/any.pb.h"

namespace dfkd {
namespace {

google::protobuf::Any Packed(const Nyuv2Config& config) {
  google::protobuf::Any any;
  any.PackFrom(config);
  return any;
}

absl::StatusOr<std::unique_ptr<Dataset>> Make(const Nyuv2Config& config,
                                              const DatasetContext& context = {}) {
  return Registry<Dataset>::Get().Create(Packed(config), context, "data.source");
}

class Nyuv2Test : public ::testing::Test {
 protected:
  void SetUp() override {
    config_.set_folder(::testing::TempDir() + "/nyuv2");
    config_.set_shorter_side(24);
    std::filesystem::remove_all(config_.folder());
    Forge("train", 3);
    Forge("test", 2);
  }

  // Pictures of 80 x 60 pixels whose masks hold 0 to 13, a row each in turn.
  void Forge(const std::string& split, int count) const {
    for (const std::string kind : {"image", "label"}) {
      const std::string dir = absl::StrCat(config_.folder(), "/", split, "/", kind);
      std::filesystem::create_directories(dir);
      Image image(kind == "image" ? 3 : 1, 60, 80);
      for (int64_t i = 0; i < static_cast<int64_t>(image.pixels.size()); ++i) {
        image.pixels[i] = static_cast<uint8_t>(i / 80 % 14);
      }
      for (int i = 0; i < count; ++i) {
        std::ofstream(absl::StrCat(dir, "/", i, ".png"), std::ios::binary) << ForgePng(image);
      }
    }
  }

  Nyuv2Config config_;
};

TEST_F(Nyuv2Test, ReadsPicturesWithThirteenClassesOfPixels) {
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> data, Make(config_));
  EXPECT_EQ(data->split(SplitName::kTrain)->size(), 3);
  EXPECT_EQ(data->split(SplitName::kValidation), nullptr);
  const Split& test = *data->split(SplitName::kTest);
  EXPECT_EQ(test.size(), 2);
  ASSERT_OK_AND_ASSIGN(const at::Tensor images, test.Images(at::arange(2, at::kLong)));
  EXPECT_EQ(images.sizes(), (at::IntArrayRef{2, 3, 24, 32}));
  ASSERT_OK_AND_ASSIGN(const at::Tensor masks, test.Masks(at::arange(2, at::kLong)));
  EXPECT_EQ(masks.sizes(), (at::IntArrayRef{2, 24, 32}));
  // Row i is the file's row floor(2.5 (i + 1/2)): rows 1, 3, 6, 8, 11, 13, 16 (2 again) ...
  const at::Tensor column = masks[0].select(1, 0);
  EXPECT_EQ(column[0].item<int64_t>(), 0);
  EXPECT_EQ(column[1].item<int64_t>(), 2);
  EXPECT_EQ(column[6].item<int64_t>(), 1);
}

TEST_F(Nyuv2Test, DeclaresTheSizeOfWhatIsSynthesised) {
  ASSERT_OK_AND_ASSIGN(const TeacherCard card, Registry<Dataset>::Get().GetOutline(
                                                   Packed(config_), Experiment(), "data.source"));
  EXPECT_EQ(card.class_name_size(), 13);
  EXPECT_EQ(card.class_name(0), "bed");
  EXPECT_EQ(card.class_name(12), "window");
  EXPECT_EQ(card.height(), 256);
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> data,
                       Make(config_, {.height = 128, .width = 128}));
  EXPECT_EQ(data->card().width(), 128);
  ASSERT_OK_AND_ASSIGN(const Contract contract,
                       Registry<Dataset>::Get().GetContract(Packed(config_), "data.source"));
  EXPECT_TRUE(contract.provides.Has(Capability::kMasks));
}

TEST_F(Nyuv2Test, SaysWhichFolderIsMissing) {
  config_.set_test_masks("test/seg13");
  EXPECT_THAT(Make(config_),
              StatusMessageIs(absl::StrCat(
                  config_.folder(),
                  "/test/seg13 is missing. It belongs to NYUv2 with 13 classes: pictures and their "
                  "masks in folders that data.source's `folder` and `test_masks` name "
                  "(docs/data.md tells where to get them)")));
  config_.set_test_images("");
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> data, Make(config_));
  EXPECT_EQ(data->split(SplitName::kTest), nullptr);
  config_.set_train_images("");
  EXPECT_THAT(Make(config_), StatusMessageIs("train_images and test_images are both empty"));
}

}  // namespace
}  // namespace dfkd
