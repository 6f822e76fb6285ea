#include "dfkd/core/conformance.h"

#include <string>

#include "dfkd/core/experiment.pb.h"
#include "dfkd/core/testdata/fake_plugins.pb.h"
#include "dfkd/core/testing.h"

namespace dfkd {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ConformanceTest, TheFakePluginsConform) {
  EXPECT_THAT(FindConformanceViolations(), IsEmpty());
  EXPECT_THAT(FindConformanceViolations("loss"), IsEmpty());
}

TEST(ConformanceTest, TheSpecConforms) {
  EXPECT_THAT(SchemaViolations(Experiment::descriptor()), IsEmpty());
}

TEST(ConformanceTest, NamesWhatACarelessPluginLacks) {
  PluginInfo plugin;
  plugin.category = "loss";
  plugin.name = "sloppy";
  plugin.source = "sloppy.cc";
  plugin.config_prototype = &fake::CarelessConfig::default_instance();
  EXPECT_THAT(PluginViolations(plugin),
              ElementsAre("sloppy.cc: CarelessConfig.size by default is 5; must be at most 3",
                          "sloppy.cc: CarelessConfig.part has no category",
                          "sloppy.cc: CarelessConfig.old is renamed to nowhere, which cannot take "
                          "its place",
                          "sloppy.cc: CarelessConfig.silent has no help", "sloppy.cc: has no help",
                          "sloppy.cc: has a config called CarelessConfig",
                          ::testing::HasSubstr("is not linked into this program")));
}

}  // namespace
}  // namespace dfkd
