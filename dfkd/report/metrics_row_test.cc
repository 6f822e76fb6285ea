#include "dfkd/report/metrics_row.h"

#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace dfkd {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(RoundMeans, AveragesNumbersAndTensors) {
  RoundMeans means;
  means.Add("loss", at::tensor(1.0f));
  means.Add("loss", at::full({1}, 2.0f));
  means.Add("loss", 6.0);
  means.Add("rate", 0.5);
  EXPECT_THAT(means.Take(), ElementsAre(Pair("loss", 3.0), Pair("rate", 0.5)));  // (1 + 2 + 6) / 3
}

TEST(RoundMeans, IsEmptyOnceTaken) {
  RoundMeans means;
  means.Add("loss", 1.0);
  means.Take();
  EXPECT_THAT(means.Take(), IsEmpty());
}

TEST(RoundMeans, ATensorMayBeOverwrittenOnceAdded) {
  RoundMeans means;
  at::Tensor loss = at::full({}, 1.0, at::kDouble);
  means.Add("loss", loss);
  loss.fill_(100);
  means.Add("loss", loss);
  loss.fill_(0);
  EXPECT_THAT(means.Take(), ElementsAre(Pair("loss", 50.5)));
}

TEST(RoundMeans, KeepsNoGraph) {
  RoundMeans means;
  at::Tensor weight = at::tensor(2.0f);
  weight.requires_grad_(true);
  means.Add("loss", weight.mul(weight));
  means.Add("loss", weight.mul(weight));
  EXPECT_THAT(means.Take(), ElementsAre(Pair("loss", 4.0)));
}

TEST(RoundMeans, SumsInDoublePrecision) {
  // In float32, 16777216 + 1 is 16777216.
  RoundMeans means;
  means.Add("x", at::tensor(16777216.0f));
  for (int i = 0; i < 3; ++i) means.Add("x", at::tensor(1.0f));
  EXPECT_THAT(means.Take(), ElementsAre(Pair("x", 16777219.0 / 4)));
}

}  // namespace
}  // namespace dfkd
