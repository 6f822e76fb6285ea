#include "dfkd/report/run_folder.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>

#include "absl/strings/str_cat.h"
#include "dfkd/core/testing.h"
#include "dfkd/report/recorder.h"
#include "dfkd/report/test_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace dfkd {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr char kMetrics[] =
    "epoch,images,loss,test_top1,seconds_student,seconds_total\r\n"
    "1,100,0.5,,1,2\r\n"
    "2,200,0.25,91,2,4\r\n"
    "3,300,0.125,90,3,6\r\n";

std::string UnfinishedRun() {
  const std::string dir = FreshFolder();
  WriteTestFile(JoinPath(dir, "resolved.textproto"),
                "description: \"a run\" train { seed: 4 epochs: 10 }");
  WriteTestFile(JoinPath(dir, "command.txt"), "dfkd run x");
  WriteTestFile(JoinPath(dir, "student/metrics.csv"), kMetrics);
  WriteTestFile(JoinPath(dir, "student/last.safetensors"), "");
  WriteTestFile(JoinPath(dir, "my_teacher/metrics.csv"), "epoch,loss\r\n1,2\r\n");
  return dir;
}

TEST(ReadRunFolder, TakesAnUnfinishedRunsNumbersFromItsMetrics) {
  ASSERT_OK_AND_ASSIGN(const RunFolder run, ReadRunFolder(UnfinishedRun()));
  EXPECT_FALSE(run.summary.finished);
  EXPECT_EQ(run.summary.seed, 4);
  EXPECT_EQ(run.summary.description, "a run");
  EXPECT_THAT(run.notes, ElementsAre(HasSubstr("summary.json is missing")));
  ASSERT_EQ(run.stages.size(), 2);
  EXPECT_EQ(run.SummaryOf(run.stages[0]).role, StageRole::kTeacher);
  const StageSummary& student = run.SummaryOf(run.stages[1]);
  EXPECT_EQ(student.role, StageRole::kStudent);
  EXPECT_EQ(student.metric, "test_top1");
  EXPECT_EQ(student.last, 90);
  EXPECT_EQ(student.last_epoch, 3);
  EXPECT_EQ(student.best, 91);
  EXPECT_EQ(student.best_epoch, 2);
  EXPECT_EQ(student.budget.images, 300);
  EXPECT_THAT(student.budget.seconds, ElementsAre(Pair("student", 3)));
  EXPECT_THAT(run.stages[1].weights, ElementsAre("student/last.safetensors"));
}

TEST(ReadRunFolder, WhatAnUnfinishedRunKeepsIsItsLastRows) {
  const std::string dir = UnfinishedRun();
  ASSERT_OK_AND_ASSIGN(const RunFolder old, ReadRunFolder(dir));
  EXPECT_FALSE(old.SummaryOf(old.stages[1]).pool.has_value());  // has no such columns
  WriteTestFile(JoinPath(dir, "student/metrics.csv"),
                "epoch,pool_images,pool_images_per_class,pool_pixels\r\n"
                "1,100,25,25600\r\n"
                "2,150,37.5,38400\r\n");
  ASSERT_OK_AND_ASSIGN(const RunFolder run, ReadRunFolder(dir));
  const std::optional<PoolContent>& pool = run.SummaryOf(run.stages[1]).pool;
  ASSERT_TRUE(pool.has_value());
  EXPECT_EQ(pool->images, 150);
  EXPECT_EQ(pool->pixels, 38400);
  EXPECT_EQ(pool->images_per_class, 37.5);
  EXPECT_EQ(pool->data_ratio, std::nullopt);
}

TEST(ReadRunFolder, TheSummaryLeads) {
  const std::string dir = UnfinishedRun();
  RunSummary summary;
  summary.experiment = "nayer";
  summary.finished = true;
  StageSummary stage;
  stage.name = "student";
  stage.metric = "test_top1";
  stage.last = 77;
  summary.stages = {stage};
  ASSERT_OK(WriteSummary(FileSystem::Posix(), dir, summary));
  ASSERT_OK_AND_ASSIGN(const RunFolder run, ReadRunFolder(dir));
  EXPECT_EQ(run.summary.experiment, "nayer");
  ASSERT_EQ(run.stages.size(), 2);
  EXPECT_EQ(run.stages[0].name, "student");
  EXPECT_EQ(run.SummaryOf(run.stages[0]).last, 77);
  EXPECT_EQ(run.stages[1].name, "my_teacher");  // the summary does not know it yet
  EXPECT_THAT(run.notes, IsEmpty());
}

TEST(ReadRunFolder, AStageThatWasOnlyMeasuredHasNoFolder) {
  const std::string dir = UnfinishedRun();
  RunSummary summary;
  summary.experiment = "nayer";
  summary.finished = true;
  StageSummary teacher;
  teacher.name = "teacher";
  teacher.role = StageRole::kTeacher;
  teacher.metric = "test_top1";
  teacher.last = 99;
  summary.stages = {teacher};
  ASSERT_OK(WriteSummary(FileSystem::Posix(), dir, summary));
  ASSERT_OK_AND_ASSIGN(const RunFolder run, ReadRunFolder(dir));
  EXPECT_EQ(run.stages[0].name, "teacher");
  EXPECT_THAT(run.notes, IsEmpty());
}

TEST(ReadRunFolder, PicturesComeByEpoch) {
  const std::string dir = UnfinishedRun();
  std::unique_ptr<Recorder> recorder =
      Recorder::Open(JoinPath(dir, "student"), FileSystem::Posix()).value();
  recorder->SetClassNames({"zero", "one"});
  const at::Tensor images = at::full({2, 1, 8, 8}, 9, at::TensorOptions().dtype(at::kByte));
  for (int64_t epoch : {2, 10, 9}) {
    ASSERT_OK(recorder->WriteSamples(epoch, absl::StrCat("epoch-", epoch), images,
                                     at::arange(2, at::kLong)));
  }
  WriteTestFile(JoinPath(dir, "student/samples/broken.png"), "\x89PNG");
  WriteTestFile(JoinPath(dir, "student/samples/readme.txt"), "no picture");
  ASSERT_OK_AND_ASSIGN(const RunFolder run, ReadRunFolder(dir));
  const std::vector<SamplePicture>& samples = run.stages[1].samples;
  ASSERT_EQ(samples.size(), 3);
  EXPECT_EQ(samples[0].name, "epoch-2");
  EXPECT_EQ(samples[1].name, "epoch-9");
  EXPECT_EQ(samples[2].name, "epoch-10");
  EXPECT_THAT(samples[2].rows, ElementsAre("zero", "one"));
  EXPECT_THAT(run.notes, Contains(HasSubstr("broken.png: not a whole PNG file")));
}

TEST(ReadRunFolder, MalformedFilesBecomeNotes) {
  const std::string dir = FreshFolder();
  WriteTestFile(JoinPath(dir, "resolved.textproto"), "method { [x/dfkd.Unknown] {} }");
  WriteTestFile(JoinPath(dir, "summary.json"), "{");
  WriteTestFile(JoinPath(dir, "student/metrics.csv"), "epoch,loss\r\n1\r\n");
  ASSERT_OK_AND_ASSIGN(const RunFolder run, ReadRunFolder(dir));
  EXPECT_THAT(run.notes, ElementsAre(HasSubstr("plugins that this program does not know"),
                                     "command.txt is missing.", HasSubstr("summary.json: not JSON"),
                                     HasSubstr("row 1 has 1 cells; the header has 2")));
  EXPECT_EQ(run.resolved, "method { [x/dfkd.Unknown] {} }");
  EXPECT_EQ(run.experiment, std::nullopt);
}

TEST(ReadRunFolder, RefusesWhatIsNoRun) {
  const std::string dir = FreshFolder();
  EXPECT_THAT(ReadRunFolder(dir),
              StatusHas(absl::StatusCode::kNotFound, "is not a run's folder: it has no"));
  EXPECT_FALSE(ReadRunFolder(JoinPath(dir, "absent")).ok());
}

TEST(SettingsKey, IsBlindToTheSeedAlone) {
  RunFolder a, b;
  a.path = "a";
  b.path = "b";
  a.experiment.emplace();
  b.experiment.emplace();
  a.experiment->mutable_train()->set_epochs(3);
  b.experiment->mutable_train()->set_epochs(3);
  b.experiment->mutable_train()->set_seed(7);
  EXPECT_EQ(a.SettingsKey(), b.SettingsKey());
  b.experiment->mutable_train()->set_epochs(4);
  EXPECT_NE(a.SettingsKey(), b.SettingsKey());
  a.experiment.reset();
  b.experiment.reset();
  EXPECT_NE(a.SettingsKey(), b.SettingsKey());  // nothing is known: never averaged
}

TEST(RunFolder, NameIsTheLastPartOfItsPath) {
  RunFolder run;
  for (const char* path : {"runs/seed0", "runs/seed0//", "seed0"}) {
    run.path = path;
    EXPECT_EQ(run.Name(), "seed0");
  }
}

TEST(MetricsTable, PointsLeaveOutEmptyCells) {
  MetricsTable table{{"epoch", "x"}, {{1, 5}, {2, std::nullopt}, {std::nullopt, 7}, {4, 6}}};
  EXPECT_THAT(table.Points("x"), ElementsAre(Pair(1, 5), Pair(4, 6)));
  EXPECT_EQ(table.Last("x"), 6);
  EXPECT_EQ(table.Last("y"), std::nullopt);
}

}  // namespace
}  // namespace dfkd
