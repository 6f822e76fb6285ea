#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dfkd/core/registry.h"
#include "dfkd/core/testing.h"
#include "dfkd/data/dataset.h"
#include "dfkd/data/imagewoof.pb.h"
#include "google/protobuf/any.pb.h"

namespace dfkd {
namespace {

TEST(ImagewoofTest, DeclaresTenDogs) {
  google::protobuf::Any any;
  any.PackFrom(ImagewoofConfig());
  ASSERT_OK_AND_ASSIGN(const TeacherCard card,
                       Registry<Dataset>::Get().GetOutline(any, Experiment(), "data.source"));
  EXPECT_THAT(
      card.class_name(),
      ::testing::ElementsAre("Shih-Tzu", "Rhodesian ridgeback", "beagle", "English foxhound",
                             "Border terrier", "Australian terrier", "golden retriever",
                             "Old English sheepdog", "Samoyed", "dingo"));
}

}  // namespace
}  // namespace dfkd
