#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "dfkd/core/conformance.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/plugin_docs.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/testing.h"
#include "dfkd/losses/loss.h"
#include "dfkd/losses/loss_set.h"
#include "examples/my_loss/my_loss.pb.h"

namespace example {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

google::protobuf::Any Pack(double power) {
  MyLossConfig config;
  config.set_power(power);
  google::protobuf::Any any;
  any.PackFrom(config);
  return any;
}

double Value(double power, const at::Tensor& images) {
  auto loss = dfkd::Registry<dfkd::Loss>::Get().Create(Pack(power), {}, "losses[0]");
  EXPECT_OK(loss);
  dfkd::LossInput input;
  input.images = images;
  return (*loss)->Compute(input).item<double>();
}

//   0    0.5     across: 0.5 and 0      down: 1 and 0.5
//   1    1
at::Tensor FourPixels() { return at::tensor({0.0, 0.5, 1.0, 1.0}).view({1, 1, 2, 2}); }

TEST(MyLossTest, AddsUpTheDifferencesOfNeighboursPerPixel) {
  EXPECT_NEAR(Value(1, FourPixels()), (0.5 + 0 + 1 + 0.5) / 4, 1e-12);
  EXPECT_NEAR(Value(2, FourPixels()), (0.25 + 0 + 1 + 0.25) / 4, 1e-12);
}

TEST(MyLossTest, DoesNotGrowWithTheBatch) {
  EXPECT_NEAR(Value(1, FourPixels().repeat({5, 3, 1, 1})), Value(1, FourPixels()), 1e-12);
}

TEST(MyLossTest, IsZeroForOneColourAndForOnePixel) {
  EXPECT_EQ(Value(1, at::full({2, 3, 8, 8}, 0.7)), 0);
  EXPECT_EQ(Value(1, at::full({2, 3, 1, 1}, 0.7)), 0);
}

TEST(MyLossTest, ItsGradientLevelsABump) {
  at::Tensor images = at::zeros({1, 1, 3, 3});
  images[0][0][1][1] = 1;
  images.requires_grad_(true);
  auto loss = dfkd::Registry<dfkd::Loss>::Get().Create(Pack(1), {}, "losses[0]");
  ASSERT_OK(loss);
  dfkd::LossInput input;
  input.images = images;
  (*loss)->Compute(input).backward();
  // Each of the bump's four neighbours pulls with 1/9.
  EXPECT_NEAR(images.grad()[0][0][1][1].item<double>(), 4.0 / 9, 1e-6);
  EXPECT_NEAR(images.grad()[0][0][0][1].item<double>(), -1.0 / 9, 1e-6);
  EXPECT_EQ(images.grad()[0][0][0][0].item<double>(), 0);
}

TEST(MyLossTest, KeepsTheRulesOfAllPlugins) {
  const dfkd::PluginInfo* plugin = dfkd::PluginCatalog::Get().FindByName("loss", "my_loss");
  ASSERT_NE(plugin, nullptr);
  EXPECT_EQ(plugin->type_name(), "example.MyLossConfig");
  EXPECT_THAT(dfkd::PluginViolations(*plugin), IsEmpty());
}

TEST(MyLossTest, IsListedBesideTheTreesOwn) {
  ASSERT_OK_AND_ASSIGN(const std::string list, dfkd::RenderPlugins("", "text"));
  EXPECT_THAT(list, ContainsRegex("\n  my_loss +Total variation: how much neighbouring pixels"));
  EXPECT_THAT(list, HasSubstr("  bn_stat "));
}

TEST(MyLossTest, APowerOutOfRangeIsRefused) {
  EXPECT_THAT(dfkd::PluginCatalog::Get().UnpackAndCheck("loss", Pack(3), "losses[0]"),
              dfkd::StatusMessageIs("losses[0].MyLossConfig.power is 3; must be in [1, 2]"));
}

TEST(MyLossTest, WorksInASetWithTheTreesOwn) {
  dfkd::StudentSpec spec;
  ASSERT_OK(dfkd::ParseTextproto(
      "losses { weight: 2 config { [type.googleapis.com/example.MyLossConfig] {} } }"
      "losses { config { [type.googleapis.com/dfkd.CrossEntropyConfig] {} } }",
      "test", &spec));
  ASSERT_OK_AND_ASSIGN(const auto set, dfkd::LossSet::Create(spec.losses(), {4}, "losses"));
  EXPECT_TRUE(set->needs().Has(dfkd::Capability::kImages));

  dfkd::ModelOutput teacher;
  teacher.logits = at::zeros({1, 4});
  dfkd::LossInput input;
  input.images = FourPixels();
  input.labels = at::zeros({1}, at::kLong);
  input.teacher = &teacher;
  std::map<std::string, double> terms;
  ASSERT_OK_AND_ASSIGN(const at::Tensor total,
                       set->Total(input, [&](absl::string_view name, const at::Tensor& value) {
                         terms[std::string(name)] = value.item<double>();
                       }));
  EXPECT_NEAR(terms["my_loss"], 0.5, 1e-12);
  EXPECT_NEAR(total.item<double>(), 2 * terms["my_loss"] + terms["cross_entropy"], 1e-6);
}

}  // namespace
}  // namespace example
