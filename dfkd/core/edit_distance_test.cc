#include "dfkd/core/edit_distance.h"

#include "dfkd/core/testing.h"

namespace dfkd {
namespace {

TEST(EditDistanceTest, CountsEdits) {
  EXPECT_EQ(EditDistance("", ""), 0u);
  EXPECT_EQ(EditDistance("", "abc"), 3u);
  EXPECT_EQ(EditDistance("epochs", "epochs"), 0u);
  EXPECT_EQ(EditDistance("epoch", "epochs"), 1u);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3u);
  // A swap of neighbours is one edit.
  EXPECT_EQ(EditDistance("losess", "losses"), 1u);
  EXPECT_EQ(EditDistance("sunday", "saturday"), EditDistance("saturday", "sunday"));
}

TEST(NearestNameTest, OffersOnlyWhatIsNear) {
  const std::vector<std::string> names = {"batch_size", "generator_steps", "bn_stat"};
  EXPECT_EQ(NearestName("generator_step", names), "generator_steps");
  EXPECT_EQ(NearestName("BN_STATS", names), "bn_stat");
  EXPECT_EQ(NearestName("learning_rate", names), "");
  EXPECT_EQ(NearestName("x", {}), "");
}

TEST(NearestNameTest, TakesTheFirstOfEqualOnes) {
  EXPECT_EQ(NearestName("abcd", {"abce", "abcf"}), "abce");
}

TEST(NearestNameTest, DidYouMeanIsASentenceOrNothing) {
  EXPECT_EQ(DidYouMean("epoch", {"epochs"}), "; did you mean \"epochs\"?");
  EXPECT_EQ(DidYouMean("epoch", {"losses"}), "");
}

}  // namespace
}  // namespace dfkd
