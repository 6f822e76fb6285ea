#include <string>
#include <vector>

#include "dfkd/core/conformance.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/testing.h"

namespace dfkd {
namespace {

TEST(EncodersTest, EveryPluginAndPresetConforms) {
  EXPECT_THAT(FindConformanceViolations("encoder"), ::testing::IsEmpty());
}

TEST(EncodersTest, AllAreLinked) {
  std::vector<std::string> names;
  for (const PluginInfo* plugin : PluginCatalog::Get().List("encoder")) {
    names.push_back(plugin->name);
  }
  EXPECT_THAT(names,
              ::testing::ElementsAre("clip", "noise", "one_hot", "permuted", "sbert", "table"));
}

}  // namespace
}  // namespace dfkd
