#include "dfkd/report/html_report.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>

#include <regex>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "dfkd/core/testing.h"
#include "dfkd/report/html.h"
#include "dfkd/report/png.h"
#include "dfkd/report/pool_content.h"
#include "dfkd/report/recorder.h"
#include "dfkd/report/test_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace dfkd {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kHostile[] = "<script>alert('x')</script>\"&";

// A finished run in `dir` with a teacher, a floor and a student of `epochs` epochs, whose accuracy
// is `accuracy` in the end.
RunFolder MakeRun(const std::string& dir, uint64_t seed, double accuracy, int64_t epochs,
                  const std::string& spec = "") {
  RunSummary summary;
  summary.experiment = "digits_nayer";
  summary.description = "a student without data";
  summary.seed = seed;
  summary.finished = true;
  for (const char* name : {"teacher", "floor", "student"}) {
    std::unique_ptr<Recorder> recorder =
        Recorder::Open(JoinPath(dir, name), FileSystem::Posix()).value();
    recorder->SetClassNames({"zero", "one"});
    StageSummary stage;
    stage.name = name;
    stage.role = *ParseStageRole(name);
    stage.metric = "test_top1";
    stage.evaluated_images = 500;
    stage.budget.seconds["student"] = 12.5;
    const bool student = stage.role == StageRole::kStudent;
    stage.last = student ? accuracy : stage.role == StageRole::kTeacher ? 99.25 : 38.5;
    stage.best = *stage.last + 0.25;
    stage.last_epoch = epochs;
    stage.best_epoch = 1;
    if (student) {
      stage.budget.images = 6000;
      stage.pool = PoolContent{
          .images = 450, .pixels = 115200, .images_per_class = 225, .data_ratio = 4.736};
    }
    for (int64_t epoch = 1; epoch <= epochs; ++epoch) {
      MetricsRow row = {{"loss_kl", 1.0 / static_cast<double>(epoch)},
                        {"test_top1", epoch == epochs ? *stage.last : *stage.best}};
      stage.budget.AddTo(&row);
      if (stage.pool) stage.pool->AddTo(&row);
      CHECK(recorder->WriteRow(epoch, row).ok());
    }
    if (student) {
      const at::Tensor images = at::full({2, 1, 8, 8}, 9, at::TensorOptions().dtype(at::kByte));
      CHECK(recorder->WriteSamples(epochs, "pool", images, at::arange(2, at::kLong)).ok());
      WriteTestFile(JoinPath(dir, "student/last.safetensors"), "");
      stage.weights = "student/last.safetensors";
    }
    summary.stages.push_back(stage);
  }
  CHECK(WriteSummary(FileSystem::Posix(), dir, summary).ok());
  WriteTestFile(JoinPath(dir, "command.txt"), absl::StrCat("dfkd run digits_nayer --seed=", seed));
  WriteTestFile(JoinPath(dir, "resolved.textproto"),
                absl::StrCat("train { seed: ", seed, " epochs: ", epochs, " }", spec));
  return ReadRunFolder(dir).value();
}

int Count(const std::string& text, const std::string& part) {
  int count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// What a browser would fetch or run.
void ExpectStandsAlone(const std::string& html) {
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("<link")));
  EXPECT_THAT(html, Not(HasSubstr("<iframe")));
  EXPECT_THAT(html, Not(HasSubstr("@import")));
  EXPECT_THAT(html, Not(HasSubstr("url(")));
  const std::regex reference("(src|href|action|data)\\s*=\\s*\"([^\"]{0,12})");
  for (std::sregex_iterator it(html.begin(), html.end(), reference), end; it != end; ++it) {
    const std::string target = (*it)[2];
    EXPECT_TRUE(absl::StartsWith(target, "#") || absl::StartsWith(target, "data:image/p") ||
                absl::StartsWith(target, "data:image/s"))
        << target;
  }
}

TEST(HtmlReport, StandsAlone) {
  ExpectStandsAlone(RenderHtmlReport({MakeRun(FreshFolder(), 0, 97.25, 3)}));
}

TEST(HtmlReport, HoldsEveryNumber) {
  const std::string html = RenderHtmlReport({MakeRun(FreshFolder(), 5, 97.25, 3)});
  for (const char* text : {"digits_nayer",
                           "a student without data",
                           "97.25",
                           "97.50",
                           "99.25",
                           "38.50",                        // last, best
                           "98.0 % of the teacher&#39;s",  // 97.25 / 99.25
                           "−2.00",                        // to the teacher
                           "500 images",
                           "<td class=\"n\">4.74</td><td class=\"n\">225</td>",  // data, IPC
                           "6,000<span class=\"role\">450 kept</span>",
                           "115,200 kept",
                           "12.5 s",
                           "dfkd run digits_nayer --seed=5",
                           "epochs: 3",
                           "The result is the last epoch&#39;s",
                           "Small-scale evidence",
                           ">zero<",
                           ">one<",
                           "student/last.safetensors",
                           "load_state_dict",
                           "prefers-color-scheme: dark"}) {
    EXPECT_THAT(html, HasSubstr(text));
  }
}

// Of before pools were counted, or of a method that keeps no images.
TEST(HtmlReport, ARunThatKeepsNothingHasDashes) {
  RunFolder run = MakeRun(FreshFolder(), 5, 97.25, 3);
  run.summary.stages[2].pool.reset();
  const std::string html = RenderHtmlReport({run});
  EXPECT_THAT(html, AllOf(HasSubstr("<td class=\"n\">-</td><td class=\"n\">-</td></tr>"),
                          Not(HasSubstr("kept</span>")), Not(HasSubstr("Data % and IPC"))));
}

TEST(HtmlReport, CurvesHaveAPointForEachRow) {
  const std::string html = RenderHtmlReport({MakeRun(FreshFolder(), 0, 97.25, 4)});
  const std::regex points("points=\"([^\"]*)\"");
  int curves = 0;
  for (std::sregex_iterator it(html.begin(), html.end(), points), end; it != end; ++it) {
    EXPECT_EQ(Count((*it)[1], ","), 4);
    ++curves;
  }
  EXPECT_EQ(curves, 6);  // accuracy and loss_kl of three stages
}

TEST(HtmlReport, PicturesAreEmbeddedWhole) {
  const RunFolder run = MakeRun(FreshFolder(), 0, 97.25, 2);
  const std::string png = ReadFile(JoinPath(run.path, "student/samples/pool.png")).value();
  EXPECT_THAT(RenderHtmlReport({run}),
              HasSubstr(absl::StrCat("src=\"data:image/png;base64,", absl::Base64Escape(png))));
}

TEST(HtmlReport, PicturesAreTitledByNameAndEpoch) {
  RunFolder run = MakeRun(FreshFolder(), 0, 97.25, 2);
  SamplePicture& picture = run.stages[2].samples[0];
  const std::vector<std::pair<std::string, std::string>> titles = {
      {"round-00030", "round 30"}, {"pool", "pool, epoch 30"}, {"b-7", "b-7, epoch 30"}};
  picture.epoch = 30;
  for (const auto& [name, title] : titles) {
    picture.name = name;
    EXPECT_THAT(RenderHtmlReport({run}), HasSubstr("<figcaption>" + title + "</figcaption>"));
  }
}

// An analysis with a value for each class, a curve, both kinds of pictures and a measure left out.
Analysis MakeAnalysis(double value) {
  AnalysedMeasure measure;
  measure.name = "class_cross_entropy";
  measure.notes = {kHostile};
  measure.values = {{"teacher_top1", value, "%", "of the images"}};
  for (int i = 0; i < 12; ++i) {
    measure.values.push_back(
        {absl::StrCat("cross_entropy[", i, "]"), 0.5, "nats", "of that class"});
  }
  measure.curves = {{"cross_entropy", "step", "nats", {1, 2}, {2.5, 0.5}}};
  const at::Tensor image = at::full({3, 4, 6}, 9, at::TensorOptions().dtype(at::kByte));
  measure.pictures = {{"a.png", "A grid", EncodePng(image).value(), 6, 4, {"zero", "one"}},
                      {"b.svg", kHostile, "<svg ></svg>", 0, 0, {}}};
  AnalysedMeasure coverage;
  coverage.name = "coverage";
  coverage.left_out = "real data needed";
  return {3, {measure, coverage}};
}

TEST(HtmlReport, ShowsWhatMeasuresCameTo) {
  RunFolder first = MakeRun(FreshFolder(), 0, 97.25, 2);
  EXPECT_THAT(RenderHtmlReport({first}), Not(HasSubstr("#analysis")));
  first.stages[2].analysis = MakeAnalysis(40);
  const std::string html = RenderHtmlReport({first});
  ExpectStandsAlone(html);
  for (const char* text : {"href=\"#analysis\"", "<h3>class cross entropy</h3>",
                           "<td>teacher top1</td>", "40.00 %", "12 more", "cross entropy by step",
                           "<figcaption>A grid</figcaption>", "data:image/svg+xml;base64,",
                           "&lt;script&gt;", "coverage was left out: real data needed"}) {
    EXPECT_THAT(html, HasSubstr(text));
  }
  RunFolder second = first;
  second.summary.seed = 1;
  second.experiment->mutable_train()->set_seed(1);
  second.stages[2].analysis = MakeAnalysis(42);
  EXPECT_THAT(RenderHtmlReport({first, second}), HasSubstr("41.00 ± 1.4 %"));
}

TEST(HtmlReport, AveragesRunsThatDifferInTheSeed) {
  const std::string dir = FreshFolder();
  // Mean 97; deviation of 96, 97, 98: the root of (1 + 0 + 1) / 2.
  const std::string html = RenderHtmlReport({MakeRun(JoinPath(dir, "a"), 0, 96, 2),
                                             MakeRun(JoinPath(dir, "b"), 1, 97, 2),
                                             MakeRun(JoinPath(dir, "c"), 2, 98, 2)});
  EXPECT_THAT(html, AllOf(HasSubstr("97.00 ± 1.00"), HasSubstr("0, 1, 2"), HasSubstr(">seed 2<"),
                          HasSubstr("mean ± deviation")));
  ExpectStandsAlone(html);
}

TEST(HtmlReport, SetsOtherSettingsSideBySide) {
  const std::string dir = FreshFolder();
  const std::string html = RenderHtmlReport(
      {MakeRun(JoinPath(dir, "a"), 0, 96, 2), MakeRun(JoinPath(dir, "b"), 0, 97, 3)});
  EXPECT_THAT(html, AllOf(HasSubstr("2 runs of 2 settings"), HasSubstr("digits_nayer (a)"),
                          HasSubstr("digits_nayer (b)"), HasSubstr("train.epochs: 2 -&gt; 3")));
}

TEST(HtmlReport, ShowsThePapersNumberBesideOurs) {
  const std::string html =
      RenderHtmlReport({MakeRun(FreshFolder(), 0, 93, 2,
                                "paper { table: 'NAYER Table 1' row: 'R34-R18' column: 'CIFAR-10' "
                                "value: 95.21 note: 'E' }")});
  EXPECT_THAT(html, AllOf(HasSubstr("NAYER Table 1"), HasSubstr("R34-R18 · CIFAR-10"),
                          HasSubstr("95.21"), HasSubstr("−2.21"), Not(HasSubstr("Small-scale"))));
}

TEST(HtmlReport, ComparesAPapersTop5WithThatOfTheReportedEpoch) {
  RunFolder run = MakeRun(FreshFolder(), 0, 93, 2,
                          "paper { table: 'MUSE Table 4' row: 'NAYER' column: '5%' value: 16 } "
                          "paper { table: 'MUSE Table 4' row: 'NAYER' column: '5%' value: 43.24 "
                          "metric: TOP5 }");
  MetricsTable& metrics = run.stages[2].metrics;
  metrics.columns.emplace_back("test_top5");
  metrics.rows[0].emplace_back(50);
  metrics.rows[1].emplace_back(42);
  // The last epoch: top-1 93 - 16, top-5 42 - 43.24.
  EXPECT_THAT(RenderHtmlReport({run}), AllOf(HasSubstr("NAYER · 5%<"), HasSubstr("+77.00"),
                                             HasSubstr("NAYER · 5% · top-5<"), HasSubstr("−1.24")));
  // The best one is the first: 50 - 43.24.
  run.summary.selection = EvaluationSpec::TEST;
  EXPECT_THAT(RenderHtmlReport({run}), HasSubstr("+6.76"));
}

TEST(HtmlReport, AgreementIsNotSoldAsAccuracy) {
  RunFolder run = MakeRun(FreshFolder(), 0, 93, 2);
  run.summary.stages[2].metric = "agreement";
  EXPECT_THAT(RenderHtmlReport({run}), HasSubstr("It is no accuracy"));
}

TEST(HtmlReport, SelectionByTheTestSplitIsLabelled) {
  RunFolder run = MakeRun(FreshFolder(), 0, 93, 2);
  run.summary.selection = EvaluationSpec::TEST;
  EXPECT_THAT(RenderHtmlReport({run}), HasSubstr("an optimistic choice"));
}

TEST(HtmlReport, WhateverFilesHoldStaysText) {
  const std::string dir = FreshFolder();
  std::unique_ptr<Recorder> recorder =
      Recorder::Open(JoinPath(dir, "<b>stage"), FileSystem::Posix()).value();
  recorder->SetClassNames({kHostile, kHostile});
  ASSERT_OK(recorder->WriteRow(1, {{kHostile, 1}, {"<i>_top1", 2}, {"seconds_<u>", 3}}));
  ASSERT_OK(recorder->WriteSamples(1, "<img>",
                                   at::full({2, 1, 8, 8}, 9, at::TensorOptions().dtype(at::kByte)),
                                   at::arange(2, at::kLong)));
  WriteTestFile(JoinPath(dir, "command.txt"), kHostile);
  WriteTestFile(JoinPath(dir, "resolved.textproto"), kHostile);
  RunSummary summary;
  summary.experiment = kHostile;
  summary.description = kHostile;
  StageSummary stage;
  stage.name = "<b>stage";
  stage.metric = kHostile;
  stage.weights = kHostile;
  stage.last = 1;
  summary.stages = {stage};
  ASSERT_OK(WriteSummary(FileSystem::Posix(), dir, summary));
  ASSERT_OK_AND_ASSIGN(const RunFolder run, ReadRunFolder(dir));
  const std::string html = RenderHtmlReport({run});
  ExpectStandsAlone(html);
  for (const char* tag : {"<b>stage", "<i>_", "<u>", "<img>", "alert('x')"}) {
    EXPECT_THAT(html, Not(HasSubstr(tag)));
  }
  EXPECT_THAT(html, HasSubstr(EscapeHtml(kHostile)));
}

TEST(HtmlReport, AnEmptyRunSaysWhatIsMissing) {
  const std::string dir = FreshFolder();
  WriteTestFile(JoinPath(dir, "resolved.textproto"), "description: 'just started'");
  ASSERT_OK_AND_ASSIGN(const RunFolder run, ReadRunFolder(dir));
  const std::string html = RenderHtmlReport({run});
  for (const char* text :
       {"just started", "summary.json is missing", "command.txt is missing", "not finished",
        "No epoch has ended yet", "The run wrote no pictures", "The run has no weights yet"}) {
    EXPECT_THAT(html, HasSubstr(text));
  }
  ExpectStandsAlone(html);
}

TEST(HtmlReport, IsWrittenAtomicallyAndAlike) {
  const std::string dir = FreshFolder();
  const RunFolder run = MakeRun(JoinPath(dir, "run"), 0, 97, 2);
  const std::string path = JoinPath(dir, "report.html");
  ASSERT_OK(WriteHtmlReport({run}, FileSystem::Posix(), path));
  EXPECT_EQ(ReadFile(path).value(), RenderHtmlReport({run}));
}

TEST(ResultsOf, TellsSettingsApart) {
  const std::string dir = FreshFolder();
  const std::vector<ResultRow> rows =
      ResultsOf({MakeRun(JoinPath(dir, "a"), 0, 96, 2), MakeRun(JoinPath(dir, "b"), 0, 97, 3)});
  ASSERT_EQ(rows.size(), 6);
  EXPECT_EQ(rows[0].settings, 0);
  EXPECT_EQ(rows[5].settings, 1);
  EXPECT_EQ(rows[5].experiment, "digits_nayer (b)");
}

}  // namespace
}  // namespace dfkd
