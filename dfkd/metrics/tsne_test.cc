#include "dfkd/metrics/tsne.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cdist.h>
#include <gtest/gtest.h>

#include "dfkd/nn/deterministic_weights.h"
#include "dfkd/testing/golden.h"

namespace dfkd {
namespace {

const Golden& Goldens() {
  static const auto* goldens = new Golden("dfkd/metrics/testdata/tsne.safetensors");
  return *goldens;
}

// Five clouds of 12 points in 8 dimensions.
at::Tensor Clouds() { return Goldens()["x"]; }

// The mean share of each point's five nearest neighbours in x that are among its five nearest in y.
double NeighboursKept(const at::Tensor& x, const at::Tensor& y) {
  constexpr int64_t kNeighbours = 5;
  const auto nearest = [](const at::Tensor& points) {
    const at::Tensor p = points.to(at::kDouble);
    return at::cdist(p, p).argsort(1, false).narrow(1, 1, kNeighbours);
  };
  const at::Tensor common = nearest(x).unsqueeze(2).eq(nearest(y).unsqueeze(1));
  return common.sum().item<double>() / static_cast<double>(kNeighbours * x.size(0));
}

TEST(Tsne, NeighbourhoodsAreScikitLearns) {
  const at::Tensor p = JointProbabilities(Clouds(), 10);
  // Both stop the bisection within 1e-5 of the wanted entropy.
  EXPECT_LT(MaxDifference(p, Goldens()["joint_probabilities"]), 1e-7);
  EXPECT_NEAR(p.sum().item<double>(), 1, 1e-12);
  EXPECT_TRUE(p.equal(p.t()));
}

TEST(Tsne, TheLayoutIsAsFaithfulAsScikitLearns) {
  TsneOptions options;
  options.perplexity = 10;
  const TsneResult result = Tsne(Clouds(), options);
  EXPECT_EQ(result.points.sizes(), at::IntArrayRef({60, 2}));
  EXPECT_LT(result.kl_divergence, 1.02 * Goldens()["kl_divergence"].item<double>());
  EXPECT_GT(NeighboursKept(Clouds(), result.points),
            NeighboursKept(Clouds(), Goldens()["layout"]) - 0.05);
}

TEST(Tsne, CloudsStayApart) {
  const at::Tensor y = Tsne(Clouds(), {10, 1000}).points;
  // Each point's nearest neighbour is of its own cloud; points 0 to 11 are the first cloud's.
  at::Tensor distances = at::cdist(y, y);
  distances.fill_diagonal_(1e9);
  const at::Tensor nearest = distances.argmin(1);
  for (int64_t i = 0; i < 60; ++i) {
    EXPECT_EQ(nearest[i].item<int64_t>() / 12, i / 12) << i;
  }
}

TEST(Tsne, FollowsFromThePointsAlone) {
  TsneOptions options;
  options.iterations = 300;
  EXPECT_TRUE(Tsne(Clouds(), options).points.equal(Tsne(Clouds(), options).points));
}

TEST(Tsne, TakesFewPointsAndEqualOnes) {
  const at::Tensor four = DeterministicTensor({4, 3}, 1);
  EXPECT_TRUE(Tsne(four, {}).points.isfinite().all().item<bool>());
  const at::Tensor twice = at::cat({four, four});
  EXPECT_TRUE(Tsne(twice, {}).points.isfinite().all().item<bool>());
  const at::Tensor line = DeterministicTensor({9, 1}, 2);
  EXPECT_TRUE(Tsne(line, {}).points.isfinite().all().item<bool>());
}

}  // namespace
}  // namespace dfkd
