#include "dfkd/core/field_check.h"

#include <cmath>
#include <limits>
#include <string>

#include "dfkd/core/experiment.pb.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/testdata/fake_plugins.pb.h"
#include "dfkd/core/testing.h"

namespace dfkd {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A config that breaks no rule.
fake::DistillConfig Good() {
  fake::DistillConfig config;
  EXPECT_OK(
      ParseTextproto("encoder { preset: \"words8\" } "
                     "losses { config { [type.googleapis.com/dfkd.fake.BnStatConfig] {} } }",
                     "good", &config));
  return config;
}

fake::DistillConfig With(const std::string& text) {
  fake::DistillConfig more, config = Good();
  EXPECT_OK(ParseTextproto(text, "more", &more));
  config.MergeFrom(more);
  return config;
}

TEST(FieldCheckTest, NothingToReport) { EXPECT_THAT(FieldViolations(Good(), ""), IsEmpty()); }

TEST(FieldCheckTest, LimitsAreInclusiveUnlessTheySayOtherwise) {
  EXPECT_THAT(FieldViolations(With("generator_steps: 1"), "m"), IsEmpty());
  EXPECT_THAT(FieldViolations(With("generator_steps: 1000"), "m"), IsEmpty());
  EXPECT_THAT(FieldViolations(With("generator_steps: 0"), "m"),
              ElementsAre("m.generator_steps is 0; must be in [1, 1000]"));
  EXPECT_THAT(FieldViolations(With("generator_steps: 1001"), "m"),
              ElementsAre("m.generator_steps is 1001; must be in [1, 1000]"));
  fake::BnStatConfig bn_stat;
  bn_stat.set_momentum(0);
  EXPECT_THAT(FieldViolations(bn_stat, "losses.BnStatConfig"), IsEmpty());
  bn_stat.set_momentum(1);
  EXPECT_THAT(FieldViolations(bn_stat, "losses.BnStatConfig"),
              ElementsAre("losses.BnStatConfig.momentum is 1; must be in [0, 1)"));
}

TEST(FieldCheckTest, OneSidedLimitsAreToldAsSuch) {
  EXPECT_THAT(FieldViolations(With("tuning { temperature: 0 }"), "m"),
              ElementsAre("m.tuning.temperature is 0; must be greater than 0"));
  EXPECT_THAT(FieldViolations(With("max_images: 0"), "m"),
              ElementsAre("m.max_images is 0; must be at least 1"));
  fake::SgdConfig sgd;
  sgd.set_momentum(2.5);
  EXPECT_THAT(FieldViolations(sgd, "SgdConfig"),
              ElementsAre("SgdConfig.momentum is 2.5; must be at most 1"));
}

TEST(FieldCheckTest, ItemsOfAListAreCheckedOneByOne) {
  EXPECT_THAT(FieldViolations(With("widths: [1, 0, -2]"), "m"),
              ElementsAre("m.widths[1] is 0; must be greater than 0",
                          "m.widths[2] is -2; must be greater than 0"));
}

// 0.1f = 0.100000001490116… and 0.9f = 0.899999976…: both stand on the limits of `rate`.
TEST(FieldCheckTest, FloatsOnALimitAreWithinIt) {
  EXPECT_THAT(FieldViolations(With("rate: 0.1"), "m"), IsEmpty());
  EXPECT_THAT(FieldViolations(With("rate: 0.9"), "m"), IsEmpty());
  EXPECT_THAT(FieldViolations(With("rate: 0.91"), "m"),
              ElementsAre("m.rate is 0.91; must be in [0.1, 0.9]"));
}

TEST(FieldCheckTest, NumbersMustBeFinite) {
  fake::SgdConfig sgd;
  sgd.set_learning_rate(std::nan(""));
  sgd.set_momentum(-std::numeric_limits<double>::infinity());
  EXPECT_THAT(FieldViolations(sgd, "s"),
              ElementsAre("s.learning_rate is nan; must be a finite number",
                          "s.momentum is -inf; must be a finite number"));
}

TEST(FieldCheckTest, RequiredFieldsMustBeSet) {
  fake::DistillConfig config = Good();
  config.clear_encoder();
  EXPECT_THAT(FieldViolations(config, "m"),
              ElementsAre("m.encoder is required: class names to rows"));
}

TEST(FieldCheckTest, ListsHaveTheirLength) {
  fake::DistillConfig config = Good();
  config.clear_losses();
  EXPECT_THAT(FieldViolations(config, "m"),
              ElementsAre("m.losses has 0 items; must have at least 1"));
  config = Good();
  for (int i = 0; i < 4; ++i) *config.add_losses() = config.losses(0);
  EXPECT_THAT(FieldViolations(config, "m"),
              ElementsAre("m.losses has 5 items; must have at most 4"));
}

TEST(FieldCheckTest, ExactlyOneOfPresetAndConfig) {
  fake::DistillConfig config = Good();
  config.mutable_encoder()->clear_preset();
  EXPECT_THAT(FieldViolations(config, "m"),
              ElementsAre("m.encoder: exactly one of preset and config must be set; neither is"));
  config.mutable_encoder()->set_preset("words8");
  config.mutable_encoder()->mutable_config()->PackFrom(fake::WordsConfig());
  EXPECT_THAT(FieldViolations(config, "m"),
              ElementsAre("m.encoder: exactly one of preset and config must be set; both are"));
}

TEST(FieldCheckTest, GoesIntoConfigs) {
  EXPECT_THAT(
      FieldViolations(
          With("losses { config { [type.googleapis.com/dfkd.fake.BnStatConfig] { momentum: 1.5 } } "
               "} "
               "augmentations { [type.googleapis.com/dfkd.fake.FlipConfig] {} } "
               "augmentations { [type.googleapis.com/dfkd.fake.CropConfig] { padding: -1 } }"),
          "method.DistillConfig"),
      ElementsAre("method.DistillConfig.losses[1].BnStatConfig.momentum is 1.5; must be in [0, 1)",
                  "method.DistillConfig.augmentations[1].CropConfig.padding is -1; must be at "
                  "least 0"));
}

TEST(FieldCheckTest, AsksThePluginWhereTheFieldsAreGood) {
  EXPECT_THAT(
      FieldViolations(
          With("optimizer { [type.googleapis.com/dfkd.fake.SgdConfig] { nesterov: true } }"), "m"),
      ElementsAre("m.optimizer.SgdConfig: nesterov needs momentum"));
  // Not where they are not.
  EXPECT_THAT(
      FieldViolations(With("optimizer { [type.googleapis.com/dfkd.fake.SgdConfig] { nesterov: true "
                           "learning_rate: -1 } }"),
                      "m"),
      ElementsAre("m.optimizer.SgdConfig.learning_rate is -1; must be at least 0"));
}

TEST(FieldCheckTest, ConfigsMustBeOfTheFieldsCategory) {
  const auto violations =
      FieldViolations(With("optimizer { [type.googleapis.com/dfkd.fake.FlipConfig] {} }"), "m");
  EXPECT_THAT(violations, ElementsAre("m.optimizer: dfkd.fake.FlipConfig is of category "
                                      "\"augmentation\"; this field takes \"optimizer\"; linked in "
                                      "category \"optimizer\": dfkd.fake.SgdConfig"));
}

TEST(FieldCheckTest, StringsMustBeUtf8) {
  fake::DistillConfig config = Good();
  config.set_note("d\xc3\xa9j\xc3\xa0");
  EXPECT_THAT(FieldViolations(config, "m"), IsEmpty());
  config.set_note("\xff");
  EXPECT_THAT(FieldViolations(config, "m"), ElementsAre("m.note is not valid UTF-8"));
}

TEST(FieldCheckTest, ReportsTheFirstFew) {
  const absl::Status status = CheckFields(With("widths: [0, 0, 0, 0, 0, 0, 0]"), "m");
  EXPECT_THAT(status, StatusMessageIs("m.widths[0] is 0; must be greater than 0\n"
                                      "m.widths[1] is 0; must be greater than 0\n"
                                      "m.widths[2] is 0; must be greater than 0\n"
                                      "m.widths[3] is 0; must be greater than 0\n"
                                      "m.widths[4] is 0; must be greater than 0\n"
                                      "and 2 more"));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_OK(CheckFields(Good(), "m"));
}

TEST(FieldCheckTest, PathsOfAWholeSpecBeginWithItsFields) {
  Experiment spec;
  spec.mutable_method()->PackFrom(Good());
  spec.mutable_train()->set_epochs(0);
  EXPECT_THAT(FieldViolations(spec, ""), ElementsAre("train.epochs is 0; must be in [1, 1000000]"));
}

TEST(RenameTest, ValuesMoveToTheNewName) {
  Experiment spec;
  spec.mutable_method()->PackFrom(With("steps: 12"));
  ASSERT_OK(MoveRenamedFields(&spec, ""));
  fake::DistillConfig moved;
  ASSERT_TRUE(spec.method().UnpackTo(&moved));
  EXPECT_EQ(moved.generator_steps(), 12);
  EXPECT_FALSE(moved.has_steps());
  EXPECT_EQ(moved.losses_size(), 1);
}

TEST(RenameTest, BothNamesAreRefused) {
  fake::DistillConfig config = With("steps: 12 generator_steps: 12");
  EXPECT_THAT(MoveRenamedFields(&config, "method.DistillConfig"),
              StatusMessageIs("method.DistillConfig.steps and generator_steps are both set; the "
                              "first is the old name of the second"));
}

TEST(SpellOutDefaultsTest, SetsWhatHasADefault) {
  fake::DistillConfig config = Good();
  config.mutable_tuning();
  config.add_augmentations()->PackFrom(fake::CropConfig());
  SpellOutDefaults(&config);
  // No member of a oneof, no deprecated or renamed field, no list, no message.
  EXPECT_EQ(PrintTextproto(config), R"(encoder {
  preset: "words8"
}
losses {
  weight: 1
  config {
    [type.googleapis.com/dfkd.fake.BnStatConfig] {
      momentum: 0.9
    }
  }
}
generator_steps: 40
keep: BEST
rate: 0.1
budget: 5
masked: true
tuning {
  temperature: 20
}
augmentations {
  [type.googleapis.com/dfkd.fake.CropConfig] {
    padding: 4
  }
}
)");
}

TEST(RangeTextTest, EveryShape) {
  FieldRule rule;
  EXPECT_EQ(RangeText(rule), "");
  rule.set_min(1e-5);
  EXPECT_EQ(RangeText(rule), "at least 1e-05");
  rule.set_exclusive_min(true);
  EXPECT_EQ(RangeText(rule), "greater than 1e-05");
  rule.set_max(1000000);
  EXPECT_EQ(RangeText(rule), "in (1e-05, 1000000]");
  rule.set_exclusive_max(true);
  EXPECT_EQ(RangeText(rule), "in (1e-05, 1000000)");
  rule.clear_min();
  EXPECT_EQ(RangeText(rule), "less than 1000000");
}

}  // namespace
}  // namespace dfkd
