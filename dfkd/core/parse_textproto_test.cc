#include "dfkd/core/parse_textproto.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/core/testdata/fake_plugins.pb.h"
#include "dfkd/core/testing.h"

namespace dfkd {
namespace {

absl::Status Parse(const std::string& text) {
  Experiment spec;
  return ParseTextproto(text, "my.textproto", &spec);
}

TEST(ParseTextprotoTest, ReadsConfigsOfLinkedPlugins) {
  Experiment spec;
  ASSERT_OK(ParseTextproto(R"(
    # A comment.
    train { epochs: 3 }
    method { [type.googleapis.com/dfkd.fake.DistillConfig] { generator_steps: 9 } })",
                           "my.textproto", &spec));
  EXPECT_EQ(spec.train().epochs(), 3);
  fake::DistillConfig method;
  ASSERT_TRUE(spec.method().UnpackTo(&method));
  EXPECT_EQ(method.generator_steps(), 9);
}

TEST(ParseTextprotoTest, UnknownFieldsAreErrorsAtTheirName) {
  EXPECT_THAT(Parse("data {}\ntrain {\n  epoch: 3\n}"),
              StatusMessageIs("my.textproto:3:3: TrainSpec has no field \"epoch\"; did you mean "
                              "\"epochs\"?"));
  EXPECT_THAT(Parse("zzz: 3"),
              StatusMessageIs("my.textproto:1:1: Experiment has no field \"zzz\""));
}

TEST(ParseTextprotoTest, AlsoInsideAConfig) {
  EXPECT_THAT(
      Parse("method {\n  [type.googleapis.com/dfkd.fake.DistillConfig] { generator_step: 3 }\n}"),
      StatusMessageIs("my.textproto:2:51: DistillConfig has no field \"generator_step\"; did you "
                      "mean \"generator_steps\"?"));
}

TEST(ParseTextprotoTest, FieldsSetTwiceAreErrors) {
  EXPECT_THAT(Parse("train { epochs: 3\n        epochs: 4 }"),
              StatusMessageIs("my.textproto:2:9: epochs is set twice"));
  EXPECT_THAT(Parse("train {}\ntrain {}"), StatusMessageIs("my.textproto:2:1: train is set twice"));
  EXPECT_THAT(Parse("method { [type.googleapis.com/dfkd.fake.SuperviseConfig] {}\n"
                    "[type.googleapis.com/dfkd.fake.SuperviseConfig] {}\n}"),
              StatusMessageIs("my.textproto:2:1: the config is set twice"));
}

TEST(ParseTextprotoTest, TwoMembersOfAOneofAreAnError) {
  EXPECT_THAT(Parse("train { pool { max_images: 1 max_bytes: 1 } }"),
              StatusMessageHas("Field \"max_bytes\" is specified along with field \"max_images\""));
}

TEST(ParseTextprotoTest, UnlinkedTypesAreNamedWithWhatIsLinked) {
  EXPECT_THAT(
      Parse(
          "student {\n  losses { config { [type.googleapis.com/dfkd.fake.BnStatsConfig] {} } }\n}"),
      StatusMessageIs(
          "my.textproto:2:21: dfkd.fake.BnStatsConfig is not linked into this program; did you "
          "mean \"dfkd.fake.BnStatConfig\"?\n"
          "linked in category \"loss\": dfkd.fake.BnStatConfig, dfkd.fake.CrossEntropyConfig\n"
          "to link it, add its target, //dfkd/fake_losses:bn_stats by its name, to the plugins of "
          "this program's dfkd_binary"));
  EXPECT_THAT(Parse("method { [example.com/dfkd.fake.SuperviseConfig] {} }"),
              StatusMessageIs("my.textproto:1:10: \"example.com/dfkd.fake.SuperviseConfig\" must "
                              "begin with type.googleapis.com/"));
}

TEST(ParseTextprotoTest, AConfigWithoutItsTypeIsExplained) {
  EXPECT_THAT(Parse("method { generator_steps: 3 }"),
              StatusMessageIs("my.textproto:1:10: \"generator_steps\" cannot stand here: write "
                              "[type.googleapis.com/TYPE] { ... } with TYPE one of "
                              "dfkd.fake.DistillConfig, dfkd.fake.SuperviseConfig"));
  EXPECT_THAT(Parse("student { model { [type.googleapis.com/dfkd.fake.WideNetConfig] {} } }"),
              StatusMessageIs("my.textproto:1:19: a ModelSpec takes a config as config { "
                              "[type.googleapis.com/TYPE] { ... } }"));
}

TEST(ParseTextprotoTest, UnknownEnumValuesAreNamedWithTheirRivals) {
  EXPECT_THAT(Parse("train { precision: FP23 }"),
              StatusMessageIs("my.textproto:1:9: precision has no value \"FP23\" among AUTO, FP32, "
                              "BF16; did you mean \"FP32\"?"));
  EXPECT_THAT(Parse("method { [type.googleapis.com/dfkd.fake.DistillConfig] { keep: FIRST } }"),
              StatusMessageHas("keep has no value \"FIRST\" among BEST, LAST"));
}

TEST(ParseTextprotoTest, OtherErrorsKeepTheParsersWords) {
  EXPECT_THAT(Parse("train { epochs: ten }"),
              StatusMessageIs("my.textproto:1:17: Expected integer, got: ten"));
  EXPECT_THAT(Parse("train {\n"), StatusMessageHas("my.textproto:2:1: "));
  EXPECT_THAT(Parse("description: \"unclosed\n\""), StatusMessageHas("my.textproto:1:"));
}

TEST(ParseTextprotoTest, TooLongTextIsRefusedUnread) {
  EXPECT_THAT(Parse(std::string(kMaxTextprotoBytes + 1, ' ')),
              StatusMessageIs("my.textproto: is 1048577 bytes; must be at most 1048576"));
  EXPECT_OK(Parse(std::string(kMaxTextprotoBytes, ' ')));
}

std::string Nested(int levels) {
  std::string text;
  for (int i = 0; i < levels; ++i) absl::StrAppend(&text, "presets { overlay { ");
  for (int i = 0; i < levels; ++i) absl::StrAppend(&text, "} }");
  return text;
}

TEST(ParseTextprotoTest, NestingIsLimited) {
  EXPECT_OK(Parse(Nested(32)));
  EXPECT_THAT(Parse(Nested(33)), StatusMessageHas("Message is too deep"));
  EXPECT_THAT(Parse(Nested(20000)), StatusMessageHas("Message is too deep"));
}

// The parser does not count an Any directly inside an Any.
TEST(ParseTextprotoTest, AnAnyHoldsNoAny) {
  std::string text = "method ";
  for (int i = 0; i < 10000; ++i) {
    absl::StrAppend(&text, "{ [type.googleapis.com/google.protobuf.Any] ");
  }
  EXPECT_THAT(Parse(text), StatusMessageHas("google.protobuf.Any is not linked"));
}

TEST(ParseTextprotoTest, ListsMayHoldMessages) {
  EXPECT_THAT(Parse("student { losses: [ { weight: 1 }, { weigth: 2 } ] }"),
              StatusMessageIs("my.textproto:1:38: LossSpec has no field \"weigth\"; did you mean "
                              "\"weight\"?"));
  EXPECT_THAT(Parse("student { losses [ { weigth: 2 } ] }"), StatusMessageHas("my.textproto:1:22"));
}

// Every prefix of a text, and the text with each byte replaced by each of a few that matter to the
// syntax: read, or refused with the place.
TEST(ParseTextprotoTest, DamagedTextIsReadOrRefused) {
  const std::string text =
      "# c\ntrain { epochs: 3 precision: BF16 } student { losses [ { weight: -1.5e3 config <"
      "[type.googleapis.com/dfkd.fake.BnStatConfig] { momentum: 0.5 } > }, {} ] }"
      "description: \"a\\n\" 'b'";
  ASSERT_OK(Parse(text));
  std::vector<std::string> damaged;
  for (size_t i = 0; i < text.size(); ++i) {
    damaged.push_back(text.substr(0, i));
    for (const char c : {'{', '}', '[', ']', '<', ':', '"', '\\', '/', ' ', 'x', '\0', '\xff'}) {
      damaged.push_back(text);
      damaged.back()[i] = c;
    }
  }
  for (const std::string& bytes : damaged) {
    const absl::Status status = Parse(bytes);
    if (!status.ok()) EXPECT_THAT(status, StatusMessageHas("my.textproto:")) << bytes;
  }
}

TEST(PrintTextprotoTest, IsCanonical) {
  const std::string text = R"(teacher {
  card {
    class_name: "crème"
    class_name: "\"quoted\""
    normalization {
      mean: [0.1, 1e-07, 100000]
      std: [1]
    }
  }
}
method {
  [type.googleapis.com/dfkd.fake.DistillConfig] {
    encoder {
      preset: "words8"
    }
    optimizer {
      [type.googleapis.com/dfkd.fake.SgdConfig] {
        learning_rate: 0.004
        nesterov: true
      }
    }
  }
}
)";
  Experiment spec;
  ASSERT_OK(ParseTextproto(text, "text", &spec));
  EXPECT_EQ(PrintTextproto(spec), text);
  Experiment again;
  ASSERT_OK(ParseTextproto(PrintTextprotoLine(spec), "line", &again));
  EXPECT_EQ(PrintTextproto(again), text);
}

}  // namespace
}  // namespace dfkd
