#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/testing.h"
#include "dfkd/methods/method_testing.h"
#include "dfkd/methods/watchable.h"
#include "dfkd/testing/golden.h"
#include "dfkd/train/module_state.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

constexpr char kStudent[] = R"(
  optimizer {
    [type.googleapis.com/dfkd.SgdConfig] { learning_rate: 0.2 momentum: 0.9 weight_decay: 1e-4 }
  }
  losses { config { [type.googleapis.com/dfkd.DistillKlConfig] { temperature: 20 } } }
  steps_per_epoch: 1
)";

constexpr char kLosses[] = R"(
  losses { weight: 0.5 config { [type.googleapis.com/dfkd.CrossEntropyConfig] {} } }
  losses { weight: 10 config { [type.googleapis.com/dfkd.BnStatConfig] { momentum: 0.9 } } }
  losses { weight: 1.33 config { [type.googleapis.com/dfkd.AdversarialKlConfig] {} } }
)";

// Nothing but the latent vectors is random.
constexpr char kPlain[] = R"(
  generator { [type.googleapis.com/dfkd.ConvGeneratorConfig] { channels: 8 } }
  latent_size: 3
  optimizer { [type.googleapis.com/dfkd.AdamConfig] { learning_rate: 2e-3 beta1: 0.5 } }
  latent_optimizer { [type.googleapis.com/dfkd.AdamConfig] { learning_rate: 0.05 beta1: 0.5 } }
  meta_optimizer { [type.googleapis.com/dfkd.SgdConfig] { learning_rate: 0.01 } }
  label_sampler { [type.googleapis.com/dfkd.BalancedConfig] {} }
  batch_size: 6
  generator_steps: 2
  warmup_epochs: 0
)";

// "optimizer" becomes SGD of this rate; likewise the other two.
std::string Sgd(const std::string& field, double rate) {
  return absl::StrCat(field, " { [type.googleapis.com/dfkd.SgdConfig] { learning_rate: ", rate,
                      " } } ");
}

// The fields above with those in `changes` laid over them.
Experiment Plain(const std::string& changes = "", const std::string& losses = kLosses) {
  return TinyExperiment(kStudent, "FastConfig", absl::StrCat(kPlain, losses), changes);
}

// Weights and biases of the generator, without BatchNorm's statistics.
std::map<std::string, at::Tensor> GeneratorOf(const Method& method) {
  std::map<std::string, at::Tensor> parameters;
  for (const auto& [name, tensor] : StateOf(method).tensors) {
    const bool learns =
        name.find(".weight") != std::string::npos || name.find(".bias") != std::string::npos;
    if (name.rfind("generator.", 0) == 0 && learns) parameters[name] = tensor;
  }
  return parameters;
}

struct Batch {
  std::map<std::string, at::Tensor> before, after;  // the generator
  at::Tensor images;                                // in the pool
};

// The first batch of a method that begins as the golden does.
Batch FirstBatch(const std::string& changes, const std::string& losses = kLosses) {
  MethodHarness harness(Plain(changes, losses));
  MoveStudent(harness);
  auto method = harness.Create();
  CHECK(method.ok()) << method.status();
  FillGenerator(**method);
  Batch batch;
  batch.before = GeneratorOf(**method);
  const absl::Status status = (*method)->Round(0);
  CHECK(status.ok()) << status;
  batch.after = GeneratorOf(**method);
  batch.images = PoolImages(harness);
  return batch;
}

TEST(FastTest, ARoundEqualsPyTorchs) {
  const Golden golden("dfkd/methods/testdata/fast_round.safetensors");
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
  for (const auto& [name, tensor] : GeneratorOf(*method)) {
    const std::string key = absl::StrCat("fomaml", name.substr(name.find('.')));
    EXPECT_LT(MaxDifference(tensor, golden[key]), 5e-4) << name;  // steps of up to 0.6
  }
  // Truncation to 8 bits turns a rounding error into a whole step, rarely.
  EXPECT_LE(MaxDifference(PoolImages(harness), golden["pool"]), 1);

  EXPECT_NEAR(means.at("loss_student_distill_kl"), golden["student_loss"].item<double>(), 1e-3);
  ExpectStudentNear(harness, golden, 1e-3);
}

TEST(FastTest, AStepOfReptileEqualsPyTorchs) {
  const Golden golden("dfkd/methods/testdata/fast_round.safetensors");
  for (const auto& [name, tensor] : FirstBatch("meta: REPTILE").after) {
    const std::string key = absl::StrCat("reptile", name.substr(name.find('.')));
    EXPECT_LT(MaxDifference(tensor, golden[key]), 2e-4) << name;  // steps of up to 2.7e-3
  }
}

// With plain gradient descent of rate a the copy goes by -a (g_0 + g_1), and so does a generator
// that takes one step of rate a on the sum.
TEST(FastTest, FomamlSumsTheGradientsOfAllSteps) {
  const std::string inner = Sgd("optimizer", 1e-3);
  const Batch sum = FirstBatch(absl::StrCat(inner, Sgd("meta_optimizer", 1e-3), "meta: FOMAML"));
  const Batch copy = FirstBatch(absl::StrCat(inner, "meta: SEQUENTIAL"));
  for (const auto& [name, tensor] : copy.after) {
    EXPECT_GT(MaxDifference(tensor, copy.before.at(name)), 1e-5) << name;
    EXPECT_LT(MaxDifference(tensor, sum.after.at(name)), 1e-6) << name;
  }
}

// theta - g_1 = theta + (theta - (g_0 + g_1)) - (theta - g_0): a step on the last gradient alone,
// from one on the sum of two and one on the first.
TEST(FastTest, TheLastStepsGradientMayCountAlone) {
  const std::string settings = absl::StrCat(Sgd("optimizer", 1e-3), Sgd("meta_optimizer", 1e-2));
  const Batch both = FirstBatch(settings);
  const Batch first = FirstBatch(absl::StrCat(settings, "generator_steps: 1"));
  const Batch last = FirstBatch(absl::StrCat(settings, "meta: FOMAML_LAST_STEP"));
  for (const auto& [name, tensor] : last.after) {
    const at::Tensor expected = last.before.at(name) + both.after.at(name) - first.after.at(name);
    EXPECT_LT(MaxDifference(tensor, expected), 1e-5) << name;
    EXPECT_GT(MaxDifference(tensor, both.after.at(name)), 1e-4) << name;
  }
}

// SGD of rate 0.1 on 5 (theta - copy) goes half the way to the copy.
TEST(FastTest, ReptileGoesTheCopysWayTimesItsFactor) {
  const Batch half =
      FirstBatch(absl::StrCat(Sgd("meta_optimizer", 0.1), "meta: REPTILE reptile_factor: 5"));
  const Batch copy = FirstBatch("meta: SEQUENTIAL");
  for (const auto& [name, tensor] : half.after) {
    const at::Tensor expected = (half.before.at(name) + copy.after.at(name)) / 2;
    EXPECT_LT(MaxDifference(tensor, expected), 1e-6) << name;
  }
}

// That the copy learns shows in the generator; that the latent vectors do, where the copy stands
// still, in the images behind the second step.
TEST(FastTest, EachTermReachesGeneratorAndLatentVectors) {
  for (const char* loss : {"CrossEntropyConfig", "BnStatConfig", "AdversarialKlConfig"}) {
    const std::string losses =
        absl::StrCat("losses { config { [type.googleapis.com/dfkd.", loss, "] {} } } ");
    const std::string still = absl::StrCat(Sgd("optimizer", 0), "keep: LAST ");
    const Batch one = FirstBatch(absl::StrCat(still, "generator_steps: 1"), losses);
    for (const auto& [name, tensor] : one.after) {
      EXPECT_GT(MaxDifference(tensor, one.before.at(name)), 0) << loss << ": " << name;
    }
    const Batch two = FirstBatch(absl::StrCat(still, "generator_steps: 2"), losses);
    EXPECT_GT(MaxDifference(one.images, two.images), 0) << loss;
  }
}

TEST(FastTest, TeacherAndStudentGetNoGradientWhileImagesAreMade) {
  MethodHarness harness(Plain("warmup_epochs: 1 student_losses_lead: 1"));
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

TEST(FastTest, TheWarmUpFillsThePoolAndLeavesTheStudentAlone) {
  MethodHarness harness(Plain("warmup_epochs: 1 batches_per_epoch: 2"));
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Method> method, harness.Create());
  const at::Tensor before = harness.student().Parameters()[0].detach().clone();
  EXPECT_EQ(method->rounds(), 1 + 4);
  EXPECT_EQ(method->StepsIn(0), 2 * 2);
  EXPECT_EQ(method->StepsIn(1), 2 * 2 + 1);

  ASSERT_OK(method->Round(0));
  EXPECT_EQ(harness.pool().size(), 2 * 6);
  EXPECT_EQ(MaxDifference(before, harness.student().Parameters()[0].detach()), 0);
  EXPECT_FALSE(harness.means().Take().contains("loss_adversarial_kl"));

  ASSERT_OK(method->Round(1));
  EXPECT_GT(MaxDifference(before, harness.student().Parameters()[0].detach()), 0);
  EXPECT_TRUE(harness.means().Take().contains("loss_adversarial_kl"));
  EXPECT_EQ(harness.budget().images, 4 * 6);
  EXPECT_EQ(harness.budget().pixels, 4 * 6 * 64);
  // Four batches of two steps, and one student step of six images.
  EXPECT_EQ(harness.budget().teacher_forwards, 4 * 2 * 6 + 6);
}

TEST(FastTest, TheAdversaryMayLeadTheStudent) {
  MethodHarness harness(Plain("warmup_epochs: 2 student_losses_lead: 1"));
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Method> method, harness.Create());
  ASSERT_OK(method->Round(0));
  EXPECT_FALSE(harness.means().Take().contains("loss_adversarial_kl"));
  ASSERT_OK(method->Round(1));
  const MetricsRow means = harness.means().Take();
  EXPECT_TRUE(means.contains("loss_adversarial_kl"));
  EXPECT_FALSE(means.contains("loss_student_distill_kl"));
}

TEST(FastTest, TheFirstLayersAreDrawnAnewOnce) {
  // The generator itself stands still; epoch 2 of the student is round 2.
  MethodHarness harness(
      Plain(absl::StrCat(Sgd("meta_optimizer", 0), "warmup_epochs: 1 reset_first_layers_at: 2")));
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Method> method, harness.Create());
  FillGenerator(*method);
  std::vector<std::map<std::string, at::Tensor>> rounds = {GeneratorOf(*method)};
  for (int round = 0; round < 4; ++round) {
    ASSERT_OK(method->Round(round));
    rounds.push_back(GeneratorOf(*method));
  }
  for (const auto& [name, tensor] : rounds[3]) {
    EXPECT_EQ(MaxDifference(rounds[2].at(name), rounds[0].at(name)), 0) << name;
    EXPECT_EQ(MaxDifference(rounds[4].at(name), tensor), 0) << name;
    const bool first =
        name.rfind("generator.l1.0.", 0) == 0 || name.rfind("generator.conv_blocks.0.", 0) == 0;
    EXPECT_EQ(MaxDifference(tensor, rounds[2].at(name)) > 0, first) << name;
  }
  for (const char* layer : {"generator.l1.0", "generator.conv_blocks.0"}) {
    // Five deviations, where 96 and 8 numbers are drawn.
    EXPECT_LT(rounds[3].at(absl::StrCat(layer, ".weight")).abs().max().item<double>(), 0.1);
    EXPECT_EQ(rounds[3].at(absl::StrCat(layer, ".bias")).abs().max().item<double>(), 0);
  }
}

TEST(FastTest, NoImagesSeeWhatTheLastStepLedTo) {
  for (const char* keep : {"BEST", "LAST"}) {
    const std::string settings = absl::StrCat("generator_steps: 1 keep: ", keep, " ");
    const at::Tensor slow = FirstBatch(absl::StrCat(settings, Sgd("optimizer", 0))).images;
    const at::Tensor quick = FirstBatch(absl::StrCat(settings, Sgd("optimizer", 1))).images;
    EXPECT_EQ(MaxDifference(slow, quick), 0) << keep;
  }
}

TEST(FastTest, BestKeepsTheImagesOfTheLeastLoss) {
  // A step of ten in every weight spoils the copy: the loss of 234 becomes 1307.
  const std::string rate =
      "optimizer { [type.googleapis.com/dfkd.AdamConfig] { learning_rate: 10 } } ";
  const at::Tensor first = FirstBatch(absl::StrCat(rate, "generator_steps: 1")).images;
  EXPECT_EQ(MaxDifference(FirstBatch(rate).images, first), 0);
  EXPECT_GT(MaxDifference(FirstBatch(absl::StrCat(rate, "keep: LAST")).images, first), 0);
}

// What a checkpoint between two rounds must hold: run on from it, and nothing differs.
TEST(FastTest, ARoundAfterLoadEqualsTheRoundWithout) {
  const std::string config =
      "meta_optimizer { [type.googleapis.com/dfkd.AdamConfig] { learning_rate: 4e-3 beta1: 0.5 } }";
  at::Tensor images;
  std::map<std::string, at::Tensor> generator;
  State saved, streams, student;
  {
    MethodHarness harness(Plain(config));
    ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Method> method, harness.Create());
    ASSERT_OK(method->Round(0));
    saved = StateOf(*method);
    harness.streams().Save(StateWriter(&streams));
    SaveModule(harness.student(), StateWriter(&student));
    ASSERT_OK(method->Round(1));
    images = PoolImages(harness).narrow(0, 6, 6);
    generator = GeneratorOf(*method);
  }
  MethodHarness harness(Plain(config));
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Method> method, harness.Create());
  ASSERT_OK(LoadModule(StateReader(&student), &harness.student()));
  ASSERT_OK(harness.streams().Load(StateReader(&streams)));
  ASSERT_OK(method->Load(StateReader(&saved)));
  ASSERT_OK(method->Round(1));
  EXPECT_EQ(MaxDifference(images, PoolImages(harness)), 0);
  for (const auto& [name, tensor] : GeneratorOf(*method)) {
    EXPECT_EQ(MaxDifference(tensor, generator.at(name)), 0) << name;
  }
}

TEST(FastTest, AWatchedBatchLeavesNoTrace) {
  ExpectAWatchedBatchLeavesNoTrace(Plain("generator_steps: 3"));
}

TEST(FastTest, TellsThatItsGeneratorIsFedWithNoiseAlone) {
  MethodHarness harness(Plain());
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Method> method, harness.Create());
  const auto& watchable = dynamic_cast<const Watchable&>(*method);
  const std::vector<Watchable::InputPart> parts = watchable.InputParts(/*pool=*/0);
  ASSERT_EQ(parts.size(), 1);
  EXPECT_EQ(parts[0].name, "noise");
  // Three numbers into the 2 x 2 beginnings of 8 channels.
  EXPECT_EQ(parts[0].weight.sizes(), at::IntArrayRef({32, 3}));
  EXPECT_FALSE(watchable.ClassRows().defined());
}

TEST(FastTest, RefusesAnExperimentWithoutATeacher) {
  Experiment experiment = Plain();
  experiment.clear_teacher();
  MethodHarness harness(experiment);
  EXPECT_THAT(
      harness.Create(),
      StatusMessageIs("method FastConfig needs a teacher; set teacher.model or teacher.from"));
}

TEST(FastTest, NamesTheTermThatIsNotFinite) {
  MethodHarness harness(Plain());
  {
    at::NoGradGuard no_grad;
    harness.teacher().model().ClassifierBias().fill_(std::numeric_limits<double>::quiet_NaN());
  }
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Method> method, harness.Create());
  EXPECT_THAT(method->Round(0), StatusMessageIs("batch 0: loss cross_entropy is nan"));
}

}  // namespace
}  // namespace dfkd
