#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "dfkd/core/testing.h"
#include "dfkd/methods/method_testing.h"
#include "dfkd/testing/golden.h"

namespace dfkd {
namespace {

constexpr char kStudent[] = R"(
  optimizer {
    [type.googleapis.com/dfkd.SgdConfig] { learning_rate: 0.1 momentum: 0.9 weight_decay: 1e-4 }
  }
  losses { config { [type.googleapis.com/dfkd.DistillKlConfig] { temperature: 20 } } }
  steps_per_epoch: 1
)";

constexpr char kAugmentations[] = R"(
  augmentations { [type.googleapis.com/dfkd.RollConfig] { max_shift: 1 } }
  augmentations { [type.googleapis.com/dfkd.HorizontalFlipConfig] { scope: BATCH } }
)";

constexpr char kLosses[] = R"(
  losses { config { [type.googleapis.com/dfkd.CrossEntropyConfig] {} } }
  losses { weight: 10 config { [type.googleapis.com/dfkd.BnStatConfig] { momentum: 0 } } }
  losses { weight: 0.01 config { [type.googleapis.com/dfkd.TotalVariationConfig] {} } }
  losses { weight: 0.001 config { [type.googleapis.com/dfkd.ImageL2Config] {} } }
  losses { config { [type.googleapis.com/dfkd.JensenShannonConfig] {} } }
)";

constexpr char kPhases[] = "phases { steps: 2 pooling: 2 } phases { steps: 2 } ";

constexpr char kPixels[] = R"(
  batch_size: 6
  optimizer { [type.googleapis.com/dfkd.AdamConfig] { learning_rate: 0.1 beta1: 0.5 beta2: 0.9 } }
  label_sampler { [type.googleapis.com/dfkd.BalancedConfig] {} }
)";

Experiment Spec(const std::string& fields) {
  return TinyExperiment(kStudent, "DeepInversionConfig", absl::StrCat(kPixels, fields));
}

// What the method begins with, cut to [0, 1].
at::Tensor FirstNoise() {
  const at::Tensor noise = RandomStream(0, "noise_images").Normal({6, 3, 8, 8});
  return (noise * 0.5 + 0.5).clamp(0, 1);
}

TEST(DeepInversionTest, ARoundEqualsPyTorchs) {
  const Golden golden("dfkd/methods/testdata/deep_inversion_round.safetensors");
  MethodHarness harness(
      Spec(absl::StrCat(kLosses, kAugmentations, kPhases,
                        "schedule { [type.googleapis.com/dfkd.CosineConfig] {} }")));
  MoveStudent(harness);
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Method> method, harness.Create());
  ASSERT_OK(method->Round(0));

  const MetricsRow means = harness.means().Take();
  for (const char* loss :
       {"cross_entropy", "bn_stat", "total_variation", "image_l2", "jensen_shannon"}) {
    EXPECT_NEAR(means.at(absl::StrCat("loss_", loss)), golden[loss].item<double>(), 1e-4) << loss;
  }
  // Truncation to 8 bits turns a rounding error into a whole step, rarely.
  EXPECT_LE(MaxDifference(PoolImages(harness), golden["pool"]), 1);

  EXPECT_NEAR(means.at("loss_student_distill_kl"), golden["student_loss"].item<double>(), 1e-3);
  ExpectStudentNear(harness, golden, 1e-3);
}

TEST(DeepInversionTest, EachTermReachesThePixelsAndNothingElse) {
  for (const char* loss : {"CrossEntropyConfig", "BnStatConfig", "TotalVariationConfig",
                           "ImageL2Config", "JensenShannonConfig"}) {
    MethodHarness harness(Spec(absl::StrCat(
        "phases { steps: 1 } losses { config { [type.googleapis.com/dfkd.", loss, "] {} } }")));
    // The student's weights differ from the teacher's: two equal ones do not compete.
    {
      at::NoGradGuard no_grad;
      for (const at::Tensor& parameter : harness.student().Parameters()) parameter.mul_(1.1);
    }
    ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Method> method, harness.Create());
    ASSERT_OK(method->Round(0));
    // Adam's first step is the learning rate, 0.1 normalised or 0.05 of 255, wherever there is a
    // gradient.
    EXPECT_GT(MaxDifference(PoolImages(harness), FirstNoise() * 255), 10) << loss;
    for (const at::Tensor& parameter : harness.teacher().model().Parameters()) {
      EXPECT_FALSE(parameter.grad().defined()) << loss;
    }
  }
}

TEST(DeepInversionTest, TheStudentIsLeftAloneWhilePixelsLearn) {
  MethodHarness harness(Spec(absl::StrCat(kLosses, kPhases, "warmup_epochs: 1")));
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Method> method, harness.Create());
  std::vector<at::Tensor> before;
  for (const NamedTensor& named : harness.student().NamedState()) {
    before.push_back(named.tensor.detach().clone());
  }
  ASSERT_OK(method->Round(0));
  size_t i = 0;
  for (const NamedTensor& named : harness.student().NamedState()) {
    EXPECT_TRUE(named.tensor.equal(before[i++])) << named.name;
    EXPECT_FALSE(named.tensor.grad().defined()) << named.name;
  }
}

TEST(DeepInversionTest, TheWarmUpLeavesOutTheCompetition) {
  MethodHarness harness(
      Spec(absl::StrCat(kLosses, kPhases, "warmup_epochs: 1 batches_per_epoch: 2")));
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Method> method, harness.Create());
  EXPECT_EQ(method->rounds(), 1 + 4);
  EXPECT_EQ(method->StepsIn(0), 2 * (2 + 2));
  EXPECT_EQ(method->StepsIn(1), 2 * (2 + 2) + 1);
  ASSERT_OK(method->Round(0));
  EXPECT_FALSE(harness.means().Take().contains("loss_jensen_shannon"));
  EXPECT_EQ(harness.pool().size(), 2 * 6);
  ASSERT_OK(method->Round(1));
  EXPECT_TRUE(harness.means().Take().contains("loss_jensen_shannon"));
  EXPECT_EQ(harness.budget().images, 4 * 6);
  EXPECT_EQ(harness.budget().pixels, 4 * 6 * 64);
  // Four batches of four steps, and one student step of six images.
  EXPECT_EQ(harness.budget().teacher_forwards, 4 * 4 * 6 + 6);
  EXPECT_EQ(harness.budget().teacher_backwards, 4 * 4 * 6);
}

TEST(DeepInversionTest, ClipsAfterEachStepOrNever) {
  double length[2];
  for (const bool clip : {false, true}) {
    MethodHarness harness(
        Spec(absl::StrCat(kLosses, "phases { steps: 3 } clip: ", clip ? "true" : "false")));
    ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Method> method, harness.Create());
    ASSERT_OK(method->Round(0));
    length[clip] = harness.means().Take().at("loss_image_l2");
  }
  // N(0, 1) has a variance of 1; cut to [-1, 1] it has less in the second step and the third.
  EXPECT_LT(length[true], length[false] * 0.95);
}

TEST(DeepInversionTest, BestKeepsTheImagesBehindTheStepThatBeganWithTheLeastLoss) {
  at::Tensor images[2];
  for (const bool best : {false, true}) {
    MethodHarness harness(
        Spec(absl::StrCat(kLosses, "phases { steps: 5 } keep: ", best ? "BEST" : "LAST")));
    ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Method> method, harness.Create());
    ASSERT_OK(method->Round(0));
    images[best] = PoolImages(harness);
  }
  // The loss falls in each of these steps, so that the last of them began with the least.
  EXPECT_EQ(MaxDifference(images[0], images[1]), 0);
}

TEST(DeepInversionTest, BestMayLieInAnEarlierPhase) {
  // The second phase sees the images larger, so that norms over the batch are about twice as long:
  // its losses are never the least.
  at::Tensor images[2];
  for (const bool longer : {false, true}) {
    MethodHarness harness(Spec(
        absl::StrCat("losses { config { [type.googleapis.com/dfkd.TotalVariationConfig] {} } } "
                     "phases { steps: 2 pooling: 2 } keep: BEST ",
                     longer ? "phases { steps: 1 }" : "")));
    ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Method> method, harness.Create());
    ASSERT_OK(method->Round(0));
    images[longer] = PoolImages(harness);
  }
  EXPECT_EQ(MaxDifference(images[0], images[1]), 0);
}

TEST(DeepInversionTest, RefusesPoolingBeyondTheImage) {
  MethodHarness harness(Spec(absl::StrCat(kLosses, "phases { steps: 1 pooling: 9 }")));
  EXPECT_THAT(harness.Create(),
              StatusMessageIs("method.phases: pooling is 9; must be at most the teacher's image "
                              "size (8)"));
}

TEST(DeepInversionTest, RefusesAnExperimentWithoutATeacher) {
  Experiment experiment = Spec(absl::StrCat(kLosses, kPhases));
  experiment.clear_teacher();
  MethodHarness harness(experiment);
  EXPECT_THAT(harness.Create(), StatusMessageIs("method DeepInversionConfig needs a teacher; set "
                                                "teacher.model or teacher.from"));
}

TEST(DeepInversionTest, NamesTheTermThatIsNotFinite) {
  MethodHarness harness(Spec(absl::StrCat(kLosses, kPhases)));
  {
    at::NoGradGuard no_grad;
    harness.teacher().model().ClassifierBias().fill_(std::numeric_limits<double>::quiet_NaN());
  }
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Method> method, harness.Create());
  EXPECT_THAT(method->Round(0),
              StatusMessageIs("batch 0: phase 0, step 0: loss cross_entropy is nan"));
}

}  // namespace
}  // namespace dfkd
