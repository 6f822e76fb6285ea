#include "dfkd/report/chart.h"

#include <algorithm>
#include <regex>

#include "dfkd/report/plot_frame.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace dfkd {
namespace {

using ::testing::AllOf;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Chart Example(int points) {
  Chart chart{"Accuracy <by> epoch", "epoch", "%", {{"a & b", {}}}, {{"teacher", 99}}};
  for (int i = 1; i <= points; ++i) chart.series[0].points.emplace_back(i, 50 + 40.0 * i / points);
  return chart;
}

int PointsIn(const std::string& svg) {
  std::smatch match;
  if (!std::regex_search(svg, match, std::regex("points=\"([^\"]*)\""))) return 0;
  const std::string points = match[1];
  return static_cast<int>(std::count(points.begin(), points.end(), ','));
}

int Count(const std::string& text, const std::string& part) {
  int count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(NiceTicks, AreRoundAndCoverTheRange) {
  EXPECT_THAT(NiceTicks(0, 100, 5), ElementsAre(0, 20, 40, 60, 80, 100));
  EXPECT_THAT(NiceTicks(3, 97, 5), ElementsAre(0, 20, 40, 60, 80, 100));
  // Two steps of 0.225 would do: the next round one is 0.5.
  EXPECT_THAT(NiceTicks(-0.4, 0.05, 2),
              ElementsAre(DoubleNear(-0.5, 1e-12), DoubleNear(0, 1e-12), DoubleNear(0.5, 1e-12)));
}

TEST(NiceTicks, OfASingleValueSurroundIt) {
  for (double value : {0.0, 97.4, -1e-9, 1e12}) {
    const std::vector<double> ticks = NiceTicks(value, value, 5);
    ASSERT_GE(ticks.size(), 2) << value;
    EXPECT_LE(ticks.front(), value);
    EXPECT_GE(ticks.back(), value);
  }
}

TEST(NiceTicks, AreFewForEveryRange) {
  const double values[] = {-1e308, -1e16, -1, -1e-320, 0, 1e-320, 1e-9, 1, 1e16, 1e16 + 2, 1e308};
  for (double low : values) {
    for (double high : values) {
      if (low > high) continue;
      const size_t ticks = NiceTicks(low, high, 5).size();
      EXPECT_GE(ticks, 2) << low << " " << high;
      EXPECT_LE(ticks, 12) << low << " " << high;
    }
  }
}

TEST(TickLabel, ShowsAsManyDigitsAsTellNeighboursApart) {
  EXPECT_EQ(TickLabel(40, 20), "40");
  EXPECT_EQ(TickLabel(0.05, 0.05), "0.05");
  EXPECT_EQ(TickLabel(-1e-17, 0.5), "0.0");
  EXPECT_EQ(TickLabel(2e6, 1e6), "2e+06");
  EXPECT_EQ(TickLabel(2e-7, 1e-7), "2e-07");
}

TEST(RenderChart, HasAPointAndAHoverTextPerRow) {
  for (int rows : {1, 2, 30, 300}) {
    const std::string svg = RenderChart(Example(rows));
    EXPECT_EQ(PointsIn(svg), rows);
    EXPECT_EQ(Count(svg, "<title>"), rows);
  }
  EXPECT_THAT(RenderChart(Example(2)), HasSubstr("<title>epoch 1\na &amp; b: 70.00 %</title>"));
}

TEST(RenderChart, LongRunsKeepTheirPointsButShareHoverTexts) {
  const std::string svg = RenderChart(Example(1000));
  EXPECT_EQ(PointsIn(svg), 1000);
  EXPECT_LE(Count(svg, "<title>"), 401);
}

TEST(RenderChart, HasAxesLegendAndLevels) {
  EXPECT_THAT(RenderChart(Example(10)),
              AllOf(HasSubstr(">epoch</text>"), HasSubstr(">100</text>"), HasSubstr(">10</text>"),
                    HasSubstr("<b>90.00 %</b>"), HasSubstr("class=\"level\""),
                    HasSubstr("<b>99.00 %</b>")));
}

// Mean 70 and deviation 5 at the last of two points.
TEST(RenderChart, ASpreadIsABandAndStandsInTheTexts) {
  Chart chart = Example(2);
  EXPECT_EQ(Count(RenderChart(chart), "<polygon"), 0);
  chart.series[0].spread = {2.5, 5};
  EXPECT_THAT(RenderChart(chart),
              AllOf(HasSubstr("<polygon class=\"area s0\""), HasSubstr("a &amp; b: 70.00 ± 2.50 %"),
                    HasSubstr("<b>90.00 ± 5.00 %</b>")));
}

TEST(RenderChart, FractionsHaveTicksOfTheirOwn) {
  Chart chart{"Accuracy by share", "share", "%", {{"muse", {{0.375, 60}, {1, 70}}}}, {}};
  EXPECT_THAT(RenderChart(chart), AllOf(HasSubstr(">0.4</text>"), HasSubstr(">0.6</text>")));
}

TEST(RenderChart, EscapesItsTexts) {
  EXPECT_THAT(RenderChart(Example(3)), AllOf(HasSubstr("Accuracy &lt;by&gt; epoch"),
                                             Not(HasSubstr("<by>")), Not(HasSubstr("a & b"))));
}

TEST(RenderChart, WithoutPointsSaysSo) {
  EXPECT_THAT(RenderChart(Example(0)), HasSubstr("No values yet."));
  EXPECT_THAT(RenderSmallChart(Example(0)), HasSubstr("No values yet."));
}

TEST(RenderChart, NothingLiesOutsideTheFrame) {
  const std::string svg = RenderSmallChart(Example(5));
  // The first point stands at the left axis, the last at the right end of 300 - 8.
  EXPECT_THAT(svg, HasSubstr("points=\"46,"));
  EXPECT_THAT(svg, HasSubstr(" 292,"));
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, Not(HasSubstr("inf")));
}

}  // namespace
}  // namespace dfkd
