#include "dfkd/study/statistics.h"

#include <utility>
#include <vector>

#include "dfkd/core/files.h"
#include "dfkd/core/testing.h"
#include "dfkd/report/results.h"
#include "nlohmann/json.hpp"

namespace dfkd {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr double kRounding = 1e-12;

// Written by numpy (tools/goldens/study_statistics.py).
nlohmann::json Golden() {
  const auto text = ReadFile("dfkd/study/testdata/statistics.json");
  EXPECT_OK(text);
  return nlohmann::json::parse(*text);
}

TEST(StatisticsTest, IntervalsMeansAndDeviationsAreNumpys) {
  for (const nlohmann::json& golden : Golden()["bootstrap"]) {
    const auto values = golden["values"].get<std::vector<double>>();
    BootstrapOptions options;
    options.seed = golden["seed"];
    options.level = golden["level"];
    const Interval interval = BootstrapMean(values, options);
    EXPECT_NEAR(interval.low, golden["interval"][0], kRounding) << golden;
    EXPECT_NEAR(interval.high, golden["interval"][1], kRounding) << golden;
    const Spread spread = Spread::Of(values);
    EXPECT_NEAR(spread.mean, golden["mean"], kRounding);
    EXPECT_NEAR(spread.deviation, golden["deviation"], kRounding);
  }
}

TEST(StatisticsTest, QuantilesAreNumpys) {
  for (const nlohmann::json& golden : Golden()["quantiles"]) {
    EXPECT_NEAR(Quantile(golden["values"], golden["share"]), golden["quantile"], kRounding)
        << golden;
  }
}

TEST(StatisticsTest, AreasAreNumpys) {
  for (const nlohmann::json& golden : Golden()["areas"]) {
    std::vector<std::pair<double, double>> points;
    for (size_t i = 0; i < golden["x"].size(); ++i) {
      points.emplace_back(golden["x"][i], golden["y"][i]);
    }
    EXPECT_NEAR(AreaUnderCurve(points), golden["area"], kRounding) << golden;
  }
}

// Of two values a resample's mean is low, middle or high with chances 1/4, 1/2, 1/4: both ends of a
// 95 % interval are the values themselves, those of a 40 % interval both their mean.
TEST(StatisticsTest, TheIntervalOfTwoValuesIsWhatTheirDrawsAllow) {
  const Interval wide = BootstrapMean({1, 3});
  EXPECT_EQ(wide.low, 1);
  EXPECT_EQ(wide.high, 3);
  const Interval narrow = BootstrapMean({1, 3}, {.level = 0.4});
  EXPECT_EQ(narrow.low, 2);
  EXPECT_EQ(narrow.high, 2);
}

TEST(StatisticsTest, OnlySeedsThatBothHaveArePaired) {
  EXPECT_THAT(PairedDifferences({{0, 5}, {1, 7}, {3, 1}}, {{0, 4}, {2, 9}, {3, 3}}),
              ElementsAre(Pair(0, 1), Pair(3, -2)));
  EXPECT_THAT(PairedDifferences({{0, 5}}, {{1, 4}}), IsEmpty());
}

TEST(StatisticsTest, FourOfFiveAreThreeOfThree) {
  EXPECT_EQ(SeedsNeeded(4, 5, 5), 4);
  EXPECT_EQ(SeedsNeeded(4, 5, 3), 3);  // 2.4
  EXPECT_EQ(SeedsNeeded(4, 5, 10), 8);
  EXPECT_EQ(SeedsNeeded(4, 5, 1), 1);
  EXPECT_EQ(SeedsNeeded(5, 5, 2), 2);
}

}  // namespace
}  // namespace dfkd
