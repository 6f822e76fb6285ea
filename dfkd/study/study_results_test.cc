#include "dfkd/study/study_results.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/files.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/testing.h"
#include "dfkd/report/pool_content.h"
#include "dfkd/report/summary.h"
#include "dfkd/study/study_file.h"
#include "dfkd/study/study_report.h"
#include "dfkd/study/study_tables.h"

namespace dfkd {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

constexpr char kStudy[] =
    "description: \"inputs <compared>\" claim: \"LTE & noise\" seed: [ 0, 1, 2 ] baseline: \"z\" "
    "arm { name: \"z\" label: \"noise\" spec: \"s\" } arm { name: \"lte\" spec: \"s\" } "
    "measure { name: \"ce\" label: \"area\" column: \"loss_ce\" statistic: AREA } ";

constexpr char kStudyOfOneArm[] =
    "description: \"d\" claim: \"c\" seed: 0 arm { name: \"a\" spec: \"s\" } ";

// Results as if runs had ended with these values, by cell and seed.
StudyResults Results(const std::string& rules,
                     const std::map<std::string, std::vector<double>>& accuracy) {
  StudyResults results;
  results.name = "inputs";
  results.command = "dfkd study inputs";
  EXPECT_OK(ParseTextproto(absl::StrCat(kStudy, rules), "study", &results.study));
  EXPECT_OK(CheckStudy(results.study));
  for (const StudyCell& cell : JudgedCells(results.study)) {
    CellResult result{cell, {}};
    for (const uint64_t seed : cell.seeds) {
      StudyRun run;
      run.folder = absl::StrCat("runs/", cell.name, "/seed-", seed);
      run.seed = seed;
      const std::vector<double>& values = accuracy.at(cell.name);
      if (seed < values.size()) {
        run.state = RunState::kFinished;
        run.metric = "test_top1";
        run.last = values[seed];
        run.best = values[seed] + 1;
        run.last_epoch = 2;
        run.measures = {{kAccuracy, values[seed]}, {"ce", 100 - values[seed]}};
        run.curve = {{1, values[seed] / 2}, {2, values[seed]}};
        run.budget.images = 2000;
        if (cell.name == "lte") {
          run.pool = PoolContent{
              .images = 500, .pixels = 128000, .images_per_class = 12.5, .data_ratio = 5};
        }
        run.budget.seconds["student"] = 90;
      }
      result.runs.push_back(std::move(run));
    }
    results.cells.push_back(std::move(result));
  }
  return results;
}

RuleResult JudgeOnly(const std::string& rule,
                     const std::map<std::string, std::vector<double>>& accuracy) {
  const StudyResults results = Results(absl::StrCat("rule { name: \"r\" ", rule, " }"), accuracy);
  return Judge(results.study.rule(0), results);
}

const std::map<std::string, std::vector<double>> kTwoOfThree = {{"z", {30, 40, 50}},
                                                                {"lte", {31, 43, 49}}};
const std::map<std::string, std::vector<double>> kThreeOfThree = {{"z", {30, 40, 50}},
                                                                  {"lte", {31, 43, 52}}};

// Differences 1, 3, -1. Of three seeds four fifths are three.
TEST(StudyRulesTest, MostSeedsCountsPairs) {
  const RuleResult missed = JudgeOnly("cell: \"lte\" than: \"z\"", kTwoOfThree);
  EXPECT_EQ(missed.verdict, Verdict::kNotHeld);
  EXPECT_EQ(missed.condition,
            "test accuracy, last epoch: lte − z greater than 0 in at least 4 of 5 seeds");
  EXPECT_EQ(missed.numbers,
            "differences +1, +3, -1; mean +1 [-1, +3]; so in 2 of 3 seeds, 3 needed");
  EXPECT_EQ(JudgeOnly("cell: \"lte\" than: \"z\"", kThreeOfThree).verdict, Verdict::kHeld);
  EXPECT_EQ(JudgeOnly("cell: \"lte\" than: \"z\" margin: 1", kThreeOfThree).verdict,
            Verdict::kNotHeld);
}

// The area is 100 less the accuracy here: LTE's lies 1, 3, 2 below.
TEST(StudyRulesTest, LessTurnsAComparisonAround) {
  EXPECT_EQ(
      JudgeOnly("cell: \"lte\" than: \"z\" measure: \"ce\" less: true", kThreeOfThree).verdict,
      Verdict::kHeld);
  EXPECT_EQ(JudgeOnly("cell: \"lte\" than: \"z\" measure: \"ce\"", kThreeOfThree).verdict,
            Verdict::kNotHeld);
  EXPECT_EQ(JudgeOnly("kind: MEAN_DIFFERENCE cell: \"lte\" than: \"z\" measure: \"ce\" less: true "
                      "margin: 1.9",
                      kThreeOfThree)
                .verdict,
            Verdict::kHeld);
  EXPECT_EQ(JudgeOnly("kind: LEVEL cell: \"z\" less: true margin: 40.5", kThreeOfThree).verdict,
            Verdict::kHeld);
}

// The mean of 1, 3, -1 is 1; resamples of three values lie between -1 and 3.
TEST(StudyRulesTest, AMeanMayHoldWhereItsIntervalDoesNot) {
  EXPECT_EQ(JudgeOnly("kind: MEAN_DIFFERENCE cell: \"lte\" than: \"z\"", kTwoOfThree).verdict,
            Verdict::kHeld);
  EXPECT_EQ(JudgeOnly("kind: INTERVAL cell: \"lte\" than: \"z\"", kTwoOfThree).verdict,
            Verdict::kNotHeld);
  EXPECT_EQ(JudgeOnly("kind: INTERVAL cell: \"lte\" than: \"z\"", kThreeOfThree).verdict,
            Verdict::kHeld);
}

TEST(StudyRulesTest, ACourseMayFallByItsMargin) {
  // Means 40 and 41, then 41 and 40.
  EXPECT_EQ(JudgeOnly("kind: NEVER_FALLS cell: [ \"z\", \"lte\" ]", kTwoOfThree).verdict,
            Verdict::kHeld);
  const RuleResult falls = JudgeOnly("kind: NEVER_FALLS cell: [ \"lte\", \"z\" ]", kTwoOfThree);
  EXPECT_EQ(falls.verdict, Verdict::kNotHeld);
  EXPECT_EQ(falls.numbers, "means 41, 40");
  EXPECT_EQ(JudgeOnly("kind: NEVER_FALLS cell: [ \"lte\", \"z\" ] margin: 1", kTwoOfThree).verdict,
            Verdict::kHeld);
}

TEST(StudyRulesTest, NothingIsJudgedBeforeEveryRunHasEnded) {
  const RuleResult result =
      JudgeOnly("cell: \"lte\" than: \"z\"", {{"z", {30, 40, 50}}, {"lte", {99}}});
  EXPECT_EQ(result.verdict, Verdict::kNotJudged);
  EXPECT_EQ(result.numbers, "lte has no value for seeds 1, 2");
}

TEST(StudyResultsTest, StatisticsAreOfTheEpochsThatHaveAValue) {
  const std::vector<std::pair<double, double>> points = {{1, 4}, {2, 1}, {4, 3}};
  EXPECT_EQ(StatisticOf(StudyMeasure::LAST, points), 3);
  EXPECT_EQ(StatisticOf(StudyMeasure::HIGHEST, points), 4);
  EXPECT_EQ(StatisticOf(StudyMeasure::LOWEST, points), 1);
  EXPECT_EQ(StatisticOf(StudyMeasure::AREA, points), 2.5 + 4);
  EXPECT_NEAR(*StatisticOf(StudyMeasure::MEAN, points), 8.0 / 3, 1e-12);
  EXPECT_EQ(StatisticOf(StudyMeasure::MEAN, {}), std::nullopt);
}

TEST(StudyResultsTest, TheBestMeanIsChosenAndTheFirstOfEquals) {
  const auto candidate = [](std::vector<double> values) {
    CellResult result;
    for (const double value : values) {
      StudyRun& run = result.runs.emplace_back();
      run.state = RunState::kFinished;
      run.choice = value;
    }
    return result;
  };
  StudyChoice choice;
  EXPECT_EQ(Choose(choice, {candidate({1, 2}), candidate({2, 3}), candidate({3, 2})}), 1);
  choice.set_least(true);
  EXPECT_EQ(Choose(choice, {candidate({1, 2}), candidate({2, 3}), candidate({0, 3})}), 0);
  std::vector<CellResult> unfinished = {candidate({1}), candidate({2})};
  unfinished[1].runs[0].state = RunState::kFailed;
  EXPECT_EQ(Choose(choice, unfinished), -1);
}

// A run's folder as dfkd writes it: area of (1, 4), (3, 2) is 6.
TEST(StudyResultsTest, ARunIsReadFromItsFolder) {
  const std::string dir = JoinPath(::testing::TempDir(), "run");
  ASSERT_OK(FileSystem::Posix()->CreateDirectories(JoinPath(dir, "student")));
  RunSummary summary;
  summary.experiment = "s";
  summary.finished = true;
  StageSummary stage;
  stage.name = "student";
  stage.metric = "test_top1";
  stage.last = 62.5;
  stage.best = 70;
  stage.last_epoch = 3;
  stage.best_epoch = 1;
  stage.budget.seconds["student"] = 2;
  summary.stages.push_back(stage);
  ASSERT_OK(WriteFileAtomically(FileSystem::Posix(), JoinPath(dir, "student/metrics.csv"),
                                "epoch,loss_ce,test_top1\r\n1,4,70\r\n2,,\r\n3,2,62.5\r\n"));
  StudyRun run;
  const Study study = Results("", kTwoOfThree).study;
  ReadStudyRun(study, dir, &run);
  EXPECT_EQ(run.state, RunState::kNotRun);  // there is no summary yet
  ASSERT_OK(WriteSummary(FileSystem::Posix(), dir, summary));
  ReadStudyRun(study, dir, &run);
  EXPECT_EQ(run.state, RunState::kFinished);
  EXPECT_THAT(run.measures, ElementsAre(Pair("accuracy", 62.5), Pair("ce", 6)));
  EXPECT_THAT(run.curve, ElementsAre(Pair(1, 70), Pair(3, 62.5)));
  EXPECT_EQ(run.seconds, 2);
  EXPECT_FALSE(run.pool.has_value());
  EXPECT_THAT(run.notes, ElementsAre());

  // What the pools keep is the student's.
  summary.stages[0].pool =
      PoolContent{.images = 500, .pixels = 128000, .images_per_class = 12.5, .data_ratio = 5};
  ASSERT_OK(WriteSummary(FileSystem::Posix(), dir, summary));
  StudyRun keeping;
  ReadStudyRun(study, dir, &keeping);
  ASSERT_TRUE(keeping.pool.has_value());
  EXPECT_EQ(keeping.pool->data_ratio, 5);

  // A column to choose by that it lacks is told of, as a measure's is.
  Study choosing = study;
  choosing.mutable_choose()->set_column("loss_kl");
  StudyRun lacking;
  ReadStudyRun(choosing, dir, &lacking);
  EXPECT_EQ(lacking.state, RunState::kFinished);
  EXPECT_EQ(lacking.choice, std::nullopt);
  EXPECT_THAT(lacking.notes, ElementsAre(AllOf(HasSubstr("metrics.csv has no value of loss_kl"),
                                               HasSubstr("it has epoch, loss_ce, test_top1"))));
}

// In the folder of a run that has finished: 62.5 % after 2 seconds.
std::string FinishedRun(const std::string& name) {
  const std::string dir = JoinPath(::testing::TempDir(), name);
  EXPECT_OK(FileSystem::Posix()->CreateDirectories(JoinPath(dir, "student/analysis")));
  RunSummary summary;
  summary.experiment = "s";
  summary.finished = true;
  StageSummary& stage = summary.stages.emplace_back();
  stage.name = "student";
  stage.metric = "test_top1";
  stage.last = stage.best = 62.5;
  stage.budget.seconds["student"] = 2;
  EXPECT_OK(WriteSummary(FileSystem::Posix(), dir, summary));
  EXPECT_OK(WriteFileAtomically(FileSystem::Posix(), JoinPath(dir, "student/metrics.csv"),
                                "epoch,test_top1\r\n1,62.5\r\n"));
  EXPECT_OK(WriteFileAtomically(FileSystem::Posix(), JoinPath(dir, "student/analysis/analysis.csv"),
                                "measure,kind,name,x,value,unit,text\r\n"
                                "diversity,value,new_to_pool,,1.25,,\r\n"
                                "diversity_2,value,new_to_pool,,2.5,,\r\n"
                                "coverage,left_out,,,,,no data\r\n"));
  return dir;
}

StudyRun ReadWithMeasures(const std::string& dir, const std::string& measures) {
  Study study;
  EXPECT_OK(ParseTextproto(absl::StrCat(kStudyOfOneArm, measures), "study", &study));
  EXPECT_OK(CheckStudy(study));
  StudyRun run;
  ReadStudyRun(study, dir, &run);
  return run;
}

TEST(StudyResultsTest, AMeasureMayBeAValueOfTheAnalysis) {
  const std::string dir = FinishedRun("analysed");
  const StudyRun run =
      ReadWithMeasures(dir,
                       "measure { name: \"d\" analysis: \"diversity.new_to_pool\" } "
                       "measure { name: \"e\" analysis: \"diversity_2.new_to_pool\" }");
  EXPECT_THAT(run.measures, ElementsAre(Pair("accuracy", 62.5), Pair("d", 1.25), Pair("e", 2.5)));
  EXPECT_THAT(run.notes, ElementsAre());

  const StudyRun lacking =
      ReadWithMeasures(dir,
                       "measure { name: \"d\" analysis: \"diversity.new_to_pol\" } "
                       "measure { name: \"c\" analysis: \"coverage.coverage\" }");
  EXPECT_EQ(lacking.state, RunState::kFinished);
  EXPECT_THAT(lacking.measures, ElementsAre(Pair("accuracy", 62.5)));
  EXPECT_THAT(lacking.notes,
              ElementsAre("analysis.csv has no value of diversity.new_to_pol; did you mean "
                          "\"diversity.new_to_pool\"?; it has diversity.new_to_pool, "
                          "diversity_2.new_to_pool",
                          "no value of coverage.coverage: coverage was left out: no data"));
}

// Of a run with pools of 48 and 32 pixels.
TEST(StudyResultsTest, AMeasureThatIsTakenOfEachSizeCountsWithItsMean) {
  const std::string dir = FinishedRun("two_sizes");
  ASSERT_OK(WriteFileAtomically(FileSystem::Posix(), JoinPath(dir, "student/analysis/analysis.csv"),
                                "measure,kind,name,x,value,unit,text\r\n"
                                "diversity_48_px,value,new_to_pool,,1,,\r\n"
                                "diversity_32_px,value,new_to_pool,,4,,\r\n"
                                "diversity_2_32_px,value,new_to_pool,,9,,\r\n"));
  const StudyRun run =
      ReadWithMeasures(dir,
                       "measure { name: \"both\" analysis: \"diversity.new_to_pool\" } "
                       "measure { name: \"one\" analysis: \"diversity_32_px.new_to_pool\" }");
  EXPECT_THAT(run.measures,
              ElementsAre(Pair("accuracy", 62.5), Pair("both", (1 + 4) / 2.0), Pair("one", 4)));
}

// 62.5 % over 2 s; the run's student asked no teacher.
TEST(StudyResultsTest, AMeasureMayBeWhatAccuracyCost) {
  const StudyRun run =
      ReadWithMeasures(FinishedRun("costs"),
                       "measure { name: \"s\" accuracy_per: SECOND } "
                       "measure { name: \"f\" accuracy_per: THOUSAND_TEACHER_FORWARDS }");
  EXPECT_THAT(run.measures, ElementsAre(Pair("accuracy", 62.5), Pair("s", 31.25)));
  EXPECT_EQ(run.notes.size(), 1u);
}

TEST(StudyReportTest, TheTableHasMeansDifferencesAndBudgets) {
  const std::string text = RenderStudyMarkdown(
      Results("rule { name: \"LTE wins\" cell: \"lte\" than: \"z\" }", kTwoOfThree));
  EXPECT_THAT(text,
              HasSubstr("| z | noise | 3 | 40.00 ± 10.00 | 41.00 ± 10.00 | baseline | - | - | "
                        "2,000 | - | - | 1 min 30 s | 60.00 ± 10.00 |\n"));
  // 31, 43, 49: mean 41, deviation sqrt((100 + 4 + 64) / 2).
  EXPECT_THAT(text,
              HasSubstr("| lte | lte | 3 | 41.00 ± 9.17 | 42.00 ± 9.17 | +1.00 [-1.00, +3.00] | "
                        "5.00 | 12.5 | 2,000 | - | - | 1 min 30 s | 59.00 ± 9.17 |"));
  EXPECT_THAT(text, HasSubstr("| LTE wins | NOT held |"));
  EXPECT_THAT(text, HasSubstr("\nData % and IPC: "));
  EXPECT_THAT(text, HasSubstr("Small-scale evidence, not the papers' numbers."));
  EXPECT_THAT(text, HasSubstr("inputs <compared>"));
}

TEST(StudyReportTest, EachRunIsALineOfTheCsv) {
  StudyResults results = Results("", {{"z", {30, 40, 50}}, {"lte", {31.5}}});
  results.cells[1].runs[1].state = RunState::kFailed;
  results.cells[1].runs[1].failure = "exit code 4: NaN, at once";
  const std::string csv = RenderStudyCsv(results);
  EXPECT_THAT(csv, HasSubstr("phase,cell,arm,seed,state,metric,last,best,last_epoch,best_epoch,ce,"
                             "pool_images,pool_pixels,pool_images_per_class,pool_data_ratio,"
                             "images,pixels,teacher_forwards,teacher_backwards,student_seconds,"
                             "seconds,folder,failure\r\n"));
  EXPECT_THAT(csv, HasSubstr("judge,lte,lte,0,finished,test_top1,31.5,32.5,2,0,68.5,500,128000,"
                             "12.5,5,2000,0,0,0,90,0,runs/lte/seed-0,\r\n"));
  EXPECT_THAT(csv, HasSubstr("judge,lte,lte,1,failed,,,,,,,,,,,,,,,,,runs/lte/seed-1,"
                             "\"exit code 4: NaN, at once\"\r\n"));
  // Of a run that keeps no images, or did not say so.
  EXPECT_THAT(csv, HasSubstr("judge,z,z,0,finished,test_top1,30,31,2,0,70,,,,,2000,0,0,0,90,"));
  EXPECT_THAT(csv, HasSubstr("judge,lte,lte,2,not run,"));
  EXPECT_THAT(DescribeStudy(results), HasSubstr("exit code 4: NaN, at once"));
}

// What the tables for people say, unrounded: 31, 43, 49 have a mean of 41 and differ from 30, 40,
// 50 by 1, 3, -1.
TEST(StudyReportTest, TablesAreThereAsCsvToo) {
  const StudyResults results = Results("rule { name: \"LTE, wins\" cell: \"lte\" than: \"z\" }",
                                       {{"z", {30, 40, 50}}, {"lte", {31, 43, 49}}});
  const std::string table = RenderStudyTableCsv(results);
  EXPECT_THAT(table, HasSubstr("cell,label,arm,role,runs,finished,accuracy_mean,accuracy_deviation,"
                               "best_mean,best_deviation,difference_mean,difference_low,"
                               "difference_high,pool_data_ratio,pool_images_per_class,images,"
                               "pixels,teacher_forwards,seconds,ce_mean,ce_deviation\r\n"));
  EXPECT_THAT(table,
              HasSubstr("\r\nz,noise,z,COMPARED,3,3,40,10,41,10,,,,,,2000,0,0,90,60,10\r\n"));
  EXPECT_THAT(table, HasSubstr("\r\nlte,lte,lte,COMPARED,3,3,41,9.1651513899"));
  EXPECT_THAT(table, HasSubstr(",1,-1,3,5,12.5,2000,0,0,90,59,9.1651513899"));
  EXPECT_EQ(RenderStudyRulesCsv(results),
            "rule,verdict,condition,numbers\r\n\"LTE, wins\",NOT held,\"test accuracy, last epoch: "
            "lte − z greater than 0 in at least 4 of 5 seeds\",\"differences +1, +3, -1; mean +1 "
            "[-1, +3]; so in 2 of 3 seeds, 3 needed\"\r\n");
  // Of one run nothing deviates, and of none nothing is known.
  const std::string fewer = RenderStudyTableCsv(Results("", {{"z", {}}, {"lte", {31}}}));
  EXPECT_THAT(fewer, HasSubstr("\r\nz,noise,z,COMPARED,3,0,,,,,,,,,,,,,,,\r\n"));
  EXPECT_THAT(fewer,
              HasSubstr("\r\nlte,lte,lte,COMPARED,3,1,31,,32,,,,,5,12.5,2000,0,0,90,69,\r\n"));
}

TEST(StudyReportTest, ThePageStandsAloneAndShowsTextAsText) {
  const std::string html = RenderStudyHtml(
      Results("rule { name: \"<b>r</b>\" cell: \"lte\" than: \"z\" }", kTwoOfThree));
  EXPECT_THAT(html, AllOf(HasSubstr("inputs &lt;compared&gt;"), HasSubstr("LTE &amp; noise"),
                          HasSubstr("&lt;b&gt;r&lt;/b&gt;"), Not(HasSubstr("<b>r</b>"))));
  EXPECT_THAT(html,
              AllOf(Not(HasSubstr("<script")), Not(HasSubstr("http")), Not(HasSubstr(" src="))));
  // A curve with a band for each of the two cells.
  EXPECT_THAT(html, AllOf(HasSubstr("<polygon class=\"area s1\""),
                          HasSubstr("<polyline class=\"curve s1\""), HasSubstr(">epoch</text>")));
}

TEST(StudyReportTest, AFactorOfNumbersHasAPlotOfItsOwn) {
  StudyResults results;
  ASSERT_OK(
      ParseTextproto("description: \"d\" claim: \"c\" seed: [ 0 ] arm { name: \"a\" spec: \"s\" } "
                     "factor { name: \"g\" unit: \"steps\" value { name: \"2\" number: 2 } "
                     "value { name: \"40\" number: 40 } }",
                     "study", &results.study));
  for (const StudyCell& cell : JudgedCells(results.study)) {
    StudyRun run;
    run.state = RunState::kFinished;
    run.measures[kAccuracy] = cell.name == "a_2" ? 50 : 75;
    results.cells.push_back({cell, {run}});
  }
  EXPECT_THAT(RenderStudyHtml(results), AllOf(HasSubstr("accuracy, last epoch by g</figcaption>"),
                                              HasSubstr("g, steps 40\na: 75.00 %")));
}

}  // namespace
}  // namespace dfkd
