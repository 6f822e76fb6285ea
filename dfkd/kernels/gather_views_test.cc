#include "dfkd/kernels/gather_views.h"

#include <ATen/ops/full.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/index_select.h>
#include <gtest/gtest.h>

#include "dfkd/kernels/gather_views_testing.h"
#include "dfkd/testing/golden.h"
#include "dfkd/testing/threads.h"

namespace dfkd {
namespace {

// What GatherViews does in one pass, step by step.
at::Tensor StepByStep(const ViewsOfImages& views, const Normalizer& normalizer) {
  const at::Tensor x =
      at::index_select(views.images, 0, views.index).to(at::kFloat).mul_(1.0 / 255);
  return normalizer.Apply(MoveImages(x, views.moves));
}

TEST(GatherViews, EqualsGatheringMovingAndNormalisingInTurn) {
  for (const int64_t channels : {1, 2, 3, 5}) {
    const ViewsOfImages views = DrawViews(channels);
    const Normalizer normalizer = DrawNormalizer(channels);
    const at::Tensor out =
        GatherViews(views.images, views.index, views.moves, normalizer.ByteLevels());
    const at::Tensor expected = StepByStep(views, normalizer);
    EXPECT_EQ(out.sizes(), expected.sizes());
    EXPECT_TRUE(out.is_contiguous(at::MemoryFormat::ChannelsLast));
    // x / std - mean / std is below 4: one unit in its last place is 2^-22.
    EXPECT_LE(MaxDifference(out, expected), 0x1p-22) << channels << " channels";
  }
}

TEST(GatherViews, RoundsToBfloat16AsAConversionDoes) {
  const ViewsOfImages views = DrawViews(3);
  const at::Tensor levels = DrawNormalizer(3).ByteLevels();
  const at::Tensor out =
      GatherViews(views.images, views.index, views.moves, levels.to(at::kBFloat16));
  EXPECT_TRUE(
      out.equal(GatherViews(views.images, views.index, views.moves, levels).to(at::kBFloat16)));
}

TEST(GatherViews, WithoutIndexAndMovesShowsAllImagesAsTheyAre) {
  const ViewsOfImages views = DrawViews(3);
  const Normalizer normalizer = DrawNormalizer(3);
  const at::Tensor out = GatherViews(views.images, {}, {}, normalizer.ByteLevels());
  EXPECT_LE(MaxDifference(out, normalizer.Apply(views.images.to(at::kFloat).mul_(1.0 / 255))),
            0x1p-22);
}

TEST(GatherViews, BeyondTheEdgeLiesByteZero) {
  const ViewsOfImages views = DrawViews(1);
  const at::Tensor levels = DrawNormalizer(1).ByteLevels();
  const at::Tensor none = at::full({9}, 0, at::kLong);
  for (const int64_t far :
       {int64_t{5}, int64_t{6}, int64_t{-6}, int64_t{1} << 40, -(int64_t{1} << 40)}) {
    const at::Tensor shift = at::full({9}, far, at::kLong);
    const at::Tensor out =
        GatherViews(views.images, {}, {.dy = none, .dx = shift, .mirrored = {}}, levels);
    EXPECT_TRUE(out.equal(at::full_like(out, levels[0][0].item()))) << far;
  }
}

TEST(GatherViews, OfNoViewsIsEmpty) {
  const ViewsOfImages views = DrawViews(3);
  const at::Tensor out =
      GatherViews(views.images, views.index.narrow(0, 0, 0), {}, DrawNormalizer(3).ByteLevels());
  EXPECT_EQ(out.sizes(), at::IntArrayRef({0, 3, 6, 5}));
}

TEST(GatherViews, TheNumberOfThreadsDoesNotMatter) {
  const ViewsOfImages views = DrawViews(3);
  const at::Tensor levels = DrawNormalizer(3).ByteLevels();
  // 1000 views of 90 numbers: more than five times what one thread takes alone.
  const ImageMoves moves = {.dy = views.moves.dy.repeat({25}),
                            .dx = views.moves.dx.repeat({25}),
                            .mirrored = views.moves.mirrored.repeat({25})};
  const auto gather = [&] {
    return GatherViews(views.images, views.index.repeat({25}), moves, levels);
  };
  EXPECT_TRUE(OnThreads(1, gather).equal(OnThreads(4, gather)));
}

}  // namespace
}  // namespace dfkd
