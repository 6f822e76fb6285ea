#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <gtest/gtest.h>

#include <set>

#include "dfkd/samplers/balanced.pb.h"
#include "dfkd/samplers/label_sampler_testing.h"

namespace dfkd {
namespace {

TEST(Balanced, NamesEveryClassInOrderAsOftenAsFits) {
  const auto sampler = MakeLabelSampler(BalancedConfig(), 4);
  RandomStream random(0, "labels");
  // 10 = 2 * 4 + 2: two rounds over the classes, then two draws.
  const at::Tensor labels = sampler->Sample(10, random);
  ASSERT_EQ(labels.size(0), 10);
  EXPECT_TRUE(labels.narrow(0, 0, 8).equal(at::arange(4, at::kLong).repeat({2})));
}

TEST(Balanced, DrawsNothingWhereTheBatchIsAMultiple) {
  const auto sampler = MakeLabelSampler(BalancedConfig(), 5);
  RandomStream random(0, "labels");
  EXPECT_TRUE(sampler->Sample(15, random).equal(at::arange(5, at::kLong).repeat({3})));
}

TEST(Balanced, FillsTheRestWithEveryClassSooner) {
  // Fewer images than classes: all are drawn.
  const auto sampler = MakeLabelSampler(BalancedConfig(), 4);
  RandomStream random(0, "labels");
  std::set<int64_t> seen;
  for (int i = 0; i < 50; ++i) {
    const at::Tensor labels = sampler->Sample(2, random);
    for (int k = 0; k < 2; ++k) seen.insert(labels[k].item<int64_t>());
  }
  EXPECT_EQ(seen, (std::set<int64_t>{0, 1, 2, 3}));
}

TEST(Balanced, DrawsFromTheStreamAlone) {
  // 997 = 3 * 300 + 97
  ExpectDrawsFromTheStreamAlone(*MakeLabelSampler(BalancedConfig(), 300));
}

}  // namespace
}  // namespace dfkd
