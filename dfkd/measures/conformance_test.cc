#include "dfkd/core/conformance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dfkd/core/registry.h"
#include "dfkd/measures/measure.h"

namespace dfkd {
namespace {

TEST(MeasuresTest, EveryPluginConforms) {
  EXPECT_THAT(FindConformanceViolations(Measure::kCategory), ::testing::IsEmpty());
}

TEST(MeasuresTest, AllAreLinked) {
  std::vector<std::string> names;
  for (const PluginInfo* plugin : PluginCatalog::Get().List(Measure::kCategory)) {
    names.push_back(plugin->name);
  }
  EXPECT_THAT(names, ::testing::ElementsAre("cam_overlay", "class_cross_entropy", "coverage",
                                            "diversity", "inception_score", "input_weights", "mmd",
                                            "sample_grid", "synthesis_steps", "tsne"));
}

}  // namespace
}  // namespace dfkd
