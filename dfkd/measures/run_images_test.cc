#include "dfkd/measures/run_images.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dfkd/core/testing.h"
#include "dfkd/measures/distances.h"
#include "dfkd/measures/judge.h"
#include "dfkd/measures/measure_testing.h"

namespace dfkd {
namespace {

TEST(RunImages, NewOnesAreSpreadOverTheClassesAndCutToZeroAndOne) {
  FakeRun run;
  run.images = Pixels({0.5f, 2, -1, 0, 1, 1, 1, 1});
  RandomStream random(0, "measure");
  ASSERT_OK_AND_ASSIGN(const RunImages images, NewImages(run.context(), 5, random));
  EXPECT_EQ(images.source, "5 new images");
  // In turn: images that share a noisy layer must not share their class.
  EXPECT_TRUE(images.labels.equal(at::arange(5, at::kLong).remainder(2)));
  EXPECT_TRUE(images.images[0].equal(Pixels({0.5f, 1, 0, 0})[0]));
  EXPECT_TRUE(images.images[3].equal(Pixels({1, 1, 1, 1})[0]));
}

TEST(RunImages, TheNewestOfThePoolGoFirstAndLeaveIt) {
  FakeRun run;
  run.images = Pixels({1, 1, 1, 1});
  const at::Tensor pool =
      at::arange(5, at::kByte).view({5, 1, 1, 1}).expand({5, 1, 2, 2}).contiguous();
  run.FillPool(pool);
  RandomStream random(0, "measure");
  ASSERT_OK_AND_ASSIGN(const RunImages fresh, NewImages(run.context(), 2, random));
  EXPECT_EQ(fresh.newest_of_pool, 2);
  EXPECT_NEAR(fresh.images[1].max().item<double>(), 4.0 / 255, 1e-7);
  ASSERT_OK_AND_ASSIGN(const RunImages kept, PoolImages(run.context(), 10, fresh, random));
  EXPECT_EQ(kept.source, "3 of the pool's 3 earlier images");
  EXPECT_TRUE(kept.labels.equal(at::arange(3, at::kLong).remainder(2)));
}

TEST(RunImages, AreOfThePoolThatIsLookedAt) {
  FakeRun run;
  run.FillPools({at::full({4, 1, 2, 2}, 0.0), at::full({6, 1, 4, 4}, 1.0)});
  for (const bool second : {false, true}) {
    run.LookAtPool(second ? 1 : 0);
    const int64_t size = second ? 4 : 2;
    EXPECT_EQ(PoolSize(run.context()), second ? 6 : 4);
    RandomStream random(0, "measure");
    ASSERT_OK_AND_ASSIGN(const RunImages fresh, NewImages(run.context(), 2, random));
    EXPECT_EQ(fresh.images.sizes(), at::IntArrayRef({2, 1, size, size}));
    EXPECT_EQ(fresh.images.min().item<float>(), second ? 1 : 0);
    ASSERT_OK_AND_ASSIGN(const RunImages kept, PoolImages(run.context(), 10, fresh, random));
    EXPECT_EQ(kept.images.sizes(), at::IntArrayRef({second ? 4 : 2, 1, size, size}));
  }
}

TEST(RunImages, SayWhatIsMissing) {
  FakeRun run;
  RandomStream random(0, "measure");
  EXPECT_THAT(NewImages(run.context(), 2, random),
              StatusMessageIs("the run's method makes no images, or has made none yet"));
  EXPECT_THAT(PoolImages(run.context(), 2, {}, random),
              StatusMessageIs("the run's method keeps no pool"));
  EXPECT_THAT(RealImages(run.context(), 2, random), StatusMessageIs("the run has no data"));
}

TEST(Judge, LooksInBatchesThroughTheTeachersEyes) {
  FakeRun run;
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Judge> judge,
                       Judge::Create({}, run.context(), "judge", {}));
  EXPECT_EQ(judge->name(), "the run's teacher");
  const at::Tensor images = at::arange(28, at::kFloat).view({7, 1, 2, 2});
  const ModelOutput seen = judge->Look(images);  // in batches of 3
  EXPECT_TRUE(seen.embedding.equal(images.flatten(1)));
  EXPECT_FALSE(seen.feature_map.defined());
}

TEST(Judge, OfItsOwnNeedsWeights) {
  FakeRun run;
  ModelSpec spec;
  spec.set_preset("wrn16_1");
  EXPECT_THAT(Judge::Create(spec, run.context(), "judge", {}),
              StatusMessageIs("judge.weights is empty; name the file with its weights"));
}

TEST(Judge, OfItsOwnGivesWhatTheMeasureNeeds) {
  FakeRun run;
  ModelSpec spec;
  spec.set_preset("plain_segmenter_small");
  spec.set_weights("is not read.safetensors");
  EXPECT_THAT(Judge::Create(spec, run.context(), "judge",
                            {Capability::kEmbedding, Capability::kImageLogits}),
              StatusMessageIs("judge: logits for whole images needed, but not given by this "
                              "network; choose another"));
}

TEST(Judge, ThatIsNamedTakesTheTeachersPlaceInTheContract) {
  const Capabilities images = {Capability::kImages}, embedding = {Capability::kEmbedding};
  ModelSpec named;
  named.set_preset("wrn16_1");
  EXPECT_EQ(JudgeContract(named, images, embedding).needs.ToString(), "images");
  // Also where a spec has `judge {}`.
  EXPECT_EQ(JudgeContract(ModelSpec(), images, embedding).needs.ToString(),
            "embedding, images, teacher output");
}

TEST(Distances, AreEuclideanAndCountOthersOnly) {
  // On a line: 0, 1, 3, 7.
  const at::Tensor rows = Pixels({0, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 7, 0, 0, 0}).flatten(1);
  const auto numbers = [](const at::Tensor& t) {
    const at::Tensor values = t.to(at::kDouble).contiguous();
    return std::vector<double>(values.const_data_ptr<double>(),
                               values.const_data_ptr<double>() + values.numel());
  };
  using ::testing::ElementsAre;
  EXPECT_THAT(numbers(NeighbourDistances(rows, 1)), ElementsAre(1, 1, 2, 4));
  EXPECT_THAT(numbers(NeighbourDistances(rows, 2)), ElementsAre(3, 2, 3, 6));
  const at::Tensor others = Pixels({0, 0, 0, 2, 5, 0, 0, 0}).flatten(1);
  EXPECT_THAT(numbers(NearestDistances(others, rows)), ElementsAre(2, 2));
  // Nearer than 2.5 to (0, 0, 0, 2): 0 and 1; to 5: 3 and 7. The border does not count: at 2, none.
  EXPECT_THAT(numbers(CountWithin(others, at::full({2}, 2.5), rows)), ElementsAre(2, 2));
  EXPECT_THAT(numbers(CountWithin(others, at::full({2}, 2.0), rows)), ElementsAre(0, 0));
}

}  // namespace
}  // namespace dfkd
