// What surrounds a run: the teacher measured before it, the estimate, new images after it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "ATen/core/Tensor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/resolve.h"
#include "dfkd/core/status.h"
#include "dfkd/core/stop.h"
#include "dfkd/core/testing.h"
#include "dfkd/experiments/testing/tiny_run.h"
#include "dfkd/train/analyse_run.h"
#include "dfkd/train/check.h"
#include "dfkd/train/estimate.h"
#include "dfkd/train/sample_run.h"
#include "dfkd/weights/weights.h"

namespace dfkd {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class AroundRunTest : public ::testing::Test {
 protected:
  AroundRunTest() {
    ClearStop();
    static int count = 0;
    root_ = absl::StrCat(::testing::TempDir(), "/around-", ++count);
    std::filesystem::create_directories(root_);
  }
  std::string Folder(const std::string& name) const { return JoinPath(root_, name); }

  std::string root_;
};

Experiment Parse(const std::string& text) {
  Experiment experiment;
  EXPECT_OK(ParseTextproto(text, "test", &experiment));
  return experiment;
}

ResolvedSpec Resolve(const std::string& text) {
  absl::StatusOr<ResolvedSpec> resolved = ResolveExperiment(Parse(text), "tiny");
  EXPECT_OK(resolved);
  return *std::move(resolved);
}

// --- the teacher's accuracy

constexpr char kDigits[] = R"(
  data { source { [type.googleapis.com/dfkd.DigitsConfig] { size: 8 } } }
)";
constexpr char kTinyModel[] =
    "config { [type.googleapis.com/dfkd.WideResNetConfig] { depth: 10 base_width: 4 } }";

std::string DigitsTeacher() {
  return absl::StrCat(kDigits, "student { model { ", kTinyModel, R"( }
    optimizer { [type.googleapis.com/dfkd.SgdConfig] { learning_rate: 0.1 momentum: 0.9 } }
    batch_size: 64
    losses { config { [type.googleapis.com/dfkd.CrossEntropyConfig] { of: STUDENT } } }
  }
  method { [type.googleapis.com/dfkd.SupervisedConfig] {} }
  train { epochs: 3 threads: 1 })");
}

std::string DigitsStudent(const std::string& weights, const std::string& teacher = "") {
  return absl::StrCat(absl::StrReplaceAll(TinyFakeOnline(weights),
                                          {{"teacher {", absl::StrCat("teacher { ", teacher)}}),
                      kDigits);
}

// The same network for inputs whose sign is turned: as if they had been normalised by -deviation.
std::string TurnInputs(const std::string& weights, const std::string& path) {
  absl::StatusOr<WeightFile> file = ReadWeights(weights);
  EXPECT_OK(file);
  for (NamedTensor& named : file->tensors) {
    if (named.name == "conv1.weight") named.tensor = -named.tensor;
  }
  EXPECT_OK(WriteSafetensors(FileSystem::Posix(), path, file->tensors, file->metadata));
  return path;
}

TEST_F(AroundRunTest, ATeacherThatIsWorseThanItsCardStopsTheRun) {
  ASSERT_OK_AND_ASSIGN(const RunSummary trained, RunTiny(DigitsTeacher(), Folder("teacher")));
  const double accuracy = *trained.stages.back().last;
  ASSERT_GT(accuracy, 40);  // enough to fall from
  const std::string good = Folder("teacher/student/last.safetensors");
  const std::string wrong = TurnInputs(good, Folder("wrong.safetensors"));

  const absl::Status status = RunTiny(DigitsStudent(wrong), Folder("out")).status();
  EXPECT_EQ(ExitCodeOf(status), kExitBadConfig) << status;
  EXPECT_THAT(status, StatusMessageHas("of the 500 test images; its card declares "));
  EXPECT_THAT(status, StatusMessageHas("Usual causes: normalization in the card"));
  EXPECT_FALSE(std::filesystem::exists(Folder("out/student")));

  // Corrected, it takes the folder over: nothing there was begun.
  ASSERT_OK_AND_ASSIGN(const RunSummary summary, RunTiny(DigitsStudent(good), Folder("out")));
  ASSERT_EQ(summary.stages.size(), 2);
  EXPECT_EQ(summary.stages[0].role, StageRole::kTeacher);
  // The card holds what its training measured in the last epoch: the same weights, the same images.
  EXPECT_EQ(summary.stages[0].last, accuracy);
  EXPECT_EQ(summary.stages[0].evaluated_images, 500);
}

TEST_F(AroundRunTest, ToleranceOrAnUndeclaredAccuracyLetAPoorTeacherThrough) {
  // Weights that were never trained: about one in ten is right.
  const std::string teacher = WriteTinyTeacher(root_, {.classes = 10});
  absl::StatusOr<WeightFile> file = ReadWeights(teacher);
  ASSERT_OK(file);
  const std::string bare = Folder("bare.safetensors");
  ASSERT_OK(WriteSafetensors(FileSystem::Posix(), bare, file->tensors, {}));

  ASSERT_OK_AND_ASSIGN(const RunSummary undeclared, RunTiny(DigitsStudent(bare), Folder("a")));
  EXPECT_EQ(undeclared.stages[0].role, StageRole::kTeacher);
  const std::string declared = "card { accuracy: 90 } ";
  EXPECT_EQ(ExitCodeOf(RunTiny(DigitsStudent(bare, declared), Folder("b")).status()),
            kExitBadConfig);
  EXPECT_OK(
      RunTiny(DigitsStudent(bare, absl::StrCat(declared, "accuracy_tolerance: 90 ")), Folder("c")));
}

// --- check

TEST_F(AroundRunTest, CheckRefusesASelectionThatNothingMeasures) {
  const std::string spec = TinyNayer(WriteTinyTeacher(root_, {}));
  EXPECT_OK(CheckExperiment(Resolve(spec).spec));
  const std::string by_test =
      absl::StrReplaceAll(spec, {{"selection: SYNTHETIC_AGREEMENT", "selection: TEST"}});
  EXPECT_THAT(CheckExperiment(Resolve(by_test).spec),
              StatusMessageIs("evaluation.selection is TEST, but the data have no test split; set "
                              "evaluation.selection=LAST"));
  const std::string no_pool = absl::StrCat(TinyFakeOnline(Folder("teacher.safetensors")),
                                           "evaluation { selection: SYNTHETIC_AGREEMENT }");
  EXPECT_THAT(CheckExperiment(Resolve(no_pool).spec),
              StatusMessageIs("evaluation.selection is SYNTHETIC_AGREEMENT, but there is no "
                              "teacher, or the method keeps no pool of images; set "
                              "evaluation.selection=LAST"));
}

TEST_F(AroundRunTest, CheckRefusesEmbeddingsOfTwoLengthsThatNoHeadBridges) {
  // Those of shapes_muse's teacher have 64 numbers, its student's 32, noise_384's rows 384.
  const auto check = [](const std::string& setting) {
    const absl::StatusOr<ResolvedSpec> spec = ResolveSpec("shapes_muse", {setting});
    return spec.ok() ? CheckExperiment(spec->spec).status() : spec.status();
  };
  EXPECT_THAT(
      check("method.losses[embedding_diversity].rows=noise_384"),
      StatusMessageIs("method.MuseConfig.losses[4]: EmbeddingDiversityConfig: the teacher's "
                      "embeddings have 64 numbers, those of the classes 384; leave out rows "
                      "(class centres), or take networks of one size"));
  EXPECT_THAT(check("student.losses[embedding_diversity].head=NEVER"),
              StatusMessageHas("student.losses[1]: EmbeddingDiversityConfig: the student's "
                               "embeddings have 32 numbers, those of the classes 64"));
  // A head is learned.
  EXPECT_OK(check("student.losses[embedding_diversity].rows=noise_384"));
  // How long the rows of a file are that is still to be brought, the run will tell.
  EXPECT_OK(check("method.losses[embedding_diversity].rows=clip"));
}

// --- the estimate

TEST_F(AroundRunTest, TheEstimateCountsEveryStepOfTheRunAndLeavesNothing) {
  const ResolvedSpec spec = Resolve(TinyNayer(WriteTinyTeacher(root_, {})));
  const std::string scratch = Folder("tmp");
  std::filesystem::create_directories(scratch);
  setenv("TMPDIR", scratch.c_str(), 1);
  absl::StatusOr<RunEstimate> estimate = EstimateRun(spec, Folder("out"));
  unsetenv("TMPDIR");
  ASSERT_OK(estimate);
  ASSERT_EQ(estimate->stages.size(), 1);
  const StageEstimate& student = estimate->stages[0];
  EXPECT_EQ(student.name, "student");
  // A warm-up epoch of 2 batches and three epochs of 1, two steps each; 2 student steps an epoch.
  EXPECT_EQ(student.warmup.steps, 2 * 2);
  EXPECT_EQ(student.own.steps, 3 * 2);
  EXPECT_EQ(student.student.steps, 3 * 2);
  // Three evaluations; of 40 images 4 are held out in the end, 2 on average.
  EXPECT_EQ(student.evaluation.steps, 3 * 2);
  for (const StepCost& cost : {student.warmup, student.own, student.student, student.evaluation}) {
    EXPECT_GT(cost.seconds, 0);
  }
  EXPECT_GT(estimate->peak_bytes, int64_t{10} << 20);
  EXPECT_EQ(estimate->machine.at("threads"), "1");
  EXPECT_EQ(estimate->remark, "");
  EXPECT_TRUE(std::filesystem::is_empty(scratch));
  EXPECT_FALSE(std::filesystem::exists(Folder("out")));
}

TEST_F(AroundRunTest, TheEstimateSplitsInterleavedStepsAsItSeesThem) {
  const ResolvedSpec spec = Resolve(TinyFakeOnline(WriteTinyTeacher(root_, {})));
  ASSERT_OK_AND_ASSIGN(const RunEstimate estimate, EstimateRun(spec, Folder("out")));
  // Three epochs of two iterations of five student steps and one of the generator.
  EXPECT_EQ(estimate.stages[0].student.steps, 3 * 2 * 5);
  EXPECT_EQ(estimate.stages[0].own.steps, 3 * 2);
  EXPECT_EQ(estimate.stages[0].warmup.steps, 0);
}

TEST_F(AroundRunTest, TheEstimateSeesOwnStepsThatComeAfterManyOfTheStudents) {
  const std::string text = absl::StrReplaceAll(
      TinyDfad(WriteTinyTeacher(root_, {})),
      {{"student_steps: 2", "student_steps: 20"}, {"steps_per_epoch: 2", "steps_per_epoch: 40"}});
  ASSERT_OK_AND_ASSIGN(const RunEstimate estimate, EstimateRun(Resolve(text), Folder("out")));
  // Three epochs of 40 student steps, and one of the generator after each 20.
  EXPECT_EQ(estimate.stages[0].student.steps, 3 * 40);
  EXPECT_EQ(estimate.stages[0].own.steps, 3 * 2);
  EXPECT_GT(estimate.stages[0].own.seconds, 0);
}

TEST_F(AroundRunTest, TheEstimateProbesATeacherThatHasYetToBeTrained) {
  const std::vector<std::string> tiny = {"train.epochs=2",           "train.threads=1",
                                         "method.encoder=one_hot",   "method.batch_size=10",
                                         "method.generator_steps=2", "student.batch_size=4",
                                         "student.steps_per_epoch=3"};
  ASSERT_OK_AND_ASSIGN(const ResolvedSpec spec, ResolveSpec("digits_nayer", tiny));
  ASSERT_OK_AND_ASSIGN(const RunEstimate estimate, EstimateRun(spec, Folder("out")));
  ASSERT_EQ(estimate.stages.size(), 2);
  EXPECT_EQ(estimate.stages[0].name, "teacher");
  // 1,000 images in batches of 64, the last of 40: 16 steps an epoch, 30 epochs.
  EXPECT_EQ(estimate.stages[0].student.steps, 16 * 30);
  EXPECT_EQ(estimate.stages[0].evaluation.steps, (500 + 297) * 30);
  EXPECT_EQ(estimate.stages[1].student.steps, 2 * 3);
  EXPECT_EQ(estimate.remark,
            "the teacher has random weights here: digits_teacher has not been run");
}

TEST_F(AroundRunTest, TheEstimateNeedsTheWeightsThatTheSpecNames) {
  const ResolvedSpec spec = Resolve(TinyNayer(Folder("absent.safetensors")));
  EXPECT_EQ(ExitCodeOf(EstimateRun(spec, Folder("out")).status()), kExitBadInput);
}

// --- new images

SampleOptions SampleOf(const std::string& spec, const std::string& dir) {
  SampleOptions options;
  options.spec = Resolve(spec).spec;
  options.run_dir = dir;
  options.count = 7;
  return options;
}

std::multiset<int64_t> LabelsOf(const SampledImages& samples) {
  std::multiset<int64_t> labels;
  for (int64_t i = 0; i < samples.labels.size(0); ++i) {
    labels.insert(samples.labels[i].item<int64_t>());
  }
  return labels;
}

TEST_F(AroundRunTest, SampleMakesNewImagesFromTheLastCheckpoint) {
  const std::string spec = TinyNayer(WriteTinyTeacher(root_, {}));
  ASSERT_OK(RunTiny(spec, Folder("out")));
  const auto before = LastingContent(Folder("out"));
  SampleOptions options = SampleOf(spec, Folder("out"));
  ASSERT_OK_AND_ASSIGN(const SampledImages samples, SampleRun(options));
  EXPECT_EQ(samples.images.sizes(), at::IntArrayRef({7, 3, 8, 8}));
  EXPECT_GE(samples.images.min().item<float>(), 0);
  EXPECT_LE(samples.images.max().item<float>(), 1);
  EXPECT_THAT(LabelsOf(samples), ElementsAre(0, 0, 0, 1, 1, 2, 2));
  EXPECT_EQ(samples.round, 4);
  EXPECT_EQ(samples.source, "made anew by the run's generator");

  ASSERT_OK_AND_ASSIGN(const SampledImages again, SampleRun(options));
  EXPECT_TRUE(again.images.equal(samples.images));
  options.seed = 1;
  ASSERT_OK_AND_ASSIGN(const SampledImages other, SampleRun(options));
  EXPECT_FALSE(other.images.equal(samples.images));
  EXPECT_EQ(LastingContent(Folder("out")), before);
}

TEST_F(AroundRunTest, SampleShowsTheClassesThatAreAskedFor) {
  const std::string spec = TinyNayer(WriteTinyTeacher(root_, {}));
  ASSERT_OK(RunTiny(spec, Folder("out")));
  SampleOptions options = SampleOf(spec, Folder("out"));
  options.classes = {"class 2"};
  options.count = 20;  // more than a batch of 8
  ASSERT_OK_AND_ASSIGN(const SampledImages samples, SampleRun(options));
  EXPECT_EQ(LabelsOf(samples).count(2), 20);

  const std::string picture = Folder("grid.png");
  ASSERT_OK_AND_ASSIGN(const std::string rows,
                       WriteSampleGrid(FileSystem::Posix(), samples, picture));
  EXPECT_EQ(rows, Folder("grid.csv"));
  ASSERT_OK_AND_ASSIGN(const std::string csv, ReadFile(rows));
  EXPECT_EQ(csv, "row,class,name,images\r\n0,2,class 2,20\r\n");
  ASSERT_OK_AND_ASSIGN(const std::string png, ReadFile(picture));
  EXPECT_THAT(png, HasSubstr("[\"class 2\"]"));

  // Its own table is replaced; another's is not, and no picture is named like a table.
  EXPECT_OK(WriteSampleGrid(FileSystem::Posix(), samples, picture));
  ASSERT_OK(WriteFileAtomically(FileSystem::Posix(), rows, "name,grade\r\nAnna,1\r\n"));
  EXPECT_THAT(WriteSampleGrid(FileSystem::Posix(), samples, picture),
              StatusHas(absl::StatusCode::kInvalidArgument,
                        "grid.csv is there already and is no table of `sample`"));
  EXPECT_THAT(SampleRowsPath(Folder("new.CSV")),
              StatusHas(absl::StatusCode::kInvalidArgument, "new.CSV is to be a picture (PNG)"));

  options.classes = {"clas 2"};
  EXPECT_THAT(SampleRun(options), StatusMessageIs("the run's teacher has no class \"clas 2\"; did "
                                                  "you mean \"class 2\"?"));
}

TEST_F(AroundRunTest, SampleSaysWhenThereIsNothingToSampleFrom) {
  const std::string spec = TinyFakeOnline(WriteTinyTeacher(root_, {}));
  EXPECT_THAT(SampleRun(SampleOf(spec, Folder("out"))),
              StatusMessageHas("holds no checkpoint; name the folder of a run that"));
  ASSERT_OK(RunTiny(spec, Folder("out")));
  EXPECT_THAT(SampleRun(SampleOf(spec, Folder("out"))),
              StatusMessageHas("the method of this run makes no images"));
}

// --- measures

constexpr char kMeasures[] = R"(
    measures { [type.googleapis.com/dfkd.DiversityConfig] { images: 6 } }
    measures { [type.googleapis.com/dfkd.InputWeightsConfig] {} }
    measures { [type.googleapis.com/dfkd.SampleGridConfig] { per_class: 2 } }
    measures { [type.googleapis.com/dfkd.SynthesisStepsConfig] {} }
    measures { [type.googleapis.com/dfkd.TsneConfig] { images: 6 iterations: 250 } })";

std::string WithMeasures(const std::string& spec) {
  return absl::StrReplaceAll(spec, {{"evaluation {", absl::StrCat("evaluation {", kMeasures)}});
}

std::map<std::string, std::string> AnalysisIn(const std::string& run_dir) {
  std::map<std::string, std::string> content;
  const std::string dir = JoinPath(run_dir, "student/analysis");
  const auto names = ListDirectory(dir);
  EXPECT_OK(names);
  for (const std::string& name : *names) content[name] = *ReadFile(JoinPath(dir, name));
  return content;
}

AnalyseOptions AnalysisOf(const std::string& spec, const std::string& dir) {
  AnalyseOptions options;
  options.spec = Resolve(spec).spec;
  options.run_dir = dir;
  options.files = FileSystem::Posix();
  return options;
}

TEST_F(AroundRunTest, AMeasureChangesNothingOfTheRunAndIsTheSameLater) {
  const std::string spec = TinyNayer(WriteTinyTeacher(root_, {}));
  ASSERT_OK(RunTiny(spec, Folder("plain")));
  ASSERT_OK(RunTiny(WithMeasures(spec), Folder("asked")));
  const auto asked = AnalysisIn(Folder("asked"));
  for (const char* file : {"analysis.csv", "sample_grid_new_images.png", "tsne_pool_and_new.svg"}) {
    EXPECT_EQ(asked.count(file), 1) << file;
  }
  // All but the analysis.
  auto plain = LastingContent(Folder("plain")), lasting = LastingContent(Folder("asked"));
  std::erase_if(lasting,
                [](const auto& file) { return absl::StartsWith(file.first, "student/analysis/"); });
  EXPECT_EQ(plain, lasting);

  ASSERT_OK_AND_ASSIGN(const Analysis analysis,
                       AnalyseRun(AnalysisOf(WithMeasures(spec), Folder("plain"))));
  EXPECT_EQ(analysis.round, 4);
  EXPECT_EQ(AnalysisIn(Folder("plain")), asked);
  ASSERT_OK_AND_ASSIGN(const std::string report, ReadFile(Folder("asked/report.html")));
  EXPECT_THAT(report, HasSubstr("<h3>synthesis steps</h3>"));
}

// Which needs data.
std::string WithCoverage(const std::string& spec) {
  return absl::StrReplaceAll(
      spec,
      {{"evaluation {", "evaluation { measures { [type.googleapis.com/dfkd.CoverageConfig] {} }"}});
}

TEST_F(AroundRunTest, WhatARunCannotSupportIsAnErrorOrLeftOut) {
  const std::string spec = TinyNayer(WriteTinyTeacher(root_, {}));
  constexpr char kWhy[] =
      "evaluation.measures[0]: real data needed, but not given by the rest of the experiment; set "
      "data.source";
  EXPECT_THAT(CheckExperiment(Resolve(WithCoverage(spec)).spec), StatusMessageIs(kWhy));
  ASSERT_OK(RunTiny(spec, Folder("out")));
  AnalyseOptions options = AnalysisOf(WithCoverage(spec), Folder("out"));
  EXPECT_THAT(AnalyseRun(options), StatusMessageIs(absl::StrCat("coverage: ", kWhy)));
  options.leave_out = true;
  ASSERT_OK_AND_ASSIGN(const Analysis analysis, AnalyseRun(options));
  EXPECT_EQ(analysis.measures[0].left_out, kWhy);
  EXPECT_THAT(DescribeAnalysis(analysis), HasSubstr("coverage was left out: "));
}

TEST_F(AroundRunTest, ARunOfSeveralSizesIsMeasuredAtEach) {
  const std::string spec = TinyMuse(WriteTinyTeacher(root_, {}));
  ASSERT_OK(RunTiny(WithMeasures(spec), Folder("out")));
  ASSERT_OK_AND_ASSIGN(const Analysis analysis,
                       AnalyseRun(AnalysisOf(WithMeasures(spec), Folder("out"))));
  std::vector<std::string> names;
  for (const AnalysedMeasure& measure : analysis.measures) names.push_back(measure.name);
  EXPECT_THAT(
      names, ElementsAre("diversity_4_px", "diversity_8_px", "input_weights_4_px",
                         "input_weights_8_px", "sample_grid_4_px", "sample_grid_8_px",
                         "synthesis_steps_4_px", "synthesis_steps_8_px", "tsne_4_px", "tsne_8_px"));
  EXPECT_NE(analysis.measures[0].values[0].value, analysis.measures[1].values[0].value);
  EXPECT_EQ(AnalysisIn(Folder("out")).count("sample_grid_4_px_new_images.png"), 1);
  ASSERT_OK_AND_ASSIGN(const std::string report, ReadFile(Folder("out/report.html")));
  EXPECT_THAT(report, HasSubstr("<h3>diversity 4 px</h3>"));

  // What is left out, is left out once.
  AnalyseOptions options = AnalysisOf(WithCoverage(spec), Folder("out"));
  options.leave_out = true;
  ASSERT_OK_AND_ASSIGN(const Analysis without, AnalyseRun(options));
  ASSERT_EQ(without.measures.size(), 1);
  EXPECT_EQ(without.measures[0].name, "coverage");
}

// Each measure by the run's teacher, and by the judge in the file.
std::string WithJudge(const std::string& spec, const std::string& weights) {
  const std::string judge = absl::StrCat("judge { ", kTinyModel, " weights: \"", weights, "\" }");
  std::string measures;
  for (const char* name : {"CamOverlayConfig", "MmdConfig"}) {
    absl::StrAppend(&measures, "measures { [type.googleapis.com/dfkd.", name, "] {} } ",
                    "measures { [type.googleapis.com/dfkd.", name, "] { ", judge, " } } ");
  }
  return absl::StrReplaceAll(spec, {{"evaluation {", absl::StrCat("evaluation { ", measures)}});
}

TEST_F(AroundRunTest, AJudgeOfTheTeachersWeightsSeesWhatTheTeacherSees) {
  const std::string weights = WriteTinyTeacher(root_, {});
  const std::string spec = TinyNayer(weights);
  ASSERT_OK(RunTiny(spec, Folder("out")));
  ASSERT_OK_AND_ASSIGN(const Analysis analysis,
                       AnalyseRun(AnalysisOf(WithJudge(spec, weights), Folder("out"))));
  ASSERT_EQ(analysis.measures.size(), 4);
  for (const size_t i : {0, 2}) {
    const auto& by_teacher = analysis.measures[i].values;
    const auto& by_judge = analysis.measures[i + 1].values;
    ASSERT_EQ(by_judge.size(), 2);
    for (size_t k = 0; k < 2; ++k) EXPECT_NEAR(by_judge[k].value, by_teacher[k].value, 1e-4);
  }
  EXPECT_EQ(analysis.measures[0].values[0].name, "cam_mean_new");
  EXPECT_THAT(analysis.measures[0].pictures[0].caption, HasSubstr("Where the teacher sees"));
  EXPECT_THAT(analysis.measures[1].pictures[0].caption, HasSubstr("Where the judge sees"));

  const std::string other = WriteTinyTeacher(Folder("other"), {.classes = 4});
  EXPECT_THAT(AnalyseRun(AnalysisOf(WithJudge(spec, other), Folder("out"))),
              StatusMessageHas("names other classes than the run's images were made for"));
}

TEST_F(AroundRunTest, EarlierMeasuresOfTheSameRoundStay) {
  const std::string spec = TinyNayer(WriteTinyTeacher(root_, {}));
  ASSERT_OK(RunTiny(WithMeasures(spec), Folder("out")));
  const auto before = AnalysisIn(Folder("out"));
  AnalyseOptions options = AnalysisOf(WithMeasures(spec), Folder("out"));
  options.spec.mutable_evaluation()->mutable_measures()->DeleteSubrange(1, 4);
  options.keep_others = true;
  ASSERT_OK_AND_ASSIGN(const Analysis analysis, AnalyseRun(options));
  EXPECT_EQ(analysis.measures.size(), 1);
  EXPECT_EQ(AnalysisIn(Folder("out")), before);
  options.keep_others = false;
  ASSERT_OK(AnalyseRun(options));
  EXPECT_EQ(AnalysisIn(Folder("out")).size(), 1);
}

}  // namespace
}  // namespace dfkd
