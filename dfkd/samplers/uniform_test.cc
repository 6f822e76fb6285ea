#include <ATen/core/Tensor.h>
#include <ATen/ops/bincount.h>
#include <gtest/gtest.h>

#include "dfkd/samplers/label_sampler_testing.h"
#include "dfkd/samplers/uniform.pb.h"

namespace dfkd {
namespace {

TEST(Uniform, DrawsAllClassesAlike) {
  const auto sampler = MakeLabelSampler(UniformConfig(), 4);
  RandomStream random(0, "labels");
  const at::Tensor counts = at::bincount(sampler->Sample(40000, random));
  ASSERT_EQ(counts.size(0), 4);
  // 10,000 expected of each; the standard deviation is sqrt(40000 * 0.25 * 0.75) = 87.
  EXPECT_LE(counts.sub(10000).abs().max().item<int64_t>(), 5 * 87);
}

TEST(Uniform, DrawsFromTheStreamAlone) {
  ExpectDrawsFromTheStreamAlone(*MakeLabelSampler(UniformConfig(), 10));
}

}  // namespace
}  // namespace dfkd
