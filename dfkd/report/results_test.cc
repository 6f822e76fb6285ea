#include "dfkd/report/results.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace dfkd {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

StageSummary Stage(std::string name, StageRole role, double last, double best) {
  StageSummary stage;
  stage.name = std::move(name);
  stage.role = role;
  stage.metric = "test_top1";
  stage.last = last;
  stage.best = best;
  stage.last_epoch = 10;
  stage.best_epoch = 8;
  return stage;
}

KeyedSummary OneRun(std::string settings, uint64_t seed, double last, double best) {
  RunSummary summary;
  summary.experiment = settings;
  summary.seed = seed;
  summary.finished = true;
  summary.stages = {Stage("floor", StageRole::kFloor, 40, 41),
                    Stage("teacher", StageRole::kTeacher, 99, 99.5),
                    Stage("student", StageRole::kStudent, last, best)};
  summary.stages[2].budget.images = 6000;
  summary.stages[2].budget.seconds["student"] = 75;
  summary.stages[2].pool =
      PoolContent{.images = 500, .pixels = 128000, .images_per_class = 50, .data_ratio = 4.736};
  return {std::move(settings), summary};
}

TEST(Spread, IsTheMeanAndTheSamplesDeviation) {
  // Mean 4; squares 4 + 0 + 4, divided by 2: 4, whose root is 2.
  const Spread spread = Spread::Of({2, 4, 6});
  EXPECT_EQ(spread.count, 3);
  EXPECT_DOUBLE_EQ(spread.mean, 4);
  EXPECT_DOUBLE_EQ(spread.deviation, 2);
  EXPECT_EQ(spread.ToString(), "4.00 ± 2.00");
}

TEST(Spread, OfOneValueHasNoDeviation) { EXPECT_EQ(Spread::Of({97.4}).ToString(), "97.40"); }

TEST(Spread, OfNothingIsADash) {
  EXPECT_EQ(Spread::Of({}).ToString(), "-");
  EXPECT_EQ(Spread::Of({}).MeanToString(), "-");
}

TEST(Spread, TheMeanAloneHasThreeDigits) {
  EXPECT_EQ(Spread::Of({4, 6}).MeanToString(), "5.00");
  EXPECT_EQ(Spread::Of({128.25}).MeanToString(), "128");
}

TEST(AggregateResults, AveragesRunsThatDifferInTheSeed) {
  const std::vector<ResultRow> rows =
      AggregateResults({OneRun("a", 0, 96, 97), OneRun("a", 2, 98, 98.5), OneRun("b", 0, 90, 91)});
  ASSERT_EQ(rows.size(), 6);
  // Teacher, student, floor; first the settings seen first.
  EXPECT_EQ(rows[0].stage, "teacher");
  EXPECT_EQ(rows[1].stage, "student");
  EXPECT_EQ(rows[2].stage, "floor");
  EXPECT_THAT(rows[1].seeds, ElementsAre(0, 2));
  EXPECT_DOUBLE_EQ(rows[1].last.mean, 97);
  EXPECT_DOUBLE_EQ(rows[1].best.mean, 97.75);
  EXPECT_EQ(rows[1].best_epoch, 0);  // two runs have two
  EXPECT_DOUBLE_EQ(rows[1].seconds.mean, 75);
  EXPECT_EQ(rows[4].experiment, "b");
  EXPECT_DOUBLE_EQ(rows[4].last.mean, 90);
  EXPECT_EQ(rows[4].best_epoch, 8);
}

TEST(AggregateResults, ARunWithoutAResultYetDoesNotCount) {
  KeyedSummary unfinished = OneRun("a", 1, 0, 0);
  unfinished.summary.finished = false;
  unfinished.summary.stages[2].last.reset();
  const std::vector<ResultRow> rows = AggregateResults({OneRun("a", 0, 96, 97), unfinished});
  EXPECT_EQ(rows[1].last.count, 1);
  EXPECT_DOUBLE_EQ(rows[1].last.mean, 96);
  EXPECT_FALSE(rows[1].finished);
}

// A run of before pools were counted beside one of today.
TEST(AggregateResults, WhatIsKeptIsAveragedOverTheRunsThatSayIt) {
  KeyedSummary old = OneRun("a", 1, 97, 98);
  old.summary.stages[2].pool.reset();
  KeyedSummary larger = OneRun("a", 2, 97, 98);
  larger.summary.stages[2].pool->images_per_class = 60;
  larger.summary.stages[2].pool->data_ratio.reset();
  const std::vector<ResultRow> rows = AggregateResults({OneRun("a", 0, 97, 98), old, larger});
  EXPECT_EQ(rows[1].images_per_class.count, 2);
  EXPECT_DOUBLE_EQ(rows[1].images_per_class.mean, 55);  // of 50 and 60
  EXPECT_EQ(rows[1].data_ratio.count, 1);
  EXPECT_DOUBLE_EQ(rows[1].data_ratio.mean, 4.736);
  EXPECT_EQ(rows[0].images_per_class.count, 0);
}

TEST(RenderResults, SetsLastAndBestApartAndStatesTheRule) {
  EXPECT_EQ(
      RenderResults(AggregateResults({OneRun("a", 0, 97.4, 97.8)})),
      "stage    role     seeds  last %  best %  data %   IPC  images        time\n"
      "-------------------------------------------------------------------------\n"
      "teacher  teacher      0   99.00   99.50       -     -       -           -\n"
      "student  student      0   97.40   97.80    4.74  50.0   6,000  1 min 15 s\n"
      "floor    floor        0   40.00   41.00       -     -       -           -\n"
      "The result is the last epoch's. The best epoch is shown beside it for comparison only: "
      "nothing was chosen by it.\n"
      "Data % and IPC: the pixels that are kept in the end, as a share of those that the teacher "
      "was trained on, and in images of the teacher's size for each class.\n");
}

TEST(RenderResults, ExplainsWhatIsKeptOnlyWhereSomethingIs) {
  KeyedSummary online = OneRun("a", 0, 97, 98);
  online.summary.stages[2].pool.reset();
  EXPECT_THAT(RenderResults(AggregateResults({online})), Not(HasSubstr("Data %")));
}

TEST(RenderResults, NamesTheExperimentWhereThereAreSeveral) {
  const std::string text =
      RenderResults(AggregateResults({OneRun("nayer", 0, 97, 98), OneRun("one_hot", 0, 95, 96)}));
  EXPECT_THAT(text, HasSubstr("nayer       student"));
  EXPECT_THAT(text, HasSubstr("one_hot     student"));
  EXPECT_THAT(text, Not(HasSubstr("not finished")));
}

TEST(RenderResults, SaysWhenARunIsNotFinished) {
  KeyedSummary run = OneRun("a", 0, 97, 98);
  run.summary.finished = false;
  EXPECT_THAT(RenderResults(AggregateResults({run})), HasSubstr("A run is not finished"));
}

// A legend breaks lines between words; a column of metrics.csv has none.
TEST(MetricTitle, OfWhatIsMeasuredIsInWords) {
  for (const std::string split : {"test", "validation"}) {
    for (const char* metric : {"_top1", "_top5", "_miou", "_pixel_accuracy"}) {
      EXPECT_THAT(MetricTitle(split + metric), Not(HasSubstr("_"))) << split << metric;
    }
  }
}

TEST(RenderResults, OfNothingIsAnEmptyTable) { EXPECT_THAT(RenderResults({}), HasSubstr("stage")); }

}  // namespace
}  // namespace dfkd
