#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "dfkd/core/registry.h"
#include "dfkd/core/testing.h"
#include "dfkd/data/cifar100.pb.h"
#include "dfkd/data/cifar_forge.h"
#include "dfkd/data/dataset.h"
#include "google/protobuf/any.pb.h"

namespace dfkd {
namespace {

TEST(Cifar100, ReadsFineLabels) {
  const std::string folder = ::testing::TempDir() + "/cifar100";
  ASSERT_OK(ForgeCifar(folder, 100, 100, /*seed=*/0));
  Cifar100Config config;
  config.set_folder(folder);
  google::protobuf::Any any;
  any.PackFrom(config);
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Dataset> cifar,
                       Registry<Dataset>::Get().Create(any, {}, "data.source"));
  for (const SplitName split : {SplitName::kTrain, SplitName::kTest}) {
    EXPECT_TRUE(cifar->split(split)->labels().equal(at::arange(100, at::kLong)));
  }
  EXPECT_EQ(cifar->card().class_name_size(), 100);
  EXPECT_EQ(cifar->card().class_name(1), "aquarium_fish");
  EXPECT_EQ(cifar->card().class_name(99), "worm");
  EXPECT_EQ(cifar->card().normalization().mean(0), 0.5071f);
}

}  // namespace
}  // namespace dfkd
