#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "dfkd/core/testing.h"
#include "dfkd/methods/method_testing.h"
#include "dfkd/testing/golden.h"

namespace dfkd {
namespace {

constexpr char kStudent[] = R"(
  optimizer {
    [type.googleapis.com/dfkd.SgdConfig] { learning_rate: 0.1 momentum: 0.9 weight_decay: 5e-4 }
  }
  losses { config { [type.googleapis.com/dfkd.LogitL1Config] {} } }
)";

// Two student steps to one of the generator.
constexpr char kGame[] = R"(
  generator { [type.googleapis.com/dfkd.ConvGeneratorConfig] { channels: 8 layout: DFAD } }
  optimizer { [type.googleapis.com/dfkd.AdamConfig] { learning_rate: 1e-3 } }
  losses { weight: -1 config { [type.googleapis.com/dfkd.LogitL1Config] {} } }
  latent_size: 5
  batch_size: 6
  student_steps: 2
)";

Experiment Spec(const std::string& fields = "", int steps_per_epoch = 2) {
  return TinyExperiment(absl::StrCat(kStudent, "steps_per_epoch: ", steps_per_epoch), "DfadConfig",
                        absl::StrCat(kGame, fields));
}

std::map<std::string, at::Tensor> Copy(const std::vector<NamedTensor>& tensors) {
  std::map<std::string, at::Tensor> copy;
  for (const NamedTensor& named : tensors) copy[named.name] = named.tensor.detach().clone();
  return copy;
}

TEST(DfadTest, ARoundEqualsPyTorchs) {
  const Golden golden("dfkd/methods/testdata/dfad_round.safetensors");
  MethodHarness harness(Spec());
  MoveStudent(harness);
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Method> method, harness.Create());
  FillGenerator(*method);
  ASSERT_OK(method->Round(0));

  const MetricsRow means = harness.means().Take();
  EXPECT_NEAR(means.at("loss_student_logit_l1"), golden["student_loss"].item<double>(), 1e-4);
  EXPECT_NEAR(means.at("loss_logit_l1"), golden["difference"].item<double>(), 1e-4);
  EXPECT_NEAR(means.at("loss_generator"), -golden["difference"].item<double>(), 1e-4);
  const State state = StateOf(*method);
  for (const auto& [name, tensor] : golden.tensors()) {
    if (name.rfind("generator.", 0) != 0 || !tensor.is_floating_point()) continue;
    EXPECT_LT(MaxDifference(state.tensors.at(name), tensor), 1e-4) << name;
  }
  ExpectStudentNear(harness, golden, 1e-4);
}

TEST(DfadTest, TheGeneratorHasItsTurnAfterEachFewStudentSteps) {
  MethodHarness harness(Spec("generator_steps: 3", /*steps_per_epoch=*/5));
  MoveStudent(harness);
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Method> method, harness.Create());
  EXPECT_EQ(method->rounds(), 4);
  // After the second and the fourth of five student steps.
  EXPECT_EQ(method->StepsIn(0), 5 + 2 * 3);
  ASSERT_OK(method->Round(0));
  // The student saw five batches; the generator's own are not kept.
  EXPECT_EQ(harness.budget().images, 5 * 6);
  EXPECT_EQ(harness.budget().pixels, 5 * 6 * 64);
  EXPECT_EQ(harness.budget().teacher_forwards, (5 + 6) * 6);
  EXPECT_EQ(harness.budget().teacher_backwards, 6 * 6);
  EXPECT_EQ(harness.streams().Get("latent").counter(), 5u + 6u);
}

TEST(DfadTest, ImagesMayHaveAnotherSizeThanTheTeachers) {
  MethodHarness harness(Spec("image_size: 16"));
  MoveStudent(harness);
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Method> method, harness.Create());
  ASSERT_OK(method->Round(0));
  EXPECT_EQ(harness.budget().pixels, 2 * 6 * 16 * 16);
  EXPECT_EQ(method->Sample(2).images.sizes(), (at::IntArrayRef{2, 3, 16, 16}));
}

TEST(DfadTest, GeneratorStepsMoveEveryWeightOfTheGeneratorAndNoneOfTheNetworks) {
  // Rounds that differ in the last turn's length alone.
  std::map<std::string, at::Tensor> student[2], generator[2];
  for (const int more : {0, 1}) {
    MethodHarness harness(Spec(absl::StrCat("generator_steps: ", 1 + more)));
    MoveStudent(harness);
    ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Method> method, harness.Create());
    FillGenerator(*method);
    const State before = StateOf(*method);
    ASSERT_OK(method->Round(0));
    student[more] = Copy(harness.student().NamedParameters());
    for (const auto& [name, tensor] : StateOf(*method).tensors) {
      // A bias in front of a BatchNorm has no gradient but rounding errors, a statistic none.
      if (name.rfind("generator.", 0) != 0 || !tensor.is_floating_point()) continue;
      if (name == "generator.conv_blocks.9.bias") continue;
      EXPECT_GT(MaxDifference(tensor, before.tensors.at(name)), 0) << name;
    }
    for (const at::Tensor& parameter : harness.teacher().model().Parameters()) {
      EXPECT_FALSE(parameter.grad().defined());
    }
    for (const at::Tensor& parameter : harness.student().Parameters()) {
      EXPECT_TRUE(parameter.requires_grad());
    }
  }
  for (const auto& [name, tensor] : student[0]) EXPECT_TRUE(tensor.equal(student[1][name])) << name;
}

TEST(DfadTest, OnlyTheOfficialStudentModeMovesTheStudentsStatisticsInTheGeneratorsSteps) {
  for (const char* mode : {"TRAIN", "EVAL"}) {
    at::Tensor statistics[2];
    for (const int more : {0, 1}) {
      MethodHarness harness(
          Spec(absl::StrCat("student_mode: ", mode, " generator_steps: ", 1 + more)));
      MoveStudent(harness);
      ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Method> method, harness.Create());
      FillGenerator(*method);
      ASSERT_OK(method->Round(0));
      statistics[more] = Copy(harness.student().NamedBuffers()).at("bn1.running_mean");
    }
    EXPECT_EQ(statistics[0].equal(statistics[1]), std::string(mode) == "EVAL") << mode;
  }
}

TEST(DfadTest, SamplesShowWhatTheTeacherSeesAndDisturbNothing) {
  MethodHarness harness(Spec());
  MoveStudent(harness);
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Method> method, harness.Create());
  ASSERT_OK(method->Round(0));
  State streams_before, streams_after;
  harness.streams().Save(StateWriter(&streams_before));
  const State before = StateOf(*method);
  const Method::Samples samples = method->Sample(7);
  harness.streams().Save(StateWriter(&streams_after));
  EXPECT_EQ(streams_before.values, streams_after.values);
  for (const auto& [name, tensor] : StateOf(*method).tensors) {
    EXPECT_TRUE(tensor.equal(before.tensors.at(name))) << name;
  }
  EXPECT_EQ(samples.images.sizes(), (at::IntArrayRef{7, 3, 8, 8}));
  EXPECT_GE(samples.images.min().item<double>(), 0);
  EXPECT_LE(samples.images.max().item<double>(), 1);
  EXPECT_EQ(samples.labels.sizes(), (at::IntArrayRef{7}));
  EXPECT_TRUE(samples.images.equal(method->Sample(7).images));
}

TEST(DfadTest, TheGeneratorsRateFollowsItsSchedule) {
  MethodHarness harness(
      Spec("schedule { [type.googleapis.com/dfkd.StepConfig] { milestones: 1 gamma: 0 } }"));
  MoveStudent(harness);
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Method> method, harness.Create());
  ASSERT_OK(method->Round(0));
  const at::Tensor weight = StateOf(*method).tensors.at("generator.l1.0.weight");
  ASSERT_OK(method->Round(1));
  EXPECT_TRUE(weight.equal(StateOf(*method).tensors.at("generator.l1.0.weight")));
}

TEST(DfadTest, RefusesAnEpochWithoutATurnOfTheGenerator) {
  MethodHarness harness(Spec("", /*steps_per_epoch=*/1));
  EXPECT_THAT(harness.Create(),
              StatusMessageIs("student.steps_per_epoch is 1; must be at least method.student_steps "
                              "(2), or the generator never has its turn"));
}

TEST(DfadTest, RefusesAnExperimentWithoutATeacher) {
  Experiment experiment = Spec();
  experiment.clear_teacher();
  experiment.mutable_student()->mutable_losses()->Clear();
  MethodHarness harness(experiment);
  EXPECT_THAT(
      harness.Create(),
      StatusMessageIs("method DfadConfig needs a teacher; set teacher.model or teacher.from"));
}

}  // namespace
}  // namespace dfkd
