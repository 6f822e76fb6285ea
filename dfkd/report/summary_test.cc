#include "dfkd/report/summary.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "dfkd/core/testing.h"
#include "dfkd/report/test_folder.h"
#include "gtest/gtest.h"

namespace dfkd {
namespace {

RunSummary Example() {
  RunSummary summary;
  summary.experiment = "quickstart";
  summary.description = "NAYER on \"digits\"";
  summary.seed = 18446744073709551615u;
  summary.selection = EvaluationSpec::VALIDATION;
  summary.finished = true;
  StageSummary teacher;
  teacher.name = "teacher";
  teacher.role = StageRole::kTeacher;
  teacher.metric = "test_top1";
  teacher.evaluated_images = 500;
  teacher.last = 99.2;
  teacher.best = 99.4;
  teacher.last_epoch = 20;
  teacher.best_epoch = 13;
  teacher.weights = "teacher/last.safetensors";
  teacher.budget.seconds = {{"student", 8.5}, {"evaluation", 0.5}};
  StageSummary student;
  student.name = "a student";
  student.metric = "agreement";
  student.budget.images = 6000;
  student.budget.pixels = 1536000;
  student.budget.teacher_forwards = 350400;
  student.budget.teacher_backwards = 120000;
  student.pool =
      PoolContent{.images = 500, .pixels = 128000, .images_per_class = 12.5, .data_ratio = 12.5};
  summary.stages = {teacher, student};
  return summary;
}

TEST(Summary, IsReadBackAsWritten) {
  const std::string dir = FreshFolder();
  const RunSummary written = Example();
  ASSERT_OK(WriteSummary(FileSystem::Posix(), dir, written));
  ASSERT_OK_AND_ASSIGN(const RunSummary read, ReadSummary(dir));
  EXPECT_EQ(SummaryToJson(read), SummaryToJson(written));
  EXPECT_EQ(read.seed, written.seed);
  EXPECT_EQ(read.selection, written.selection);
  ASSERT_EQ(read.stages.size(), 2);
  EXPECT_EQ(read.stages[0].name, "teacher");  // not sorted by name: the order of the run
  EXPECT_EQ(read.stages[0].role, StageRole::kTeacher);
  EXPECT_EQ(read.stages[0].best, 99.4);
  EXPECT_EQ(read.stages[0].budget.TotalSeconds(), 9);
  EXPECT_EQ(read.stages[1].last, std::nullopt);
  EXPECT_EQ(read.stages[1].budget.teacher_forwards, 350400);
  EXPECT_EQ(read.stages[0].pool, std::nullopt);
  ASSERT_TRUE(read.stages[1].pool.has_value());
  EXPECT_EQ(read.stages[1].pool->images, 500);
  EXPECT_EQ(read.stages[1].pool->data_ratio, 12.5);
}

TEST(Summary, TheSelectionRuleSaysWhichEpochCounts) {
  const StageSummary teacher = Example().stages[0];
  EXPECT_EQ(teacher.Result(EvaluationSpec::LAST), 99.2);
  EXPECT_EQ(teacher.Result(EvaluationSpec::VALIDATION), 99.4);
  EXPECT_EQ(teacher.Result(EvaluationSpec::TEST), 99.4);
}

TEST(Summary, UnknownKeysArePassedOver) {
  const std::string json = absl::StrReplaceAll(
      SummaryToJson(Example()), {{"\"finished\"", "\"added_later\": 1, \"finished\""}});
  EXPECT_OK(SummaryFromJson(json));
}

// Files of before pools were counted have no such key.
TEST(Summary, AStageWithoutAPoolIsReadAsOneThatKeepsNothing) {
  std::string json = SummaryToJson(Example());
  const size_t key = json.rfind("\"pool\"");
  json.replace(key, 6, "\"formerly\"");
  ASSERT_OK_AND_ASSIGN(const RunSummary read, SummaryFromJson(json));
  EXPECT_EQ(read.stages[1].budget.images, 6000);
  EXPECT_FALSE(read.stages[1].pool.has_value());
}

TEST(Summary, RefusesWhatIsNoSummary) {
  EXPECT_THAT(SummaryFromJson(""), StatusMessageHas("not JSON: "));
  EXPECT_THAT(SummaryFromJson("{\"experiment\": "), StatusMessageHas("not JSON: "));
  EXPECT_THAT(SummaryFromJson("[]"), StatusMessageIs("not a JSON object"));
  EXPECT_THAT(SummaryFromJson("{}"), StatusMessageIs("experiment is missing"));
  EXPECT_THAT(SummaryFromJson(std::string(100000, '[')), StatusMessageHas("not JSON: "));
}

TEST(Summary, NamesThePlaceOfAMistake) {
  const auto with = [](absl::string_view from, absl::string_view to) {
    return SummaryFromJson(absl::StrReplaceAll(SummaryToJson(Example()), {{from, to}}));
  };
  EXPECT_THAT(with("\"last\": 99.2", "\"last\": \"99.2\""),
              StatusMessageIs("stages.teacher.accuracy.last is not a number or null"));
  EXPECT_THAT(with("\"images\": 6000", "\"images\": 6000.5"),
              StatusMessageIs("stages.a student.budget.images is not an integer"));
  EXPECT_THAT(
      with("\"VALIDATION\"", "\"FIRST\""),
      StatusMessageIs("selection is not one of LAST, VALIDATION, SYNTHETIC_AGREEMENT, TEST"));
  EXPECT_THAT(
      with("\"role\": \"teacher\"", "\"role\": \"boss\""),
      StatusMessageIs("stages.teacher.role is not one of teacher, student, floor, ceiling"));
  EXPECT_THAT(with("\"student\": 8.5", "\"student\": null"),
              StatusMessageIs("stages.teacher.budget.seconds.student is not a number"));
  EXPECT_THAT(with("\"images_per_class\": 12.5", "\"images_per_class\": \"12.5\""),
              StatusMessageIs("stages.a student.pool.images_per_class is not a number"));
  EXPECT_THAT(with("\"pool\": null", "\"pool\": 7"),
              StatusMessageIs("stages.teacher.pool is not an object"));
}

TEST(Summary, AStagesNameCannotLeadOutOfTheFolder) {
  for (absl::string_view name : {"..", ".", "", "../other", "/etc", "a/b"}) {
    const std::string json = absl::StrReplaceAll(
        SummaryToJson(Example()), {{"\"teacher\": {", absl::StrCat("\"", name, "\": {")}});
    EXPECT_THAT(SummaryFromJson(json), StatusMessageHas("is not the name of a folder in the run's"))
        << name;
  }
}

TEST(Summary, AMissingFileIsNamed) {
  const std::string dir = FreshFolder();
  EXPECT_THAT(ReadSummary(dir), StatusHas(absl::StatusCode::kNotFound, "summary.json"));
}

}  // namespace
}  // namespace dfkd
