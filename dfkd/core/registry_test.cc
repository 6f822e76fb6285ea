#include "dfkd/core/registry.h"

#include <string>
#include <vector>

#include "dfkd/core/testdata/fake_plugins.h"
#include "dfkd/core/testdata/fake_plugins.pb.h"
#include "dfkd/core/testing.h"
#include "google/protobuf/any.pb.h"

namespace dfkd {
namespace {

using ::google::protobuf::Any;
using ::testing::ElementsAre;

Any Pack(const google::protobuf::Message& config) {
  Any any;
  any.PackFrom(config);
  return any;
}

TEST(PluginCatalogTest, FindsPluginsByTypeAndByName) {
  const PluginCatalog& catalog = PluginCatalog::Get();
  const PluginInfo* by_type = catalog.FindByType("dfkd.fake.BnStatConfig");
  ASSERT_NE(by_type, nullptr);
  EXPECT_EQ(by_type->category, "loss");
  EXPECT_EQ(by_type->name, "bn_stat");
  EXPECT_EQ(by_type->source, "dfkd/fake_losses/bn_stat.cc");
  EXPECT_EQ(catalog.FindByName("loss", "bn_stat"), by_type);
  EXPECT_EQ(catalog.FindByName("method", "bn_stat"), nullptr);
  EXPECT_EQ(catalog.FindByType("bn_stat"), nullptr);
}

TEST(PluginCatalogTest, ListsByCategoryThenName) {
  std::vector<std::string> losses, all;
  for (const PluginInfo* plugin : PluginCatalog::Get().List("loss")) losses.push_back(plugin->name);
  for (const PluginInfo* plugin : PluginCatalog::Get().List()) {
    all.push_back(plugin->category + "/" + plugin->name);
  }
  EXPECT_THAT(losses, ElementsAre("bn_stat", "cross_entropy"));
  EXPECT_THAT(all,
              ElementsAre("augmentation/crop", "augmentation/flip", "encoder/permuted",
                          "encoder/words", "loss/bn_stat", "loss/cross_entropy", "method/distill",
                          "method/supervise", "model/wide_net", "optimizer/sgd"));
}

PluginInfo Info(const std::string& category, const std::string& source,
                const google::protobuf::Message& prototype) {
  PluginInfo info;
  info.category = category;
  info.name = PluginNameFromFile(source);
  info.source = source;
  info.config_prototype = &prototype;
  return info;
}

TEST(PluginCatalogDeathTest, TwoPluginsOfOneTypeEndTheProgram) {
  PluginCatalog catalog;
  catalog.Add(Info("loss", "a/x.cc", fake::FlipConfig::default_instance()));
  catalog.Add(Info("loss", "b/y.cc", fake::FlipConfig::default_instance()));
  EXPECT_DEATH(catalog.List(),
               "b/y.cc and a/x.cc both register the config type dfkd.fake.FlipConfig");
}

TEST(PluginCatalogDeathTest, TwoPluginsOfOneNameEndTheProgram) {
  PluginCatalog catalog;
  catalog.Add(Info("loss", "a/x.cc", fake::FlipConfig::default_instance()));
  catalog.Add(Info("loss", "b/x.cc", fake::CropConfig::default_instance()));
  EXPECT_DEATH(catalog.List(), "b/x.cc and a/x.cc both register the loss \"x\"");
}

TEST(PluginCatalogTest, OneNameMayStandInTwoCategories) {
  PluginCatalog catalog;
  catalog.Add(Info("loss", "a/x.cc", fake::FlipConfig::default_instance()));
  catalog.Add(Info("model", "b/x.cc", fake::CropConfig::default_instance()));
  EXPECT_EQ(catalog.List().size(), 2u);
}

TEST(PluginCatalogTest, NotLinkedSaysWhatIsLinkedAndWhatToAdd) {
  EXPECT_THAT(
      PluginCatalog::Get().NotLinked("loss", "dfkd.fake.BnStatsConfig"),
      StatusMessageIs(
          "dfkd.fake.BnStatsConfig is not linked into this program; did you mean "
          "\"dfkd.fake.BnStatConfig\"?\n"
          "linked in category \"loss\": dfkd.fake.BnStatConfig, dfkd.fake.CrossEntropyConfig\n"
          "to link it, add its target, //dfkd/fake_losses:bn_stats by its name, to the plugins of "
          "this program's dfkd_binary"));
  EXPECT_THAT(PluginCatalog::Get().NotLinked("generator", "dfkd.KLPrior2Config"),
              StatusMessageIs("dfkd.KLPrior2Config is not linked into this program\n"
                              "linked in category \"generator\": nothing\n"
                              "to link it, add its target, named kl_prior2 after its file, to the "
                              "plugins of this program's dfkd_binary"));
}

TEST(PluginCatalogTest, UnpackRefusesWhatIsNoConfigOfTheCategory) {
  const PluginCatalog& catalog = PluginCatalog::Get();
  EXPECT_THAT(catalog.Unpack("loss", Any(), "losses"),
              StatusMessageIs("losses holds no config; write [type.googleapis.com/TYPE] {}, linked "
                              "in category \"loss\": dfkd.fake.BnStatConfig, "
                              "dfkd.fake.CrossEntropyConfig"));
  EXPECT_THAT(catalog.Unpack("loss", Pack(fake::SgdConfig()), "losses[0]"),
              StatusMessageIs("losses[0]: dfkd.fake.SgdConfig is of category \"optimizer\"; this "
                              "field takes \"loss\"; linked in category \"loss\": "
                              "dfkd.fake.BnStatConfig, dfkd.fake.CrossEntropyConfig"));
  EXPECT_OK(catalog.Unpack("", Pack(fake::SgdConfig()), "any"));
  Any broken = Pack(fake::BnStatConfig());
  broken.set_value("\x09only half a double");
  broken.mutable_value()->resize(4);
  EXPECT_THAT(catalog.Unpack("loss", broken, "losses[0]"),
              StatusMessageIs("losses[0]: the bytes are not a dfkd.fake.BnStatConfig"));
}

TEST(RegistryTest, CreatesThePluginOfTheConfig) {
  fake::BnStatConfig config;
  config.set_momentum(0.25);
  ASSERT_OK_AND_ASSIGN(auto loss, Registry<fake::Loss>::Get().Create(Pack(config), {}, "losses"));
  EXPECT_EQ(loss->value(), 0.25);
}

TEST(RegistryTest, ChecksBeforeItCreates) {
  fake::BnStatConfig config;
  config.set_momentum(1.5);
  EXPECT_THAT(Registry<fake::Loss>::Get().Create(Pack(config), {}, "losses"),
              StatusMessageIs("losses.BnStatConfig.momentum is 1.5; must be in [0, 1)"));
  fake::SgdConfig sgd;
  sgd.set_nesterov(true);
  EXPECT_THAT(Registry<fake::Optimizer>::Get().Create(Pack(sgd), {}, "student.optimizer"),
              StatusMessageIs("student.optimizer.SgdConfig: nesterov needs momentum"));
}

TEST(RegistryTest, TellsThePluginsContract) {
  ASSERT_OK_AND_ASSIGN(const Contract contract, Registry<fake::Loss>::Get().GetContract(
                                                    Pack(fake::BnStatConfig()), "losses"));
  EXPECT_TRUE(contract.needs.Has(Capability::kBatchNormInputs));
  ASSERT_OK_AND_ASSIGN(const Contract none, Registry<fake::Loss>::Get().GetContract(
                                                Pack(fake::CrossEntropyConfig()), "losses"));
  EXPECT_TRUE(none.needs.empty());
}

TEST(RegistryTest, NameIsTheFileStem) {
  EXPECT_EQ(PluginNameFromFile("dfkd/losses/bn_stat.cc"), "bn_stat");
  EXPECT_EQ(PluginNameFromFile("bn_stat.cc"), "bn_stat");
}

}  // namespace
}  // namespace dfkd
