#include <ATen/TensorOperators.h>
#include <ATen/ops/abs.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/testing.h"
#include "dfkd/methods/method_testing.h"
#include "dfkd/methods/watchable.h"
#include "dfkd/train/module_state.h"

namespace dfkd {
namespace {

constexpr char kStudent[] = R"(
  optimizer { [type.googleapis.com/dfkd.SgdConfig] { learning_rate: 0.2 } }
  losses { config { [type.googleapis.com/dfkd.DistillKlConfig] { temperature: 20 } } }
  steps_per_epoch: 2
)";

// Beside kTinySynthesis, for MUSE and for NAYER.
constexpr char kSynthesis[] = R"(
  input { noisy_layer_size: 16 }
  augmentations { [type.googleapis.com/dfkd.RandomCropConfig] { padding_ratio: 0.125 } }
  batches_per_epoch: 2
  warmup_epochs: 1
)";

Experiment Spec(absl::string_view method, absl::string_view changes) {
  return TinyExperiment(kStudent, method, absl::StrCat(kTinySynthesis, kSynthesis, changes));
}
Experiment Muse(absl::string_view changes) { return Spec("MuseConfig", changes); }

constexpr char kTwoSizes[] =
    "resolutions { size: 4 batch_size: 6 } resolutions { size: 8 batch_size: 3 }";

// A harness and its method after `rounds` rounds.
struct Rounds {
  Rounds(Experiment experiment, int64_t rounds) : harness(std::move(experiment)) {
    auto created = harness.Create();
    CHECK(created.ok()) << created.status();
    method = *std::move(created);
    for (int64_t round = 0; round < rounds; ++round) EXPECT_OK(method->Round(round));
  }
  MethodHarness harness;
  std::unique_ptr<Method> method;
};

TEST(MuseTest, AtTheTeachersSizeItIsNayer) {
  Rounds muse(Muse("resolutions { size: 8 batch_size: 6 }"), 2);
  Rounds nayer(Spec("NayerConfig", "batch_size: 6 warmup_batches_per_epoch: 2"), 2);
  EXPECT_TRUE(PoolImages(muse.harness).equal(PoolImages(nayer.harness)));
  const auto of_muse = muse.harness.student().NamedState();
  const auto of_nayer = nayer.harness.student().NamedState();
  for (size_t i = 0; i < of_muse.size(); ++i) {
    EXPECT_TRUE(of_muse[i].tensor.equal(of_nayer[i].tensor)) << of_muse[i].name;
  }
  EXPECT_EQ(muse.method->rounds(), nayer.method->rounds());
  EXPECT_EQ(muse.method->StepsIn(0), nayer.method->StepsIn(0));
  EXPECT_EQ(muse.method->StepsIn(1), nayer.method->StepsIn(1));
}

TEST(MuseTest, EachResolutionHasAPoolOfItsOwn) {
  Rounds run(Muse(kTwoSizes), 2);
  // Two rounds of two batches each.
  EXPECT_EQ(PoolImages(run.harness, 0).sizes(), at::IntArrayRef({24, 3, 4, 4}));
  EXPECT_EQ(PoolImages(run.harness, 1).sizes(), at::IntArrayRef({12, 3, 8, 8}));
  const Budget& budget = run.harness.budget();
  EXPECT_EQ(budget.images, 24 + 12);
  EXPECT_EQ(budget.pixels, 24 * 16 + 12 * 64);
  // Two generator steps an image, and one round of two student steps on 6 + 3.
  EXPECT_EQ(budget.teacher_forwards, 2 * 36 + 2 * 9);
}

// What `dfkd check` counts with.
TEST(MuseTest, ItsOutlineTellsEachPoolsImagesAndBatches) {
  const std::string sizes =
      "resolutions { size: 4 batch_size: 6 student_batch_size: 20 } "
      "resolutions { size: 8 batch_size: 3 }";
  for (const bool in_turn : {false, true}) {
    const Experiment experiment = Muse(sizes + (in_turn ? " mixing: ALTERNATE" : ""));
    ASSERT_OK_AND_ASSIGN(
        const MethodOutline outline,
        Registry<Method>::Get().GetOutline(experiment.method(), experiment, "method"));
    ASSERT_EQ(outline.pools.size(), 2u);
    // Five rounds, the warm-up's included, of two batches each.
    EXPECT_EQ(outline.pools[0].size.height, 4);
    EXPECT_EQ(outline.pools[0].images, 5 * 2 * 6);
    EXPECT_EQ(outline.pools[0].student_batch, 20);
    EXPECT_EQ(outline.pools[1].size.width, 8);
    EXPECT_EQ(outline.pools[1].images, 5 * 2 * 3);
    EXPECT_EQ(outline.pools[1].student_batch, 3);
    EXPECT_EQ(outline.images, 60 + 30);
    EXPECT_EQ(outline.pools_in_turn, in_turn);
  }
}

TEST(MuseTest, InTurnsAStepTakesOneResolution) {
  Rounds run(Muse(absl::StrCat(kTwoSizes, " mixing: ALTERNATE")), 2);
  EXPECT_EQ(run.harness.budget().teacher_forwards, 2 * 36 + 6 + 3);
}

TEST(MuseTest, ResolutionsShareTheBudgetOfPixels) {
  Experiment experiment = Muse(kTwoSizes);
  // 384 pixels: 192 each, 12 of 16 and 3 of 64.
  experiment.mutable_train()->mutable_pool()->set_max_pixels(384);
  Rounds run(std::move(experiment), 2);
  EXPECT_EQ(run.harness.pool(0).size(), 12);
  EXPECT_EQ(run.harness.pool(1).size(), 3);
}

TEST(MuseTest, AResumedRunEndsInTheSameBytes) {
  Experiment experiment = Muse(absl::StrCat(kTwoSizes, R"(
    losses { config { [type.googleapis.com/dfkd.ClassActivationConfig] {} } }
    losses { config { [type.googleapis.com/dfkd.EmbeddingDiversityConfig] { side: OUTSIDE } } })"));
  Rounds straight(experiment, 2);
  const State saved = StateOf(*straight.method);
  State streams, student;
  straight.harness.streams().Save(StateWriter(&streams));
  SaveModule(straight.harness.student(), StateWriter(&student));
  ASSERT_OK(straight.method->Round(2));

  Rounds resumed(experiment, 0);
  ASSERT_OK(LoadModule(StateReader(&student), &resumed.harness.student()));
  ASSERT_OK(resumed.harness.streams().Load(StateReader(&streams)));
  ASSERT_OK(resumed.method->Load(StateReader(&saved)));
  ASSERT_OK(resumed.method->Round(2));
  const State a = StateOf(*straight.method), b = StateOf(*resumed.method);
  ASSERT_EQ(a.tensors.size(), b.tensors.size());
  for (const auto& [name, tensor] : a.tensors)
    EXPECT_TRUE(tensor.equal(b.tensors.at(name))) << name;
  // Two batches of 6, and of 3, in the third round.
  EXPECT_TRUE(
      PoolImages(straight.harness, 0).narrow(0, 24, 12).equal(PoolImages(resumed.harness, 0)));
  EXPECT_TRUE(
      PoolImages(straight.harness, 1).narrow(0, 12, 6).equal(PoolImages(resumed.harness, 1)));
  const MetricsRow means = straight.harness.means().Take();
  EXPECT_TRUE(means.contains("loss_class_activation_active_share"));
  EXPECT_TRUE(means.contains("loss_embedding_diversity_active_share"));
}

TEST(MuseTest, TheGeneratorOfEachPoolCanBeWatched) {
  Rounds run(Muse(kTwoSizes), 1);
  auto& watchable = dynamic_cast<Watchable&>(*run.method);
  for (size_t pool : {0, 1}) {
    at::Tensor shown;
    ASSERT_OK(watchable.WatchSynthesis(pool, /*new_generator=*/false,
                                       [&shown](const at::Tensor& images, const at::Tensor&) {
                                         shown = images;
                                         return absl::OkStatus();
                                       }));
    EXPECT_TRUE(shown.sizes() ==
                (pool == 0 ? at::IntArrayRef({6, 3, 4, 4}) : at::IntArrayRef({3, 3, 8, 8})));
    const std::vector<Watchable::InputPart> parts = watchable.InputParts(pool);
    ASSERT_EQ(parts.size(), 1u);
    EXPECT_EQ(parts[0].name, "rows");
  }
}

TEST(MuseTest, SamplesAreOfTheLargestResolution) {
  Rounds run(Muse(kTwoSizes), 0);
  RandomStream random(0, "sample");
  ASSERT_OK_AND_ASSIGN(const at::Tensor images,
                       run.method->SampleClasses(at::arange(3, at::kLong), random));
  EXPECT_EQ(images.sizes(), at::IntArrayRef({3, 3, 8, 8}));
}

// A batch of 6 has two noisy layers, each for an image of each of the three classes: five images of
// one class take three batches.
TEST(MuseTest, SamplesOfOneClassAllDiffer) {
  Rounds run(Muse(kTwoSizes), 0);
  RandomStream random(0, "sample"), same(0, "sample");
  ASSERT_OK_AND_ASSIGN(const at::Tensor images,
                       run.method->SampleClasses(at::full({5}, 1, at::kLong), random));
  ASSERT_EQ(images.size(0), 5);
  for (int64_t i = 0; i < 5; ++i) {
    for (int64_t k = 0; k < i; ++k) {
      EXPECT_GT((images[i] - images[k]).abs().max().item<double>(), 1e-3) << i << " and " << k;
    }
  }
  ASSERT_OK_AND_ASSIGN(const at::Tensor again,
                       run.method->SampleClasses(at::full({5}, 1, at::kLong), same));
  EXPECT_TRUE(again.equal(images));
}

TEST(MuseTest, ASizeThatStandsTwiceIsRefused) {
  MethodHarness harness(Muse("resolutions { size: 8 }"));
  EXPECT_THAT(Registry<Method>::Get().Create(
                  Muse("resolutions { size: 8 } resolutions { size: 8 }").method(),
                  harness.services(), "method"),
              StatusMessageHas("resolutions has the size 8 twice"));
}

}  // namespace
}  // namespace dfkd
