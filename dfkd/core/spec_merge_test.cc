#include "dfkd/core/spec_merge.h"

#include <string>

#include "dfkd/core/experiment.pb.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/testing.h"

namespace dfkd {
namespace {

// `base` with `overlay` over it, on one line; or the error.
std::string Merged(const std::string& base, const std::string& overlay) {
  Experiment below, above;
  EXPECT_OK(ParseTextproto(base, "base", &below));
  EXPECT_OK(ParseTextproto(overlay, "overlay", &above));
  const absl::Status status = MergeSpec(above, &below);
  return status.ok() ? PrintTextprotoLine(below) : std::string(status.message());
}

std::string Distill(const std::string& fields) {
  return "method { [type.googleapis.com/dfkd.fake.DistillConfig] { " + fields + " } }";
}
std::string BnStat(const std::string& fields) {
  return "config { [type.googleapis.com/dfkd.fake.BnStatConfig] {" + fields + "} }";
}
std::string CrossEntropy() {
  return "config { [type.googleapis.com/dfkd.fake.CrossEntropyConfig] {} }";
}

TEST(SpecMergeTest, MessagesMergeFieldByField) {
  EXPECT_EQ(Merged("train { epochs: 1 seed: 2 }", "train { seed: 3 } description: \"x\""),
            "description: \"x\" train { epochs: 1 seed: 3 }");
}

// `train { seed: 0 }` says 0, and that is not the same as saying nothing.
TEST(SpecMergeTest, WhatEqualsADefaultStillWins) {
  EXPECT_EQ(Merged("train { seed: 2 }", "train { seed: 0 }"), "train { seed: 0 }");
}

TEST(SpecMergeTest, ListsAreReplaced) {
  EXPECT_EQ(Merged("evaluation { floor: [\"a\", \"b\"] }", "evaluation { floor: \"c\" }"),
            "evaluation { floor: \"c\" }");
  EXPECT_EQ(Merged("student { augmentations { [type.googleapis.com/dfkd.fake.FlipConfig] {} } }",
                   "student { augmentations { [type.googleapis.com/dfkd.fake.CropConfig] {} } }"),
            "student { augmentations { [type.googleapis.com/dfkd.fake.CropConfig] { } } }");
}

TEST(SpecMergeTest, MembersOfAOneofReplaceEachOther) {
  EXPECT_EQ(Merged("train { pool { max_images: 5 } }", "train { pool { max_bytes: 6 } }"),
            "train { pool { max_bytes: 6 } }");
}

TEST(SpecMergeTest, ConfigsOfOneTypeMerge) {
  EXPECT_EQ(Merged(Distill("generator_steps: 3 note: \"a\""), Distill("note: \"b\"")),
            "method { [type.googleapis.com/dfkd.fake.DistillConfig] { generator_steps: 3 note: "
            "\"b\" } }");
}

TEST(SpecMergeTest, ConfigsOfAnotherTypeReplace) {
  EXPECT_EQ(Merged(Distill("generator_steps: 3"),
                   "method { [type.googleapis.com/dfkd.fake.SuperviseConfig] {} }"),
            "method { [type.googleapis.com/dfkd.fake.SuperviseConfig] { } }");
}

TEST(SpecMergeTest, PresetAndConfigReplaceEachOther) {
  const std::string net = "config { [type.googleapis.com/dfkd.fake.WideNetConfig] { depth: 10 } }";
  EXPECT_EQ(Merged("student { model { channels: 1 " + net + " } }",
                   "student { model { preset: \"wide16\" } }"),
            "student { model { preset: \"wide16\" channels: 1 } }");
  EXPECT_EQ(Merged("student { model { preset: \"wide16\" } }", "student { model { " + net + " } }"),
            "student { model { " + net + " } }");
}

TEST(SpecMergeTest, LossesMergeByType) {
  EXPECT_EQ(Merged("student { losses { weight: 2 " + BnStat(" momentum: 0.5 ") + " } losses { " +
                       CrossEntropy() + " } }",
                   "student { losses { " + BnStat(" momentum: 0.7 ") + " } }"),
            "student { losses { weight: 2 " + BnStat(" momentum: 0.7 ") + " } losses { " +
                "config { [type.googleapis.com/dfkd.fake.CrossEntropyConfig] { } } } }");
}

TEST(SpecMergeTest, NewLossesAreAppended) {
  EXPECT_EQ(Merged("student { losses { " + BnStat(" ") + " } }",
                   "student { losses { weight: 3 " + BnStat(" ") + " name: \"second\" } }"),
            "student { losses { " + BnStat(" ") + " } losses { name: \"second\" weight: 3 " +
                BnStat(" ") + " } }");
}

TEST(SpecMergeTest, LossesMergeByName) {
  const std::string two = "student { losses { name: \"a\" " + BnStat(" ") +
                          " } losses { name: \"b\" " + BnStat(" ") + " } }";
  EXPECT_EQ(Merged(two, "student { losses { name: \"b\" weight: 4 } }"),
            "student { losses { name: \"a\" " + BnStat(" ") + " } losses { name: \"b\" weight: 4 " +
                BnStat(" ") + " } }");
  EXPECT_EQ(Merged(two, "student { losses { weight: 4 " + BnStat("") + " } }"),
            "student.losses: bn_stat stands more than once in the layer below; name the one that "
            "is meant: losses { name: ... }");
}

TEST(SpecMergeTest, TheShortNameIsANameThatIsNotStored) {
  EXPECT_EQ(Merged("student { losses { " + BnStat(" ") + " } }",
                   "student { losses { name: \"bn_stat\" weight: 4 } }"),
            "student { losses { weight: 4 " + BnStat(" ") + " } }");
}

TEST(SpecMergeTest, LossesOfOneLayerDoNotMergeWithEachOther) {
  const std::string two = "student { losses { weight: 1 " + BnStat(" ") + " } losses { weight: 2 " +
                          BnStat(" ") + " } }";
  EXPECT_EQ(Merged("", two), two);
}

TEST(SpecMergeTest, LossesInsideAConfigMergeToo) {
  EXPECT_EQ(Merged(Distill("losses { weight: 2 " + BnStat("") + " }"),
                   Distill("losses { weight: 3 " + BnStat(" momentum: 0.1 ") + " }")),
            "method { [type.googleapis.com/dfkd.fake.DistillConfig] { losses { weight: 3 config { "
            "[type.googleapis.com/dfkd.fake.BnStatConfig] { momentum: 0.1 } } } } }");
}

}  // namespace
}  // namespace dfkd
