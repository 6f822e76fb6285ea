#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>

#include "dfkd/core/registry.h"
#include "dfkd/samplers/balanced.pb.h"
#include "dfkd/samplers/label_sampler_testing.h"
#include "dfkd/samplers/sampled_labels.h"
#include "dfkd/samplers/uniform.pb.h"
#include "dfkd/samplers/unlabelled.pb.h"
#include "google/protobuf/any.pb.h"

namespace dfkd {
namespace {

template <typename Config>
bool GivesLabels() {
  google::protobuf::Any any;
  any.PackFrom(Config());
  return SampledLabels(any).Has(Capability::kLabels);
}

TEST(Unlabelled, NamesNoClass) {
  const auto sampler = MakeLabelSampler(UnlabelledConfig(), 4);
  RandomStream random(0, "labels");
  const at::Tensor labels = sampler->Sample(5, random);
  EXPECT_EQ(labels.sizes(), (at::IntArrayRef{5}));
  EXPECT_TRUE(labels.eq(-1).all().item<bool>());
}

TEST(Unlabelled, IsTheOnlyOneThatGivesNoLabels) {
  EXPECT_FALSE(GivesLabels<UnlabelledConfig>());
  EXPECT_TRUE(GivesLabels<UniformConfig>());
  EXPECT_TRUE(GivesLabels<BalancedConfig>());
}

}  // namespace
}  // namespace dfkd
