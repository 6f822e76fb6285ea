#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <tuple>

#include "dfkd/core/registry.h"
#include "dfkd/core/testing.h"
#include "dfkd/data/cifar10.pb.h"
#include "dfkd/data/cifar_forge.h"
#include "dfkd/data/dataset.h"
#include "google/protobuf/any.pb.h"

namespace dfkd {
namespace {

absl::StatusOr<std::unique_ptr<Dataset>> Make(const std::string& folder, int validation = 0,
                                              const DatasetContext& context = {}) {
  Cifar10Config config;
  config.set_folder(folder);
  config.set_validation(validation);
  google::protobuf::Any any;
  any.PackFrom(config);
  return Registry<Dataset>::Get().Create(any, context, "data.source");
}

class Cifar10Test : public ::testing::Test {
 protected:
  // 12 records a file: 60 to train, 12 to test.
  void SetUp() override { ASSERT_OK(ForgeCifar(folder_, 10, 12, /*seed=*/0)); }

  const std::string folder_ = ::testing::TempDir() + "/cifar10";
};

TEST_F(Cifar10Test, ReadsTheFiveTrainFilesInOrderAndTheTestFile) {
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> cifar, Make(folder_));
  const Split& train = *cifar->split(SplitName::kTrain);
  EXPECT_EQ(train.size(), 60);
  EXPECT_EQ(cifar->split(SplitName::kValidation), nullptr);
  EXPECT_EQ(cifar->split(SplitName::kTest)->size(), 12);
  // Records 0 to 11 of a file show classes 0 to 9, 0, 1.
  EXPECT_TRUE(train.labels().equal(
      at::cat({at::arange(10, at::kLong), at::arange(2, at::kLong)}).repeat({5})));
  ASSERT_OK_AND_ASSIGN(const at::Tensor images, train.Images(at::arange(60, at::kLong)));
  EXPECT_EQ(images.sizes(), at::IntArrayRef({60, 3, 32, 32}));
  // The test file is forged first, so that the seed of record 1 of data_batch_1 is 13.
  const std::string pixels = ForgeCifarPixels(1, 10, 13);
  EXPECT_EQ(images[1][2][31][30].item<float>(),
            static_cast<float>(static_cast<unsigned char>(pixels[3070])) / 255);
}

TEST_F(Cifar10Test, HoldsOutAValidationSplitWithoutOverlap) {
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> whole, Make(folder_));
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> parts, Make(folder_, 15));
  const Split& train = *parts->split(SplitName::kTrain);
  const Split& validation = *parts->split(SplitName::kValidation);
  EXPECT_EQ(train.size(), 45);
  EXPECT_EQ(validation.size(), 15);
  const auto sums = [](const Split& split) {
    return split.Images(at::arange(split.size(), at::kLong))->to(at::kDouble).sum({1, 2, 3});
  };
  const at::Tensor together = std::get<0>(at::cat({sums(train), sums(validation)}).sort());
  EXPECT_TRUE(together.equal(std::get<0>(sums(*whole->split(SplitName::kTrain)).sort())));
  EXPECT_THAT(Make(folder_, 60),
              StatusMessageHas("validation is 60; must be less than the 60 images to train on"));
}

TEST_F(Cifar10Test, DeclaresNamesAndStatistics) {
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> cifar, Make(folder_));
  const TeacherCard& card = cifar->card();
  ASSERT_EQ(card.class_name_size(), 10);
  EXPECT_EQ(card.class_name(0), "airplane");
  EXPECT_EQ(card.class_name(9), "truck");
  EXPECT_EQ(card.normalization().mean(2), 0.4465f);
  EXPECT_EQ(card.normalization().std(0), 0.2023f);
  EXPECT_EQ(card.height(), 32);
  EXPECT_EQ(card.channels(), 3);
}

TEST_F(Cifar10Test, DeclaresItsCardWithoutItsFiles) {
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> cifar, Make(folder_));
  google::protobuf::Any any;
  any.PackFrom(Cifar10Config());
  ASSERT_OK_AND_ASSIGN(const TeacherCard card,
                       Registry<Dataset>::Get().GetOutline(any, Experiment(), "data.source"));
  EXPECT_EQ(card.SerializeAsString(), cifar->card().SerializeAsString());
}

TEST_F(Cifar10Test, RefusesATeacherOfAnotherSize) {
  EXPECT_OK(Make(folder_, 0, {.height = 32, .width = 32}));
  EXPECT_THAT(Make(folder_, 0, {.height = 64, .width = 64}),
              StatusMessageHas("CIFAR-10 has images of 32x32 pixels, but the teacher wants 64x64"));
}

TEST_F(Cifar10Test, NamesTheMissingFile) {
  EXPECT_THAT(Make("nowhere"), StatusHas(absl::StatusCode::kNotFound,
                                         "nowhere/data_batch_1.bin is missing. It is a file of "
                                         "CIFAR-10's binary version"));
}

}  // namespace
}  // namespace dfkd
