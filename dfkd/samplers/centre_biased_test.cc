#include <ATen/TensorOperators.h>
#include <ATen/ops/bincount.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "dfkd/core/conformance.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/testing.h"
#include "dfkd/samplers/centre_biased.pb.h"
#include "dfkd/samplers/patch_sampler.h"
#include "google/protobuf/any.pb.h"

namespace dfkd {
namespace {

// Images of 112 pixels for a network of 224, with patches of 16.
constexpr PatchWindow kMuse{14, 14, 7, 7};

std::unique_ptr<PatchSampler> Make(CentreBiasedConfig::Law law, double lambda = 1) {
  CentreBiasedConfig config;
  config.set_law(law);
  config.set_lambda(lambda);
  google::protobuf::Any any;
  any.PackFrom(config);
  auto sampler = Registry<PatchSampler>::Get().Create(any, {}, "train.patch_sampler");
  EXPECT_OK(sampler);
  return *std::move(sampler);
}

// By the paper's formula, counting from 1, for 14 positions.
double Weight(int64_t r, int64_t c, double lambda) {
  return 1 / (1 + lambda * static_cast<double>((r - 7) * (r - 7) + (c - 7) * (c - 7)));
}

// Probabilities of the first patches (row, column), counting from 0, of 7 x 7 patches on 14 x 14:
// centres `first` to `last` by the formula, moved into 4 to 11.
std::map<std::pair<int64_t, int64_t>, double> Law(int64_t first, int64_t last, double lambda) {
  std::map<std::pair<int64_t, int64_t>, double> law;
  double sum = 0;
  for (int64_t r = first; r <= last; ++r) {
    for (int64_t c = first; c <= last; ++c) sum += Weight(r, c, lambda);
  }
  const auto first_patch = [](int64_t centre) { return std::clamp<int64_t>(centre, 4, 11) - 4; };
  for (int64_t r = first; r <= last; ++r) {
    for (int64_t c = first; c <= last; ++c) {
      law[{first_patch(r), first_patch(c)}] += Weight(r, c, lambda) / sum;
    }
  }
  return law;
}

// Pearson's statistic of draws against `law`, which has 64 cells and so 63 degrees of freedom: mean
// 63, deviation sqrt(126) = 11.2. One in a thousand lies above 103.4.
double ChiSquared(const PatchSampler& sampler,
                  const std::map<std::pair<int64_t, int64_t>, double>& law) {
  constexpr int64_t kDraws = 100000;
  EXPECT_EQ(law.size(), 64);
  RandomStream random(0, "patch_positions");
  const at::Tensor offsets = sampler.Draw(kDraws, kMuse, random);
  const at::Tensor counts =
      at::bincount(offsets.select(1, 0) * 8 + offsets.select(1, 1), {}, /*minlength=*/64);
  EXPECT_EQ(counts.size(0), 64);
  double statistic = 0;
  for (const auto& [place, probability] : law) {
    const double expected = probability * kDraws;
    const auto drawn = counts[place.first * 8 + place.second].item<double>();
    statistic += (drawn - expected) * (drawn - expected) / expected;
  }
  return statistic;
}

TEST(CentreBiased, RestrictedDrawsByTheFormulaAmongCentres4To11) {
  EXPECT_LT(ChiSquared(*Make(CentreBiasedConfig::RESTRICTED), Law(4, 11, 1)), 103.4);
  EXPECT_LT(ChiSquared(*Make(CentreBiasedConfig::RESTRICTED, 0.1), Law(4, 11, 0.1)), 103.4);
  // Not by another law.
  EXPECT_GT(ChiSquared(*Make(CentreBiasedConfig::RESTRICTED), Law(2, 12, 1)), 200);
}

TEST(CentreBiased, ClampMovesTheOuterCentresToTheEdge) {
  EXPECT_LT(ChiSquared(*Make(CentreBiasedConfig::CLAMP), Law(2, 12, 1)), 103.4);
}

TEST(CentreBiased, LambdaZeroDrawsAllPlacesAlike) {
  const auto law = Law(4, 11, 0);
  EXPECT_DOUBLE_EQ(law.at({0, 0}), 1.0 / 64);
  EXPECT_LT(ChiSquared(*Make(CentreBiasedConfig::RESTRICTED, 0), law), 103.4);
}

TEST(CentreBiased, ASixthOfThePapersDrawsLeaveTheGrid) {
  double inside = 0, all = 0;
  for (int64_t r = 2; r <= 12; ++r) {
    for (int64_t c = 2; c <= 12; ++c) {
      all += Weight(r, c, 1);
      if (r >= 4 && r <= 11 && c >= 4 && c <= 11) inside += Weight(r, c, 1);
    }
  }
  EXPECT_NEAR(1 - inside / all, 0.17, 0.005);
}

TEST(CentreBiased, ThePapersLawIsRefusedWhereItsCentresLeaveTheGrid) {
  const auto paper = Make(CentreBiasedConfig::PAPER_2_12);
  EXPECT_THAT(
      paper->Check(kMuse),
      StatusMessageIs("CentreBiasedConfig.law is PAPER_2_12, which draws centres 2 to 12 on "
                      "a grid of 14 positions; an image of 7 patches lies within it only "
                      "around centres 4 to 11; choose RESTRICTED or CLAMP"));
  EXPECT_OK(Make(CentreBiasedConfig::RESTRICTED)->Check(kMuse));
  EXPECT_OK(Make(CentreBiasedConfig::CLAMP)->Check(kMuse));
  // An image of 3 patches lies in the grid around 2 to 13.
  const PatchWindow small{14, 14, 3, 3};
  ASSERT_OK(paper->Check(small));
  RandomStream random(0, "patch_positions");
  const at::Tensor offsets = paper->Draw(10000, small, random);
  EXPECT_EQ(offsets.min().item<int64_t>(), 0);
  EXPECT_EQ(offsets.max().item<int64_t>(), 10);  // centre 12, whose image begins at 11 of 14
  EXPECT_THAT(Make(CentreBiasedConfig::CLAMP)->Check({14, 3, 2, 2}),
              StatusMessageIs("CentreBiasedConfig.law is CLAMP, which draws centres 2 to G - 2; "
                              "there are none on a grid of 3 positions; choose RESTRICTED"));
}

// For grids and images of other sizes: within the grid, everywhere, and most often in the middle.
TEST(CentreBiased, TheLikeliestPlaceIsTheMiddleOfAnyGrid) {
  const auto sampler = Make(CentreBiasedConfig::RESTRICTED);
  for (const PatchWindow& window :
       {PatchWindow{8, 8, 4, 4}, {9, 9, 3, 3}, {14, 6, 8, 5}, {5, 5, 5, 5}}) {
    ASSERT_OK(sampler->Check(window));
    RandomStream random(0, "patch_positions");
    const at::Tensor offsets = sampler->Draw(20000, window, random);
    const int64_t places[] = {window.grid_height - window.height, window.grid_width - window.width};
    for (int side : {0, 1}) {
      const at::Tensor counts = at::bincount(offsets.select(1, side));
      ASSERT_EQ(counts.size(0), places[side] + 1);
      EXPECT_GT(counts.min().item<int64_t>(), 0);
      EXPECT_EQ(counts.argmax().item<int64_t>(), places[side] / 2);
    }
  }
}

TEST(CentreBiased, DrawsFromTheStreamAlone) {
  const auto sampler = Make(CentreBiasedConfig::RESTRICTED);
  RandomStream first(7, "patch_positions"), same(7, "patch_positions"), other(8, "patch_positions");
  const at::Tensor offsets = sampler->Draw(99, kMuse, first);
  EXPECT_EQ(offsets.sizes(), at::IntArrayRef({99, 2}));
  EXPECT_EQ(offsets.scalar_type(), at::kLong);
  EXPECT_EQ(first.counter(), 1u);
  EXPECT_TRUE(offsets.equal(sampler->Draw(99, kMuse, same)));
  EXPECT_FALSE(offsets.equal(sampler->Draw(99, kMuse, other)));
}

TEST(PatchSamplers, EveryPluginConforms) {
  EXPECT_THAT(FindConformanceViolations("patch_sampler"), ::testing::IsEmpty());
}

}  // namespace
}  // namespace dfkd
