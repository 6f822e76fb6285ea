#include "dfkd/core/conformance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dfkd/core/registry.h"
#include "dfkd/losses/loss.h"

namespace dfkd {
namespace {

TEST(LossesTest, EveryPluginAndPresetConforms) {
  EXPECT_THAT(FindConformanceViolations(Loss::kCategory), ::testing::IsEmpty());
}

TEST(LossesTest, AllAreLinked) {
  std::vector<std::string> names;
  for (const PluginInfo* plugin : PluginCatalog::Get().List(Loss::kCategory)) {
    names.push_back(plugin->name);
  }
  EXPECT_THAT(names,
              ::testing::ElementsAre("adversarial_kl", "bn_stat", "class_activation",
                                     "cross_entropy", "distill_kl", "embedding_diversity", "focal",
                                     "image_l2", "jensen_shannon", "logit_l1", "total_variation"));
}

}  // namespace
}  // namespace dfkd
