#include "dfkd/core/conformance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dfkd/core/registry.h"
#include "dfkd/models/model.h"

namespace dfkd {
namespace {

TEST(ModelsTest, EveryPluginAndPresetConforms) {
  EXPECT_THAT(FindConformanceViolations(Model::kCategory), ::testing::IsEmpty());
}

TEST(ModelsTest, AllAreLinked) {
  std::vector<std::string> names;
  for (const PluginInfo* plugin : PluginCatalog::Get().List(Model::kCategory)) {
    names.push_back(plugin->name);
  }
  EXPECT_THAT(names, ::testing::ElementsAre("cifar_resnet", "cifar_vgg", "mobilenet", "plain_cnn",
                                            "resnet", "wide_resnet"));
}

}  // namespace
}  // namespace dfkd
