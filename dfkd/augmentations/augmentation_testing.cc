#include "dfkd/augmentations/augmentation_testing.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "dfkd/core/conformance.h"
#include "dfkd/core/registry.h"
#include "glog/logging.h"
#include "google/protobuf/any.pb.h"

namespace dfkd {

std::unique_ptr<Augmentation> MakeAugmentation(const google::protobuf::Message& config) {
  google::protobuf::Any any;
  any.PackFrom(config);
  auto augmentation = Registry<Augmentation>::Get().Create(any, {}, "augmentations[0]");
  CHECK(augmentation.ok()) << augmentation.status();
  return *std::move(augmentation);
}

const Golden& AugmentationGoldens() {
  static const auto* golden = new Golden("dfkd/augmentations/testdata/augmentations.safetensors");
  return *golden;
}

at::Tensor PlaceImages(int64_t n, int64_t height, int64_t width) {
  return at::arange(1, height * width + 1, at::kFloat)
      .view({1, 1, height, width})
      .repeat({n, 1, 1, 1});
}

void ExpectWellBehaved(Augmentation& augmentation) {
  for (const auto layout : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
    const at::Tensor x = PlaceImages(32, 6, 5).repeat({1, 3, 1, 1}).contiguous(layout);
    RandomStream first(7, "augmentation"), same(7, "augmentation"), other(8, "augmentation");
    const at::Tensor out = augmentation.Apply(x, first);
    EXPECT_EQ(first.counter(), 1u);
    EXPECT_TRUE(out.equal(augmentation.Apply(x, same)));
    EXPECT_FALSE(out.equal(augmentation.Apply(x, other)));
    EXPECT_EQ(out.sizes(), x.sizes());
    EXPECT_EQ(out.scalar_type(), x.scalar_type());
    EXPECT_TRUE(out.is_contiguous(layout));

    at::Tensor leaf = x.clone().requires_grad_();
    RandomStream again(7, "augmentation");
    augmentation.Apply(leaf, again).sum().backward();
    EXPECT_EQ(leaf.grad().sum().item<float>(), out.ne(0).sum().item<float>());
    EXPECT_TRUE(leaf.grad().eq(0).logical_or(leaf.grad().eq(1)).all().item<bool>());
  }
}

TEST(Augmentations, EveryPluginConforms) {
  EXPECT_THAT(FindConformanceViolations("augmentation"), ::testing::IsEmpty());
}

}  // namespace dfkd
