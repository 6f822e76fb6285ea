#include "dfkd/augmentations/augmentation_list.h"

#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>

#include <memory>

#include "dfkd/augmentations/augmentation_testing.h"
#include "dfkd/augmentations/horizontal_flip.pb.h"
#include "dfkd/augmentations/random_crop.pb.h"
#include "dfkd/core/testing.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/repeated_field.h"

namespace dfkd {
namespace {

using Configs = google::protobuf::RepeatedPtrField<google::protobuf::Any>;

TEST(AugmentationList, WithoutAnyIsTheIdentity) {
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<AugmentationList> list,
                       AugmentationList::Create(Configs(), "student.augmentations"));
  EXPECT_TRUE(list->empty());
  RandomStream random(0, "augmentation");
  const at::Tensor x = PlaceImages(3, 4, 4);
  EXPECT_TRUE(list->Apply(x, random).is_same(x));
}

TEST(AugmentationList, AppliesEachInOrder) {
  RandomCropConfig crop;
  HorizontalFlipConfig flip;
  flip.set_probability(1);
  Configs configs;
  configs.Add()->PackFrom(crop);
  configs.Add()->PackFrom(flip);
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<AugmentationList> list,
                       AugmentationList::Create(configs, "student.augmentations"));
  EXPECT_FALSE(list->empty());
  const at::Tensor x = PlaceImages(10, 8, 8);
  RandomStream one(0, "augmentation"), other(0, "augmentation");
  const at::Tensor cropped = MakeAugmentation(crop)->Apply(x, other);
  EXPECT_TRUE(list->Apply(x, one).equal(cropped.flip({3})));
  EXPECT_EQ(one.counter(), 2u);
}

TEST(AugmentationList, DrawsTheMovesThatItWouldApply) {
  RandomCropConfig crop;
  crop.set_padding(2);
  const HorizontalFlipConfig flip;
  Configs crop_flip, flip_crop, flip_crop_flip;
  crop_flip.Add()->PackFrom(crop);
  crop_flip.Add()->PackFrom(flip);
  flip_crop.Add()->PackFrom(flip);
  flip_crop.Add()->PackFrom(crop);
  flip_crop_flip = flip_crop;
  flip_crop_flip.Add()->PackFrom(flip);
  const at::Tensor x = PlaceImages(50, 7, 6);
  for (const Configs& configs : {Configs(), crop_flip, flip_crop, flip_crop_flip}) {
    ASSERT_OK_AND_ASSIGN(const std::unique_ptr<AugmentationList> list,
                         AugmentationList::Create(configs, "student.augmentations"));
    ASSERT_TRUE(list->moves_only());
    RandomStream one(0, "augmentation"), same(0, "augmentation");
    EXPECT_TRUE(list->Apply(x, one).equal(MoveImages(x, list->DrawMoves(BatchShape::Of(x), same))));
    EXPECT_EQ(one.counter(), same.counter());
  }
}

TEST(AugmentationList, OfTwoShiftsIsMoreThanOneMove) {
  Configs configs;
  configs.Add()->PackFrom(RandomCropConfig());
  configs.Add()->PackFrom(RandomCropConfig());
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<AugmentationList> list,
                       AugmentationList::Create(configs, "student.augmentations"));
  EXPECT_FALSE(list->moves_only());
}

TEST(AugmentationList, KeepsPixelsWhereAllOfThemDo) {
  Configs configs;
  configs.Add()->PackFrom(RandomCropConfig());
  configs.Add()->PackFrom(HorizontalFlipConfig());
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<AugmentationList> list,
                       AugmentationList::Create(configs, "student.augmentations"));
  EXPECT_TRUE(list->KeepsPixels());
}

TEST(AugmentationList, SaysWhichOneIsWrong) {
  Configs configs;
  configs.Add()->PackFrom(RandomCropConfig());
  HorizontalFlipConfig flip;
  flip.set_probability(1.5);
  configs.Add()->PackFrom(flip);
  EXPECT_THAT(
      AugmentationList::Create(configs, "student.augmentations"),
      StatusMessageIs("student.augmentations[1].HorizontalFlipConfig.probability is 1.5; must "
                      "be in [0, 1]"));
}

}  // namespace
}  // namespace dfkd
