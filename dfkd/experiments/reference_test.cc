#include "dfkd/core/testing.h"
#include "dfkd/experiments/testing/golden_files.h"

namespace dfkd {
namespace {

TEST(ReferenceTest, PagesAreWhatThePluginsSayOfThemselves) {
  ASSERT_OK_AND_ASSIGN(const GoldenFiles pages, ReferencePages());
  EXPECT_EQ(DescribeStale(pages, std::string(kReferenceFolder)), "")
      << "If this is meant: tools/update_goldens, and commit what it changes.";
}

}  // namespace
}  // namespace dfkd
