// Teacher and student that name the class of each pixel: the shipped experiments, a few steps long.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/files.h"
#include "dfkd/core/resolve.h"
#include "dfkd/core/status.h"
#include "dfkd/core/testing.h"
#include "dfkd/train/check.h"
#include "dfkd/train/run.h"

namespace dfkd {
namespace {

absl::StatusOr<RunSummary> RunShipped(const std::string& name, const std::string& dir,
                                      std::vector<std::string> sets) {
  sets.push_back("train.threads=1");
  DFKD_ASSIGN_OR_RETURN(ResolvedSpec spec, ResolveSpec(name, sets));
  RunOptions options;
  options.spec = std::move(spec);
  options.output_dir = dir;
  options.command = "test";
  options.files = FileSystem::Posix();
  return RunExperiment(options);
}

// What check says of a shipped experiment with other settings.
absl::Status Check(const std::string& name, const std::vector<std::string>& sets) {
  DFKD_ASSIGN_OR_RETURN(const ResolvedSpec spec, ResolveSpec(name, sets));
  return CheckExperiment(spec.spec).status();
}

// ... with one more loss of the generator.
absl::Status CheckNayerWithLoss(const std::string& config) {
  const std::string path = absl::StrCat(::testing::TempDir(), "/", config, ".textproto");
  DFKD_RETURN_IF_ERROR(
      WriteFileAtomically(FileSystem::Posix(), path,
                          absl::StrCat("base: \"shapes_segmentation_nayer\" method { "
                                       "[type.googleapis.com/dfkd.NayerConfig] { losses { config { "
                                       "[type.googleapis.com/dfkd.",
                                       config, "] {} } } } }")));
  return Check(path, {});
}

TEST(SegmentationRunTest, ATeacherFromMasksThenAStudentWithoutData) {
  const std::string root = absl::StrCat(::testing::TempDir(), "/segmentation");
  ASSERT_OK_AND_ASSIGN(
      const RunSummary teacher,
      RunShipped(
          "shapes_segmentation_teacher", root + "/shapes_segmentation_teacher",
          {"train.epochs=1", "data.source.train=256", "data.source.validation=64",
           "data.source.test=64", "student.batch_size=16", "evaluation.selection=VALIDATION"}));
  ASSERT_EQ(teacher.stages.size(), 1u);
  EXPECT_EQ(teacher.stages[0].metric, "test_miou");
  EXPECT_EQ(teacher.stages[0].evaluated_images, 64);
  EXPECT_GT(*teacher.stages[0].last, 0);
  EXPECT_TRUE(teacher.stages[0].best.has_value());

  const std::string its_teacher =
      absl::StrCat("teacher.model={preset: \"plain_segmenter_small\" weights: \"", root,
                   "/shapes_segmentation_teacher/student/last.safetensors\"}");
  const std::vector<std::string> few_steps = {"teacher.from=",
                                              its_teacher,
                                              "train.epochs=1",
                                              "method.warmup_batches_per_epoch=1",
                                              "method.batch_size=16",
                                              "method.generator_steps=2",
                                              "student.steps_per_epoch=2",
                                              "student.batch_size=8",
                                              "data.source.test=64",
                                              "data.source.validation=0"};
  ASSERT_OK_AND_ASSIGN(const RunSummary student,
                       RunShipped("shapes_segmentation_nayer", root + "/student", few_steps));
  // The measured teacher, then its student.
  ASSERT_EQ(student.stages.size(), 2u);
  EXPECT_EQ(student.stages[0].metric, "test_miou");
  EXPECT_EQ(*student.stages[0].last, *teacher.stages[0].last);
  EXPECT_EQ(student.stages[1].metric, "test_miou");

  // Without data at all, student and teacher are compared pixel by pixel.
  std::vector<std::string> no_data(few_steps.begin(), few_steps.end() - 2);
  no_data.push_back("data=");
  ASSERT_OK_AND_ASSIGN(const RunSummary alone,
                       RunShipped("shapes_segmentation_nayer", root + "/alone", no_data));
  EXPECT_EQ(alone.stages.back().metric, "agreement");
  EXPECT_GE(*alone.stages.back().last, 0);
  EXPECT_LE(*alone.stages.back().last, 100);

  // MUSE's images are smaller than the teacher's; the student is measured on whole ones.
  ASSERT_OK_AND_ASSIGN(
      const RunSummary small,
      RunShipped("shapes_segmentation_muse", root + "/muse",
                 {"teacher.from=", its_teacher, "train.epochs=1", "method.warmup_epochs=0",
                  "method.resolutions=[{size: 24 batch_size: 8}]", "method.generator_steps=2",
                  "student.steps_per_epoch=2", "data.source.test=64", "data.source.validation=0"}));
  ASSERT_EQ(small.stages.size(), 2u);
  EXPECT_EQ(small.stages[1].metric, "test_miou");
  EXPECT_EQ(small.stages[1].evaluated_images, 64);

  // So may DFAD's be.
  ASSERT_OK_AND_ASSIGN(
      const RunSummary game,
      RunShipped("shapes_segmentation_dfad", root + "/dfad",
                 {"teacher.from=", its_teacher, "train.epochs=1", "method.batch_size=8",
                  "method.image_size=16", "student.steps_per_epoch=5", "student.batch_size=8",
                  "data.source.test=64", "data.source.validation=0"}));
  ASSERT_EQ(game.stages.size(), 2u);
  EXPECT_EQ(*game.stages[0].last, *teacher.stages[0].last);
  EXPECT_EQ(game.stages[1].metric, "test_miou");
  EXPECT_EQ(game.stages[1].evaluated_images, 64);
}

TEST(SegmentationRunTest, CheckWantsPixelsOfModelsAndDataAlike) {
  EXPECT_THAT(Check("shapes_segmentation_teacher", {"student.model=wrn16_1"}),
              StatusMessageHas("data.source names the class of each pixel, but student.model gives "
                               "logits for whole images"));
  EXPECT_THAT(
      Check("shapes_teacher", {"student.model=plain_segmenter_small"}),
      StatusMessageHas("student.model gives logits for each pixel, but data.source names the "
                       "classes of whole images"));
  EXPECT_THAT(Check("shapes_segmentation_nayer", {"student.model=wrn16_1"}),
              StatusMessageHas("the teacher gives logits for each pixel and the student for whole "
                               "images; choose a student.model that does as the teacher"));
}

TEST(SegmentationRunTest, CheckTakesMeasuresOfDistancesAndRefusesThoseOfClasses) {
  const auto check = [](const std::string& measure) {
    return Check("shapes_segmentation_nayer",
                 {absl::StrCat("evaluation.measures=[{[type.googleapis.com/dfkd.", measure, "}]")});
  };
  for (const char* name : {"Coverage", "Diversity", "Mmd", "SampleGrid", "Tsne"}) {
    EXPECT_OK(check(absl::StrCat(name, "Config] {}"))) << name;
  }
  constexpr char kEnd[] =
      " needed, but not given by the rest of the experiment; leave out what needs it, or choose "
      "another teacher.model or method";
  EXPECT_THAT(
      check("InceptionScoreConfig] {}"),
      StatusMessageIs(absl::StrCat("evaluation.measures[0]: logits for whole images", kEnd)));
  EXPECT_OK(check("InceptionScoreConfig] {judge {preset: \"wrn16_1\" weights: \"j\"}}"));
  EXPECT_THAT(check("ClassCrossEntropyConfig] {}"),
              StatusMessageIs(absl::StrCat("evaluation.measures[0]: labels", kEnd)));
}

TEST(SegmentationRunTest, SmallerImagesTakeLessMemory) {
  const auto peak = [](const std::string& set) -> absl::StatusOr<int64_t> {
    DFKD_ASSIGN_OR_RETURN(const ResolvedSpec spec, ResolveSpec("nyuv2_dfad", {set}));
    DFKD_ASSIGN_OR_RETURN(const ExperimentCost cost, CheckExperiment(spec.spec));
    return cost.peak_bytes;
  };
  ASSERT_OK_AND_ASSIGN(const int64_t whole, peak("method.image_size=0"));  // the card's 256
  ASSERT_OK_AND_ASSIGN(const int64_t half, peak("method.image_size=128"));
  EXPECT_LT(half, whole / 3);  // a quarter of the pixels, and the weights
}

TEST(SegmentationRunTest, CheckRefusesWhatASynthesisedImageHasNot) {
  EXPECT_THAT(CheckNayerWithLoss("CrossEntropyConfig"),
              StatusMessageHas("method: labels needed, but not given"));
  EXPECT_THAT(CheckNayerWithLoss("ClassActivationConfig"),
              StatusMessageHas("classifier weight needed, but not given"));
  EXPECT_THAT(
      Check("shapes_segmentation_kd", {"student.losses=[{config {[type.googleapis.com/dfkd."
                                       "EmbeddingDiversityConfig] {side: INSIDE of: STUDENT}}}]"}),
      StatusMessageHas("student.losses: logits for whole images needed, but not given"));
  // Labels of whole images, where a sampler draws them, say nothing about pixels.
  EXPECT_OK(Check("shapes_segmentation_nayer", {"method.label_sampler=uniform"}));
  EXPECT_THAT(Check("shapes_segmentation_nayer", {"method.input.source=ROWS"}),
              StatusMessageHas("input.source is ROWS, but label_sampler gives no classes to take "
                               "rows of; set input.source: NOISE"));
}

}  // namespace
}  // namespace dfkd
