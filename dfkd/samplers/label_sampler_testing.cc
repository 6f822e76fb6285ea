#include "dfkd/samplers/label_sampler_testing.h"

#include <ATen/core/Tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "dfkd/core/conformance.h"
#include "dfkd/core/registry.h"
#include "glog/logging.h"
#include "google/protobuf/any.pb.h"

namespace dfkd {

std::unique_ptr<LabelSampler> MakeLabelSampler(const google::protobuf::Message& config,
                                               int64_t num_classes) {
  google::protobuf::Any any;
  any.PackFrom(config);
  auto sampler = Registry<LabelSampler>::Get().Create(any, {num_classes}, "label_sampler");
  CHECK(sampler.ok()) << sampler.status();
  return *std::move(sampler);
}

void ExpectDrawsFromTheStreamAlone(const LabelSampler& sampler) {
  constexpr int64_t kCount = 997;
  RandomStream first(7, "labels"), same(7, "labels"), other(8, "labels");
  const at::Tensor labels = sampler.Sample(kCount, first);
  EXPECT_EQ(labels.sizes(), at::IntArrayRef({kCount}));
  EXPECT_EQ(labels.scalar_type(), at::kLong);
  EXPECT_TRUE(labels.is_cpu());
  EXPECT_EQ(first.counter(), 1u);
  EXPECT_TRUE(labels.equal(sampler.Sample(kCount, same)));
  EXPECT_FALSE(labels.equal(sampler.Sample(kCount, other)));
}

TEST(LabelSamplers, EveryPluginConforms) {
  EXPECT_THAT(FindConformanceViolations("label_sampler"), ::testing::IsEmpty());
}

}  // namespace dfkd
