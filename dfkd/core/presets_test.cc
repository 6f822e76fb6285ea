#include "dfkd/core/presets.h"

#include "dfkd/core/experiment.pb.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/testing.h"

namespace dfkd {
namespace {

using ::testing::ElementsAre;

TEST(PresetsTest, ListsNamesAndHelp) {
  EXPECT_THAT(PresetNames("model"), ElementsAre("wide16", "wide40_2"));
  EXPECT_EQ(PresetHelp(*ListPresets("model")[0]), "Sixteen layers.");
}

TEST(PresetsTest, FindsTheConfig) {
  ASSERT_OK_AND_ASSIGN(const google::protobuf::Any config, FindPreset("model", "wide40_2"));
  EXPECT_EQ(PrintTextprotoLine(config),
            "[type.googleapis.com/dfkd.fake.WideNetConfig] { depth: 40 widen: 2 }");
}

TEST(PresetsTest, OffersTheNearestName) {
  EXPECT_THAT(FindPreset("model", "wide61"),
              StatusMessageIs("there is no model preset \"wide61\" among wide16, wide40_2; did you "
                              "mean \"wide16\"?"));
  EXPECT_THAT(FindPreset("loss", "wide16"),
              StatusMessageIs("there is no loss preset \"wide16\" among those linked (none)"));
}

TEST(PresetsTest, ExpandsPresetsWithinPresets) {
  EncoderSpec spec;
  spec.set_preset("permuted8");
  ASSERT_OK(ExpandPresets(&spec));
  EXPECT_EQ(PrintTextprotoLine(spec),
            "config { [type.googleapis.com/dfkd.fake.PermutedConfig] { encoder { config { "
            "[type.googleapis.com/dfkd.fake.WordsConfig] { dim: 8 } } } } }");
}

TEST(PresetsTest, NamesThePlaceOfAnUnknownPreset) {
  Experiment spec;
  spec.mutable_student()->mutable_model()->set_preset("wide17");
  EXPECT_THAT(ExpandPresets(&spec),
              StatusMessageIs("student.model.preset: there is no model preset \"wide17\" among "
                              "wide16, wide40_2; did you mean \"wide16\"?"));
}

TEST(PresetsTest, RefusesPresetBesideConfig) {
  Experiment spec;
  spec.mutable_student()->mutable_model()->set_preset("wide16");
  spec.mutable_student()->mutable_model()->mutable_config();
  EXPECT_THAT(
      ExpandPresets(&spec),
      StatusMessageIs("student.model: exactly one of preset and config must be set; both are"));
}

}  // namespace
}  // namespace dfkd
