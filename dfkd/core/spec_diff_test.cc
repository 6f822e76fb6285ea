#include "dfkd/core/spec_diff.h"

#include <string>
#include <vector>

#include "dfkd/core/experiment.pb.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/set_override.h"
#include "dfkd/core/testing.h"

namespace dfkd {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Diff(const std::string& a, const std::string& b) {
  Experiment spec_a, spec_b;
  EXPECT_OK(ParseTextproto(a, "a", &spec_a));
  EXPECT_OK(ParseTextproto(b, "b", &spec_b));
  return DiffSpecs(spec_a, spec_b);
}

std::string Distill(const std::string& fields) {
  return "method { [type.googleapis.com/dfkd.fake.DistillConfig] { " + fields + " } }";
}
std::string Loss(const std::string& type, const std::string& fields = "") {
  return "losses { config { [type.googleapis.com/dfkd.fake." + type + "] {} } " + fields + " } ";
}

TEST(SpecDiffTest, EqualSpecsDoNotDiffer) {
  EXPECT_THAT(Diff(Distill("note: \"x\""), Distill("note: \"x\"")), IsEmpty());
}

TEST(SpecDiffTest, ReachesIntoConfigs) {
  EXPECT_THAT(Diff(Distill("generator_steps: 30") + "train { seed: 1 }",
                   Distill("generator_steps: 40 note: \"n\"") + "train { seed: 2 }"),
              ElementsAre("method.generator_steps: 30 -> 40", "method.note: absent -> \"n\"",
                          "train.seed: 1 -> 2"));
}

// generator_steps is 40 by default, optimizer has none.
TEST(SpecDiffTest, ADefaultEqualsItsValue) {
  EXPECT_THAT(Diff(Distill(""), Distill("generator_steps: 40")), IsEmpty());
  EXPECT_THAT(Diff(Distill(""), Distill("generator_steps: 41")),
              ElementsAre("method.generator_steps: 40 -> 41"));
}

TEST(SpecDiffTest, MessagesAndListsAreShownWhole) {
  EXPECT_THAT(Diff("train { epochs: 3 }", ""), ElementsAre("train: { epochs: 3 } -> absent"));
  EXPECT_THAT(Diff(Distill("widths: [1, 2]"), Distill("widths: [1]")),
              ElementsAre("method.widths: [1, 2] -> [1]"));
  EXPECT_THAT(Diff("method { [type.googleapis.com/dfkd.fake.SuperviseConfig] {} }",
                   Distill("masked: true")),
              ElementsAre("method: { [type.googleapis.com/dfkd.fake.SuperviseConfig] { } } -> { "
                          "[type.googleapis.com/dfkd.fake.DistillConfig] { masked: true } }"));
}

TEST(SpecDiffTest, LossesAreComparedByName) {
  EXPECT_THAT(Diff("student { " + Loss("BnStatConfig") + Loss("CrossEntropyConfig") + "}",
                   "student { " + Loss("CrossEntropyConfig", "weight: 2") +
                       Loss("BnStatConfig", "name: \"late\"") + "}"),
              ElementsAre("student.losses[bn_stat]: { config { "
                          "[type.googleapis.com/dfkd.fake.BnStatConfig] { } } } -> absent",
                          "student.losses[cross_entropy].weight: 1 -> 2",
                          "student.losses[late]: absent -> { name: \"late\" config { "
                          "[type.googleapis.com/dfkd.fake.BnStatConfig] { } } }"));
}

TEST(SpecDiffTest, OtherListsAreComparedByIndex) {
  const std::string crop = "augmentations { [type.googleapis.com/dfkd.fake.CropConfig] ";
  EXPECT_THAT(Diff("student { " + crop + "{ padding: 1 } } }",
                   "student { " + crop + "{ padding: 2 } } " + crop + "{ padding: 3 } } }"),
              ElementsAre("student.augmentations[0].padding: 1 -> 2",
                          "student.augmentations[1]: absent -> { "
                          "[type.googleapis.com/dfkd.fake.CropConfig] { padding: 3 } }"));
}

// What diff prints, --set understands.
TEST(SpecDiffTest, PathsAreThoseOfSet) {
  Experiment a, b;
  ASSERT_OK(ParseTextproto("student { " + Loss("BnStatConfig") + "}", "a", &a));
  b = a;
  ASSERT_OK(ApplySet("student.losses[bn_stat].momentum=0.25", &b));
  EXPECT_THAT(DiffSpecs(a, b), ElementsAre("student.losses[bn_stat].momentum: 0.9 -> 0.25"));
}

}  // namespace
}  // namespace dfkd
