#include "dfkd/core/set_override.h"

#include <string>

#include "dfkd/core/experiment.pb.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/testing.h"

namespace dfkd {
namespace {

constexpr char kSpec[] = R"(
student {
  model { preset: "wide16" weights: "w" }
  losses { config { [type.googleapis.com/dfkd.fake.BnStatConfig] {} } }
  losses { name: "ce" config { [type.googleapis.com/dfkd.fake.CrossEntropyConfig] {} } }
  augmentations { [type.googleapis.com/dfkd.fake.FlipConfig] {} }
  augmentations { [type.googleapis.com/dfkd.fake.CropConfig] { padding: 4 } }
}
method {
  [type.googleapis.com/dfkd.fake.DistillConfig] {
    encoder { config { [type.googleapis.com/dfkd.fake.WordsConfig] { dim: 8 } } }
    generator_steps: 40
    widths: [1, 2, 3]
  }
}
)";

// The text of the field that was set, from its line on; the whole spec would hide it.
std::string Set(const std::string& assignment) {
  Experiment spec;
  EXPECT_OK(ParseTextproto(kSpec, "spec", &spec));
  const absl::Status status = ApplySet(assignment, &spec);
  return status.ok() ? PrintTextprotoLine(spec) : std::string(status.message());
}

// The error after "--set ASSIGNMENT: ".
std::string Error(const std::string& assignment) {
  Experiment spec;
  EXPECT_OK(ParseTextproto(kSpec, "spec", &spec));
  const absl::Status status = ApplySet(assignment, &spec);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  const std::string prefix = "--set " + assignment + ": ";
  const std::string message(status.message());
  EXPECT_EQ(message.substr(0, prefix.size()), prefix);
  return message.size() > prefix.size() ? message.substr(prefix.size()) : "";
}

using ::testing::HasSubstr;
using ::testing::Not;

TEST(SetOverrideTest, SetsScalarsOfEachType) {
  EXPECT_THAT(Set("train.epochs=20"), HasSubstr("train { epochs: 20 }"));
  EXPECT_THAT(Set("train.seed=18446744073709551615"), HasSubstr("seed: 18446744073709551615"));
  EXPECT_THAT(Set("teacher.card.accuracy=98.5"), HasSubstr("accuracy: 98.5"));
  EXPECT_THAT(Set("teacher.train_if_missing=true"), HasSubstr("train_if_missing: true"));
  EXPECT_THAT(Set("train.precision=BF16"), HasSubstr("precision: BF16"));
  EXPECT_THAT(Set("train.device=cuda:1"), HasSubstr("device: \"cuda:1\""));
  EXPECT_THAT(Set("description=a = b, \"c\""), HasSubstr("description: \"a = b, \\\"c\\\"\""));
  EXPECT_THAT(Set("description=\"quoted \""), HasSubstr("description: \"quoted \""));
}

TEST(SetOverrideTest, SpacesAroundTheEqualSignDoNotCount) {
  EXPECT_THAT(Set("train.epochs = 20"), HasSubstr("train { epochs: 20 }"));
}

TEST(SetOverrideTest, OtherFlagsSetFieldsTooAndTextAsItStands) {
  Experiment spec;
  ASSERT_OK(SetField("description", TextValue("\"quoted\" = {}"), &spec));
  EXPECT_EQ(spec.description(), "\"quoted\" = {}");
  EXPECT_THAT(SetField("train.epoch", "3", &spec),
              StatusMessageIs("train: TrainSpec has no field \"epoch\"; did you mean \"epochs\"?"));
}

TEST(SetOverrideTest, NothingClears) {
  EXPECT_THAT(Set("student.model.weights="), Not(HasSubstr("weights")));
  EXPECT_THAT(Set("student="), Not(HasSubstr("student")));
  EXPECT_THAT(Set("student.losses="), Not(HasSubstr("losses")));
  EXPECT_THAT(Set("train.device=\"\""), HasSubstr("device: \"\""));
}

TEST(SetOverrideTest, ReachesIntoConfigs) {
  EXPECT_THAT(Set("method.generator_steps=5"), HasSubstr("generator_steps: 5"));
  EXPECT_THAT(Set("method.DistillConfig.generator_steps=5"), HasSubstr("generator_steps: 5"));
  EXPECT_THAT(Set("method.encoder.config.dim=4"), HasSubstr("dim: 4"));
  EXPECT_THAT(Set("method.encoder.dim=4"), HasSubstr("dim: 4"));
  EXPECT_THAT(Set("method.encoder.WordsConfig.dim=4"), HasSubstr("dim: 4"));
}

TEST(SetOverrideTest, OldNamesSetTheNewField) {
  EXPECT_THAT(Set("method.steps=5"), HasSubstr("generator_steps: 5 widths"));
}

TEST(SetOverrideTest, FindsItemsByNameAndIndex) {
  const std::string set =
      "losses { weight: 5 config { [type.googleapis.com/dfkd.fake.BnStatConfig]";
  EXPECT_THAT(Set("student.losses[bn_stat].weight=5"), HasSubstr(set));
  EXPECT_THAT(Set("student.losses[0].weight=5"), HasSubstr(set));
  EXPECT_THAT(Set("student.losses[ce].weight=5"), HasSubstr("name: \"ce\" weight: 5"));
  EXPECT_THAT(Set("student.losses[bn_stat].momentum=0.1"), HasSubstr("momentum: 0.1"));
  EXPECT_THAT(Set("student.losses[bn_stat].config.momentum=0.1"), HasSubstr("momentum: 0.1"));
  EXPECT_THAT(Set("student.augmentations[crop].padding=1"), HasSubstr("padding: 1"));
  EXPECT_THAT(Set("method.widths[1]=7"), HasSubstr("widths: [1, 7, 3]"));
}

TEST(SetOverrideTest, DropsAndReplacesItems) {
  EXPECT_THAT(Set("student.losses[bn_stat]="), Not(HasSubstr("BnStatConfig")));
  EXPECT_THAT(Set("student.losses[bn_stat]="), HasSubstr("name: \"ce\""));
  EXPECT_THAT(Set("method.widths[0]="), HasSubstr("widths: [2, 3]"));
  EXPECT_THAT(Set("student.augmentations[flip]=crop"),
              HasSubstr("augmentations { [type.googleapis.com/dfkd.fake.CropConfig] { } } "
                        "augmentations { [type.googleapis.com/dfkd.fake.CropConfig] { padding: 4"));
}

TEST(SetOverrideTest, SetsLists) {
  EXPECT_THAT(Set("method.widths=[4, 5]"), HasSubstr("widths: [4, 5]"));
  EXPECT_THAT(Set("method.widths=[]"), Not(HasSubstr("widths")));
  EXPECT_THAT(Set("teacher.card.class_name=[cat, \"a, b\", 'c]']"),
              HasSubstr("class_name: \"cat\" class_name: \"a, b\" class_name: \"c]\" }"));
  EXPECT_THAT(Set("student.augmentations=[flip, {[type.googleapis.com/dfkd.fake.CropConfig] { "
                  "padding: 2 }}]"),
              HasSubstr("augmentations { [type.googleapis.com/dfkd.fake.FlipConfig] { } } "
                        "augmentations { [type.googleapis.com/dfkd.fake.CropConfig] { padding: 2 } "
                        "}"));
  EXPECT_THAT(Set("student.losses=[cross_entropy]"),
              HasSubstr("losses { config { [type.googleapis.com/dfkd.fake.CrossEntropyConfig] { } "
                        "} } aug"));
}

TEST(SetOverrideTest, AShortNameStandsForThePluginsDefaults) {
  EXPECT_THAT(Set("method=supervise"),
              HasSubstr("method { [type.googleapis.com/dfkd.fake.SuperviseConfig] { } }"));
  EXPECT_THAT(Set("method.optimizer=sgd"),
              HasSubstr("optimizer { [type.googleapis.com/dfkd.fake.SgdConfig] { } }"));
  EXPECT_THAT(Set("student.model=wide_net"),
              HasSubstr("model { config { [type.googleapis.com/dfkd.fake.WideNetConfig] { } } "
                        "weights: \"w\" }"));
}

TEST(SetOverrideTest, APresetStandsForItsConfig) {
  EXPECT_THAT(
      Set("student.model=wide40_2"),
      HasSubstr("model { config { [type.googleapis.com/dfkd.fake.WideNetConfig] { depth: 40 "
                "widen: 2 } } weights: \"w\" }"));
  EXPECT_THAT(Set("method.encoder.preset=words8"), HasSubstr("encoder { preset: \"words8\" }"));
  EXPECT_THAT(Set("student.model.config=wide16"),
              HasSubstr("model { config { [type.googleapis.com/dfkd.fake.WideNetConfig] { depth: "
                        "16 } } weights: \"w\" }"));
}

TEST(SetOverrideTest, MessagesAreWrittenAsTextproto) {
  EXPECT_THAT(Set("train={epochs: 2 seed: 3}"), HasSubstr("train { epochs: 2 seed: 3 }"));
  EXPECT_THAT(
      Set("method={[type.googleapis.com/dfkd.fake.DistillConfig] { note: \"n\" }}"),
      HasSubstr("method { [type.googleapis.com/dfkd.fake.DistillConfig] { note: \"n\" } }"));
}

TEST(SetOverrideTest, RefusesUnknownFields) {
  EXPECT_EQ(Error("epochs=1"), "Experiment has no field \"epochs\"");
  EXPECT_EQ(Error("train.epoch=1"),
            "train: TrainSpec has no field \"epoch\"; did you mean \"epochs\"?");
  EXPECT_EQ(Error("method.generator_step=5"),
            "method: DistillConfig has no field \"generator_step\"; did you mean "
            "\"generator_steps\"?");
  EXPECT_EQ(
      Error("student.losses[bn_stat].momentun=5"),
      "student.losses[bn_stat]: LossSpec and BnStatConfig have no field \"momentun\"; did you "
      "mean \"momentum\"?");
  EXPECT_EQ(Error("student.model.depth=10"), "student.model: ModelSpec has no field \"depth\"");
}

TEST(SetOverrideTest, RefusesValuesOfAnotherType) {
  EXPECT_EQ(Error("train.epochs=ten"), "train.epochs takes an integer, not \"ten\"");
  EXPECT_EQ(Error("train.epochs=1.5"), "train.epochs takes an integer, not \"1.5\"");
  EXPECT_EQ(Error("train.epochs=3000000000"), "train.epochs takes an integer, not \"3000000000\"");
  EXPECT_EQ(Error("train.seed=-1"), "train.seed takes an integer from 0 on, not \"-1\"");
  EXPECT_EQ(Error("method.rate=0.1 0.2"), "method.rate takes a number, not \"0.1 0.2\"");
  EXPECT_EQ(Error("method.masked=maybe"), "method.masked takes true or false, not \"maybe\"");
  EXPECT_EQ(Error("train.precision=fp32"),
            "train.precision takes one of AUTO, FP32, BF16, not \"fp32\"; did you mean \"FP32\"?");
}

TEST(SetOverrideTest, RefusesUnknownNames) {
  EXPECT_EQ(Error("method=distil"),
            "method: there is no method \"distil\" among distill, supervise; did you mean "
            "\"distill\"?");
  EXPECT_EQ(Error("student.model=wide41"),
            "student.model: there is no model \"wide41\" among wide_net, wide16, wide40_2; did you "
            "mean \"wide16\"?");
  EXPECT_EQ(Error("student.losses[ec].weight=1"),
            "student.losses has no item \"ec\" among bn_stat, ce");
  EXPECT_EQ(Error("student.losses[bn_stats].weight=1"),
            "student.losses has no item \"bn_stats\" among bn_stat, ce; did you mean \"bn_stat\"?");
  EXPECT_EQ(Error("student.losses[2].weight=1"), "student.losses has 2 items; there is no [2]");
  EXPECT_EQ(Error("method.losses[x].weight=1"), "method.losses has no item \"x\" among none");
}

TEST(SetOverrideTest, RefusesPathsThatLeadNowhere) {
  EXPECT_EQ(Error("train.epochs"), "has no \"=\"; write PATH=VALUE");
  EXPECT_EQ(Error("=1"), "the path has an empty name");
  EXPECT_EQ(Error("train..epochs=1"), "the path has an empty name");
  EXPECT_EQ(Error("student.losses[bn_stat=1"),
            "\"losses[bn_stat\" is no step of a path; write NAME or NAME[ITEM], joined by dots");
  EXPECT_EQ(Error("train.epochs.x=1"), "train.epochs takes an integer and has no field \"x\"");
  EXPECT_EQ(Error("train.epochs[0]=1"), "train.epochs is not a list");
  EXPECT_EQ(Error("student.losses.weight=1"),
            "student.losses is a list; name an item: student.losses[0]");
  EXPECT_EQ(Error("method.widths[0].x=1"), "method.widths[0] has no fields");
  EXPECT_EQ(Error("student.optimizer.learning_rate=1"),
            "student.optimizer is not set; choose one first: student.optimizer=NAME, with NAME one "
            "of sgd");
}

TEST(SetOverrideTest, RefusesHalfAValue) {
  EXPECT_EQ(Error("method.widths=4"), "method.widths is a list; write method.widths=[4]");
  EXPECT_EQ(Error("train=5"), "train is a TrainSpec; write train={...}, or name one of its fields");
  EXPECT_EQ(Error("train={epoch: 5}"),
            "train:1:1: TrainSpec has no field \"epoch\"; did you mean \"epochs\"?");
}

TEST(SetOverrideTest, AmbiguousNamesWantAnIndex) {
  Experiment spec;
  ASSERT_OK(ParseTextproto(kSpec, "spec", &spec));
  ASSERT_OK(ApplySet("student.losses=[bn_stat, cross_entropy, bn_stat]", &spec));
  EXPECT_THAT(ApplySet("student.losses[bn_stat].weight=1", &spec),
              StatusMessageIs("--set student.losses[bn_stat].weight=1: student.losses has 2 items "
                              "named \"bn_stat\"; use an index: [0], [2]"));
}

}  // namespace
}  // namespace dfkd
