#include "dfkd/core/conformance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dfkd/core/registry.h"
#include "dfkd/generators/generator.h"
#include "dfkd/generators/generator_input.pb.h"
namespace dfkd {
namespace {

TEST(GeneratorsTest, EveryPluginAndPresetConforms) {
  EXPECT_THAT(FindConformanceViolations(Generator::kCategory), ::testing::IsEmpty());
}

TEST(GeneratorsTest, AllAreLinked) {
  std::vector<std::string> names;
  for (const PluginInfo* plugin : PluginCatalog::Get().List(Generator::kCategory)) {
    names.push_back(plugin->name);
  }
  EXPECT_THAT(names, ::testing::ElementsAre("conv_generator", "dcgan_generator", "deep_generator"));
}

TEST(GeneratorsTest, TheInputsConfigExplainsItself) {
  EXPECT_THAT(SchemaViolations(GeneratorInputConfig::descriptor()), ::testing::IsEmpty());
}

}  // namespace
}  // namespace dfkd
