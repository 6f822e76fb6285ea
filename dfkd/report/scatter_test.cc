#include "dfkd/report/scatter.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace dfkd {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kCross = ScatterSeries::Mark::kCross;

TEST(Scatter, BothAxesHaveOneScale) {
  // The frame is 528 wide for the 4 units of x; of y, 1 unit lies in its middle: 296 +- 66.
  const std::string svg = RenderScatter({{"pool", {{0, 0}, {4, 1}}}});
  EXPECT_THAT(svg, HasSubstr("M32 362h0M560 230h0"));
}

TEST(Scatter, NamesAndTextsStayText) {
  ScatterSeries series{"<b>\"new\"", {{0, 0}}, kCross, 1, {"<i>cat"}};
  const std::string svg = RenderScatter({series});
  EXPECT_THAT(svg, HasSubstr("&lt;b&gt;&quot;new&quot;</text>"));
  EXPECT_THAT(svg, HasSubstr("&lt;i&gt;cat</text>"));
  EXPECT_THAT(svg, Not(HasSubstr("<b>")));
}

TEST(Scatter, TheLegendIsCutAtTwoDozen) {
  std::vector<ScatterSeries> series;
  for (int i = 0; i < 30; ++i) series.push_back({absl::StrCat("class ", i), {{i, i}}, {}, i});
  const std::string svg = RenderScatter(series);
  EXPECT_THAT(svg, HasSubstr("class 23<"));
  EXPECT_THAT(svg, Not(HasSubstr("class 24<")));
  EXPECT_THAT(svg, HasSubstr("and 6 more"));
}

TEST(Scatter, LeavesOutWhatIsNotFinite) {
  const std::string svg = RenderScatter({{"pool", {{NAN, 0}, {INFINITY, 1}}}});
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, Not(HasSubstr("inf")));
}

}  // namespace
}  // namespace dfkd
