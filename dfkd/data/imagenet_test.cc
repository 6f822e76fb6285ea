#include <gtest/gtest.h>

#include <set>
#include <string>

#include "dfkd/core/registry.h"
#include "dfkd/core/testing.h"
#include "dfkd/data/dataset.h"
#include "dfkd/data/imagenet.pb.h"
#include "dfkd/data/imagenet_classes.h"
#include "google/protobuf/any.pb.h"

namespace dfkd {
namespace {

absl::StatusOr<TeacherCard> Outline(const ImagenetConfig& config) {
  google::protobuf::Any any;
  any.PackFrom(config);
  return Registry<Dataset>::Get().GetOutline(any, Experiment(), "data.source");
}

TEST(ImagenetTest, DeclaresAThousandClassesInTheOrderOfTheirIds) {
  ASSERT_OK_AND_ASSIGN(const TeacherCard card, Outline(ImagenetConfig()));
  ASSERT_EQ(card.class_name_size(), 1000);
  EXPECT_EQ(std::set<std::string>(card.class_name().begin(), card.class_name().end()).size(),
            1000u);
  for (size_t i = 1; i < kImageNetClasses.size(); ++i) {
    EXPECT_LT(kImageNetClasses[i - 1].id, kImageNetClasses[i].id);
  }
  // Logits of torchvision's networks that are often quoted.
  EXPECT_EQ(card.class_name(0), "tench");
  EXPECT_EQ(card.class_name(207), "golden retriever");
  EXPECT_EQ(card.class_name(281), "tabby");
  EXPECT_EQ(card.class_name(999), "toilet tissue");
}

TEST(ImagenetTest, DeclaresItsStatisticsAndTheSize) {
  ASSERT_OK_AND_ASSIGN(TeacherCard card, Outline(ImagenetConfig()));
  EXPECT_EQ(card.normalization().mean(0), 0.485f);
  EXPECT_EQ(card.normalization().std(2), 0.225f);
  EXPECT_EQ(card.height(), 224);
  EXPECT_EQ(card.width(), 224);
  EXPECT_EQ(card.channels(), 3);
  ImagenetConfig config;
  config.set_size(96);
  ASSERT_OK_AND_ASSIGN(card, Outline(config));
  EXPECT_EQ(card.height(), 96);
}

}  // namespace
}  // namespace dfkd
