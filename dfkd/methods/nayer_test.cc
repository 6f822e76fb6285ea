#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/testing.h"
#include "dfkd/methods/method_testing.h"
#include "dfkd/methods/watchable.h"
#include "dfkd/testing/golden.h"
#include "dfkd/train/module_state.h"

namespace dfkd {
namespace {

constexpr char kStudent[] = R"(
  optimizer {
    [type.googleapis.com/dfkd.SgdConfig] { learning_rate: 0.2 momentum: 0.9 weight_decay: 1e-4 }
  }
  losses { config { [type.googleapis.com/dfkd.DistillKlConfig] { temperature: 20 } } }
  steps_per_epoch: 1
)";

// Nothing is random: one-hot rows, no noisy layer, no augmentation.
constexpr char kPlain[] = R"(
  input { row_normalization: RAW noisy_layer: NO_NOISY_LAYER }
  batch_size: 6
  batches_per_epoch: 1
  warmup_epochs: 0
  warmup_batches_per_epoch: 1
)";

// The fields above with those in `changes` laid over them.
Experiment Plain(const std::string& changes = "") {
  return TinyExperiment(kStudent, "NayerConfig", absl::StrCat(kTinySynthesis, kPlain), changes);
}

TEST(NayerTest, ARoundEqualsPyTorchs) {
  const Golden golden("dfkd/methods/testdata/nayer_round.safetensors");
  MethodHarness harness(Plain());
  MoveStudent(harness);
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Method> method, harness.Create());
  FillGenerator(*method);
  ASSERT_OK(method->Round(0));

  const MetricsRow means = harness.means().Take();
  for (const char* loss : {"cross_entropy", "bn_stat", "adversarial_kl"}) {
    const double mean = (golden[absl::StrCat("step0.", loss)].item<double>() +
                         golden[absl::StrCat("step1.", loss)].item<double>()) /
                        2;
    EXPECT_NEAR(means.at(absl::StrCat("loss_", loss)), mean, 1e-4) << loss;
  }
  const State state = StateOf(*method);
  for (const auto& [name, tensor] : golden.tensors()) {
    if (name.rfind("generator.", 0) != 0 || !tensor.is_floating_point()) continue;
    EXPECT_LT(MaxDifference(state.tensors.at(name), tensor), 2e-4) << name;
  }
  // Truncation to 8 bits turns a rounding error into a whole step, rarely.
  EXPECT_LE(MaxDifference(PoolImages(harness), golden["pool"]), 1);

  EXPECT_NEAR(means.at("loss_student_distill_kl"), golden["student_loss"].item<double>(), 1e-3);
  ExpectStudentNear(harness, golden, 1e-3);
}

TEST(NayerTest, TheWarmUpFillsThePoolAndLeavesTheStudentAlone) {
  MethodHarness harness(Plain("warmup_epochs: 1 warmup_batches_per_epoch: 3"));
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Method> method, harness.Create());
  const at::Tensor before = harness.student().Parameters()[0].detach().clone();
  EXPECT_EQ(method->rounds(), 1 + 4);
  EXPECT_EQ(method->StepsIn(0), 3 * 2);
  EXPECT_EQ(method->StepsIn(1), 1 * 2 + 1);

  ASSERT_OK(method->Round(0));
  EXPECT_EQ(harness.pool().size(), 3 * 6);
  EXPECT_EQ(MaxDifference(before, harness.student().Parameters()[0].detach()), 0);
  EXPECT_FALSE(harness.means().Take().contains("loss_adversarial_kl"));

  ASSERT_OK(method->Round(1));
  EXPECT_EQ(harness.pool().size(), 4 * 6);
  EXPECT_GT(MaxDifference(before, harness.student().Parameters()[0].detach()), 0);
  EXPECT_TRUE(harness.means().Take().contains("loss_adversarial_kl"));
}

TEST(NayerTest, TheAdversaryMayCountInTheWarmUp) {
  MethodHarness harness(Plain("warmup_epochs: 1 student_losses_in_warmup: true"));
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Method> method, harness.Create());
  ASSERT_OK(method->Round(0));
  EXPECT_TRUE(harness.means().Take().contains("loss_adversarial_kl"));
}

// Deviation D9 of the released code: batches after the first query a student in training mode.
TEST(NayerTest, OnlyTheOfficialStudentModeMovesTheStudentsStatistics) {
  for (const bool official : {false, true}) {
    MethodHarness harness(
        Plain(absl::StrCat("batches_per_epoch: 2 warmup_epochs: 1 warmup_batches_per_epoch: 2 "
                           "student_losses_in_warmup: true student_mode: ",
                           official ? "EVAL_FIRST_BATCH_ONLY" : "EVAL")));
    ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Method> method, harness.Create());
    at::Tensor running_mean;
    for (const NamedTensor& named : harness.student().NamedBuffers()) {
      if (named.name == "bn1.running_mean") running_mean = named.tensor;
    }
    const at::Tensor before = running_mean.clone();
    ASSERT_OK(method->Round(0));
    EXPECT_EQ(MaxDifference(before, running_mean) > 0, official);
  }
}

TEST(NayerTest, TheGeneratorStepLeavesNoGradientInTeacherOrStudent) {
  MethodHarness harness(Plain("warmup_epochs: 1 student_losses_in_warmup: true"));
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Method> method, harness.Create());
  ASSERT_OK(method->Round(0));
  for (const at::Tensor& parameter : harness.teacher().model().Parameters()) {
    EXPECT_FALSE(parameter.grad().defined());
  }
  for (const at::Tensor& parameter : harness.student().Parameters()) {
    EXPECT_FALSE(parameter.grad().defined());
    EXPECT_TRUE(parameter.requires_grad());
  }
}

TEST(NayerTest, TheGeneratorIsNewAtEachInterval) {
  // Rounds 0 and 1 share a generator whose weights move by less than 4e-3 a step times two steps;
  // round 2 begins with another, drawn anew.
  MethodHarness harness(Plain("reinitialize_generator_every: 2"));
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Method> method, harness.Create());
  std::vector<at::Tensor> weights;
  for (int round = 0; round < 3; ++round) {
    ASSERT_OK(method->Round(round));
    weights.push_back(StateOf(*method).tensors.at("generator.l1.0.weight"));
  }
  EXPECT_LT(MaxDifference(weights[0], weights[1]), 0.02);
  EXPECT_GT(MaxDifference(weights[1], weights[2]), 0.2);
}

TEST(NayerTest, NoisyLayersAreDrawnAnewForEachBatch) {
  MethodHarness harness(Plain("input { noisy_layer: K_TO_ONE noisy_layer_size: 5 }"));
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Method> method, harness.Create());
  ASSERT_OK(method->Round(0));
  const at::Tensor first = StateOf(*method).tensors.at("input.noisy.weight");
  // Six images of three classes: two layers from 3 rows to 5 numbers.
  EXPECT_EQ(first.sizes(), (std::vector<int64_t>{2, 5, 3}));
  ASSERT_OK(method->Round(1));
  EXPECT_GT(MaxDifference(first, StateOf(*method).tensors.at("input.noisy.weight")), 0.5);
}

// A round's four steps at a rate of 4e-3 move a weight by little more than 0.016, a new draw by 1
// and more.
TEST(NayerTest, NoisyLayersThatAreDrawnEachEpochAreNewInEachRound) {
  MethodHarness harness(
      Plain("input { noisy_layer: K_TO_ONE noisy_layer_size: 5 "
            "        noisy_layer_drawn: EACH_EPOCH } "
            "batches_per_epoch: 2 reinitialize_generator_every: 0"));
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Method> method, harness.Create());
  ASSERT_OK(method->Round(0));
  const State first = StateOf(*method);
  ASSERT_OK(method->Round(1));
  const State second = StateOf(*method);
  const auto moved = [&](const char* name) {
    return MaxDifference(first.tensors.at(name), second.tensors.at(name));
  };
  EXPECT_GT(moved("input.noisy.weight"), 0.5);
  EXPECT_LT(moved("generator.l1.0.weight"), 0.1);
}

TEST(NayerTest, LastKeepsWhatTheGeneratorMakesAfterItsLastStep) {
  at::Tensor images[2];
  for (const bool last : {false, true}) {
    MethodHarness harness(Plain(last ? "keep: LAST" : "keep: BEST"));
    ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Method> method, harness.Create());
    FillGenerator(*method);
    ASSERT_OK(method->Round(0));
    images[last] = PoolImages(harness);
  }
  EXPECT_GT(MaxDifference(images[0], images[1]), 0);
}

// What a checkpoint between two rounds must hold: run on from it, and nothing differs.
TEST(NayerTest, ARoundAfterLoadEqualsTheRoundWithout) {
  const std::string config =
      "input { noisy_layer: K_TO_ONE noisy_layer_size: 5 } optimizer_lifetime: GENERATOR";
  at::Tensor expected;
  State saved, streams, student;
  {
    MethodHarness harness(Plain(config));
    ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Method> method, harness.Create());
    ASSERT_OK(method->Round(0));
    saved = StateOf(*method);
    harness.streams().Save(StateWriter(&streams));
    SaveModule(harness.student(), StateWriter(&student));
    ASSERT_OK(method->Round(1));
    expected = PoolImages(harness).narrow(0, 6, 6);
  }
  MethodHarness harness(Plain(config));
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Method> method, harness.Create());
  ASSERT_OK(LoadModule(StateReader(&student), &harness.student()));
  ASSERT_OK(harness.streams().Load(StateReader(&streams)));
  ASSERT_OK(method->Load(StateReader(&saved)));
  ASSERT_OK(method->Round(1));
  EXPECT_EQ(MaxDifference(expected, PoolImages(harness)), 0);
}

TEST(NayerTest, RefusesAnExperimentWithoutATeacher) {
  Experiment experiment = Plain();
  experiment.clear_teacher();
  MethodHarness harness(experiment);
  EXPECT_THAT(
      harness.Create(),
      StatusMessageIs("method NayerConfig needs a teacher; set teacher.model or teacher.from"));
}

TEST(NayerTest, NamesTheTermThatIsNotFinite) {
  MethodHarness harness(Plain());
  {
    at::NoGradGuard no_grad;
    harness.teacher().model().ClassifierBias().fill_(std::numeric_limits<double>::quiet_NaN());
  }
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Method> method, harness.Create());
  EXPECT_THAT(method->Round(0), StatusMessageIs("batch 0: loss cross_entropy is nan"));
}

TEST(NayerTest, AWatchedBatchLeavesNoTrace) {
  ExpectAWatchedBatchLeavesNoTrace(
      Plain("generator_steps: 3 input { source: CONCAT noise_size: 5 }"));
}

TEST(NayerTest, TellsThePartsOfItsGeneratorsInput) {
  MethodHarness harness(Plain("input { source: CONCAT noise_size: 5 }"));
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Method> method, harness.Create());
  const auto& watchable = dynamic_cast<const Watchable&>(*method);
  const std::vector<Watchable::InputPart> parts = watchable.InputParts(/*pool=*/0);
  ASSERT_EQ(parts.size(), 2);
  EXPECT_EQ(parts[0].name, "rows");
  // One-hot rows of three classes, and Z, into the 2 x 2 beginnings of 8 channels.
  EXPECT_EQ(parts[0].weight.sizes(), at::IntArrayRef({32, 3}));
  EXPECT_EQ(parts[1].weight.sizes(), at::IntArrayRef({32, 5}));
  EXPECT_EQ(watchable.ClassRows().sizes(), at::IntArrayRef({3, 3}));
}

}  // namespace
}  // namespace dfkd
