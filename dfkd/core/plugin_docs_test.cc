#include "dfkd/core/plugin_docs.h"

#include <string>

#include "dfkd/core/testing.h"
#include "nlohmann/json.hpp"

namespace dfkd {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(PluginDocsTest, CategoriesAreThoseOfPluginsAndTheSpec) {
  EXPECT_THAT(DocumentedCategories(), ElementsAre("augmentation", "encoder", "experiment", "loss",
                                                  "method", "model", "optimizer"));
}

TEST(PluginDocsTest, TheOverviewNamesEverything) {
  ASSERT_OK_AND_ASSIGN(const std::string text, RenderPlugins("", "text"));
  EXPECT_THAT(text, HasSubstr("loss\n"
                              "  bn_stat        Matches statistics.\n"
                              "  cross_entropy  Matches labels.\n"));
  EXPECT_THAT(text, HasSubstr("model\n"
                              "  wide_net  A network.\n"
                              "  presets:\n"
                              "    wide16    Sixteen layers.\n"
                              "    wide40_2  Forty layers, twice as wide.\n"));
  EXPECT_THAT(text, HasSubstr("experiment\n"
                              "  shipped specs:\n"
                              "    fake_base   the base of all fakes\n"
                              "    fake_cifar  a fake that ships\n"));
}

TEST(PluginDocsTest, OneCategoryShowsItsFields) {
  ASSERT_OK_AND_ASSIGN(const std::string text, RenderPlugins("method", "text"));
  EXPECT_THAT(text,
              HasSubstr("distill  dfkd.fake.DistillConfig\n"
                        "  Distils.\n"
                        "  Source: Example et al.\n"
                        "    encoder          EncoderSpec, required: class names to rows\n"
                        "    losses           list of LossSpec at least 1 item, at most 4 "
                        "items: terms\n"
                        "    generator_steps  int32 in [1, 1000] steps, default 40: g [Table "
                        "6]\n"
                        "    steps            int32: g (now called generator_steps)\n"
                        "    keep             one of BEST, LAST, default BEST: which image is "
                        "kept\n"));
  EXPECT_THAT(text, HasSubstr("    optimizer        optimizer config: of the generator\n"));
  EXPECT_THAT(text, HasSubstr("TuningConfig\n"
                              "    temperature  double greater than 0, default 20: of the softmax\n"
                              "    legacy       int32, default 1: no effect (deprecated)\n"));
  // LossSpec is described where the spec is.
  EXPECT_THAT(text, ::testing::Not(HasSubstr("LossSpec\n")));
}

TEST(PluginDocsTest, TheSpecItselfIsDescribed) {
  ASSERT_OK_AND_ASSIGN(const std::string text, RenderPlugins("experiment", "text"));
  for (const char* message : {"Experiment\n", "TrainSpec\n", "LossSpec\n", "EncoderSpec\n"}) {
    EXPECT_THAT(text, HasSubstr(message));
  }
  EXPECT_THAT(text, HasSubstr("precision         one of AUTO, FP32, BF16, default AUTO"));
}

TEST(PluginDocsTest, MarkdownIsAPageForEachCategory) {
  ASSERT_OK_AND_ASSIGN(const std::string text, RenderPlugins("loss", "markdown"));
  EXPECT_EQ(text, R"(# loss

Made by `dfkd list --category=loss --format=markdown`.

## bn_stat

Matches statistics.

| field | type | default | limits | meaning | source |
| --- | --- | --- | --- | --- | --- |
| `momentum` | double | `0.9` | in [0, 1) | share of the past |  |

```textproto
[type.googleapis.com/dfkd.fake.BnStatConfig] { momentum: 0.5 }
```

Code: `dfkd/fake_losses/bn_stat.cc`

## cross_entropy

Matches labels.

No fields.

```textproto
[type.googleapis.com/dfkd.fake.CrossEntropyConfig] {}
```

Code: `dfkd/fake_losses/cross_entropy.cc`
)");
}

TEST(PluginDocsTest, JsonHoldsTheSame) {
  ASSERT_OK_AND_ASSIGN(const std::string text, RenderPlugins("model", "json"));
  const auto json = nlohmann::json::parse(text);
  ASSERT_EQ(json.size(), 1u);
  EXPECT_EQ(json[0]["category"], "model");
  EXPECT_EQ(json[0]["plugins"][0]["name"], "wide_net");
  EXPECT_EQ(json[0]["plugins"][0]["type"], "dfkd.fake.WideNetConfig");
  EXPECT_EQ(json[0]["plugins"][0]["fields"][0]["name"], "depth");
  EXPECT_EQ(json[0]["plugins"][0]["fields"][0]["required"], true);
  EXPECT_EQ(json[0]["plugins"][0]["fields"][0]["limits"], "at least 10");
  EXPECT_EQ(json[0]["presets"][1]["name"], "wide40_2");
  ASSERT_OK_AND_ASSIGN(const std::string all, RenderPlugins("", "json"));
  EXPECT_EQ(nlohmann::json::parse(all).size(), 7u);
}

TEST(PluginDocsTest, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(
      RenderPlugins("losses", "text"),
      StatusMessageIs("there is no category \"losses\" among augmentation, encoder, "
                      "experiment, loss, method, model, optimizer; did you mean \"loss\"?"));
  EXPECT_THAT(RenderPlugins("", "yaml"),
              StatusMessageIs("the format is \"yaml\"; must be text, markdown or json"));
}

}  // namespace
}  // namespace dfkd
