#include "dfkd/study/study_file.h"

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/files.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/testing.h"
#include "dfkd/study/study_plan.h"

namespace dfkd {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kHead[] = "description: \"d\" claim: \"c\" seed: [ 0, 1 ] ";
// Two arms, of which one has the factor e, and both have g.
constexpr char kGrid[] =
    "set: \"train.epochs=1\" "
    "arm { name: \"a\" label: \"Arm A\" spec: \"digits\" set: \"x=1\" } "
    "arm { name: \"b\" spec: \"./own.textproto\" } "
    "arm { name: \"floor\" role: FLOOR spec: \"noise\" seed: 7 } "
    "factor { name: \"e\" arm: \"b\" value { name: \"32\" number: 32 set: \"e=32\" } "
    "         value { name: \"64\" number: 64 set: \"e=64\" } } "
    "factor { name: \"g\" value { name: \"g5\" label: \"g = 5\" set: \"g=5\" } "
    "         value { name: \"g9\" set: \"g=9\" } } ";
constexpr char kChoose[] = "choose { factor: \"e\" seed: [ 10, 11 ] } ";

Study Parse(const std::string& text) {
  Study study;
  EXPECT_OK(ParseTextproto(text, "study", &study));
  return study;
}

std::vector<std::string> Names(const std::vector<StudyCell>& cells) {
  std::vector<std::string> names;
  for (const StudyCell& cell : cells) names.push_back(cell.name);
  return names;
}

void ExpectRefused(const std::string& more, const std::string& message) {
  EXPECT_THAT(CheckStudy(Parse(absl::StrCat(kHead, more))), StatusMessageIs(message)) << more;
}

TEST(StudyPlanTest, EachArmIsCrossedWithTheFactorsThatItHas) {
  const Study study = Parse(absl::StrCat(kHead, kGrid));
  ASSERT_OK(CheckStudy(study));
  const std::vector<StudyCell> cells = JudgedCells(study);
  EXPECT_THAT(Names(cells),
              ElementsAre("a_g5", "a_g9", "b_32_g5", "b_32_g9", "b_64_g5", "b_64_g9", "floor"));
  EXPECT_THAT(cells[0].sets, ElementsAre("train.epochs=1", "x=1", "g=5"));
  EXPECT_EQ(cells[0].label, "Arm A, g = 5");
  EXPECT_THAT(cells[5].sets, ElementsAre("train.epochs=1", "e=64", "g=9"));
  EXPECT_THAT(cells[5].values, ElementsAre(1, 1));
  EXPECT_THAT(cells[6].values, ElementsAre(-1, -1));
  EXPECT_THAT(cells[5].seeds, ElementsAre(0, 1));
  EXPECT_THAT(cells[6].seeds, ElementsAre(7));
  EXPECT_EQ(BaselineOf(study), "a_g5");
}

TEST(StudyPlanTest, AFactorThatIsChosenIsOpenUntilItIs) {
  const Study study = Parse(absl::StrCat(kHead, kGrid, kChoose));
  ASSERT_OK(CheckStudy(study));
  const std::vector<StudyCell> cells = JudgedCells(study);
  EXPECT_THAT(Names(cells), ElementsAre("a_g5", "a_g9", "b_g5", "b_g9", "floor"));
  EXPECT_THAT(CandidatesOf(study, cells[0]), IsEmpty());
  const std::vector<StudyCell> candidates = CandidatesOf(study, cells[3]);
  ASSERT_EQ(candidates.size(), 2u);
  EXPECT_EQ(candidates[1].folder, "b_64_g9");
  EXPECT_THAT(candidates[1].seeds, ElementsAre(10, 11));
  const StudyCell chosen = WithChoice(study, cells[3], candidates[1]);
  EXPECT_EQ(chosen.name, "b_g9");
  EXPECT_EQ(chosen.folder, "b_64_g9");
  EXPECT_THAT(chosen.sets, ElementsAre("train.epochs=1", "e=64", "g=9"));
  EXPECT_THAT(chosen.seeds, ElementsAre(0, 1));
}

TEST(StudyFileTest, WhatDoesNotFitTogetherIsRefused) {
  constexpr char kArm[] = "arm { name: \"a\" spec: \"s\" } ";
  const auto with_arm = [&](const char* more) { return absl::StrCat(kArm, more); };
  ExpectRefused("", "arm has 0 items; must have at least 1");
  ExpectRefused("arm { name: \"a/b\" spec: \"s\" }",
                "arm[0].name is \"a/b\"; must be letters, digits and _ . + -, as it names folders");
  ExpectRefused(with_arm(kArm), "two of arm are named a");
  ExpectRefused(with_arm("seed: 1"), "seed holds 1 twice");
  ExpectRefused(with_arm("factor { name: \"f\" arm: \"b\" value { name: \"v\" } }"),
                "factor f.arm is \"b\", which is none of a");
  ExpectRefused(with_arm("factor { name: \"f\" value { name: \"v\" number: 2 } "
                         "value { name: \"w\" number: 1 } }"),
                "factor f.value[1].number is 1; must be greater than the one before, 2");
  ExpectRefused(with_arm("arm { name: \"a_v\" spec: \"s\" } "
                         "factor { name: \"f\" arm: \"a\" value { name: \"v\" } }"),
                "two cells are named a_v; give arms and values other names");
  ExpectRefused(with_arm("factor { name: \"f\" value { name: \"v\" } } "
                         "choose { factor: \"f\" seed: 1 }"),
                "choose.seed holds 1, which is one of the study's; what chooses may not judge");
  ExpectRefused(with_arm("measure { name: \"accuracy\" column: \"x\" }"),
                "measure accuracy is there already: the last epoch's; choose another name");
  ExpectRefused(with_arm("baseline: \"c\""), "baseline is \"c\", which is none of a");
}

TEST(StudyFileTest, AMeasureNamesOneNumber) {
  const auto measure = [](const char* fields) {
    return absl::StrCat("arm { name: \"a\" spec: \"s\" } measure { name: \"m\" ", fields, " }");
  };
  for (const char* number : {"column: \"loss_ce\" statistic: AREA",
                             "analysis: \"diversity_2.new_to_pool\"", "accuracy_per: SECOND"}) {
    EXPECT_OK(CheckStudy(Parse(absl::StrCat(kHead, measure(number)))));
  }
  ExpectRefused(measure(""),
                "measure m names no number; set one of column, analysis and accuracy_per");
  for (const char* analysis : {"diversity", "diversity.", ".new_to_pool"}) {
    ExpectRefused(measure(absl::StrCat("analysis: \"", analysis, "\"").c_str()),
                  absl::StrCat("measure m.analysis is \"", analysis,
                               "\"; must be MEASURE.VALUE, as in diversity.new_to_pool"));
  }
  ExpectRefused(
      measure("analysis: \"diversity.new_to_pool\" statistic: MEAN"),
      "measure m.statistic is MEAN, which is of a column's epochs; leave it out, as a run "
      "has one such number");
  Study both;
  EXPECT_THAT(ParseTextproto(absl::StrCat(kHead, measure("column: \"c\" analysis: \"d.e\"")),
                             "study", &both),
              StatusMessageHas("\"number\""));
}

TEST(StudyFileTest, CellsAreAskedForByTheirNames) {
  const Study study = Parse(absl::StrCat(kHead, kGrid, kChoose));
  EXPECT_OK(CheckAreCells("--cells", {"b_g9", "floor"}, study));
  EXPECT_THAT(CheckAreCells("--cells", {"b_g9", "b_32_g9"}, study),
              StatusMessageIs("--cells is \"b_32_g9\", which is none of a_g5, a_g9, b_g5, b_g9, "
                              "floor"));
  // In the study's order, with the candidates of what is chosen.
  const std::vector<CellPlan> plans = PlanCells(study, {"floor", "b_g9"});
  ASSERT_EQ(plans.size(), 2u);
  EXPECT_EQ(plans[0].cell.name, "b_g9");
  EXPECT_EQ(plans[0].candidates.size(), 2u);
  EXPECT_EQ(plans[1].cell.name, "floor");
}

TEST(StudyFileTest, ARuleNamesCellsAndMeasuresThatThereAre) {
  constexpr char kArms[] = "arm { name: \"lte\" spec: \"s\" } arm { name: \"z\" spec: \"s\" } ";
  const auto rule = [&](const char* fields) {
    return absl::StrCat(kArms, "rule { name: \"r\" ", fields, " }");
  };
  EXPECT_OK(CheckStudy(Parse(absl::StrCat(kHead, rule("cell: \"lte\" than: \"z\"")))));
  ExpectRefused(rule("cell: \"lte\""), "rule[0].than is missing; MOST_SEEDS compares two cells");
  ExpectRefused(rule("cell: \"lte\" than: \"ltee\""),
                "rule[0].than is \"ltee\", which is none of lte, z; did you mean \"lte\"?");
  ExpectRefused(rule("cell: \"lte\" than: \"z\" measure: \"ce\""),
                "rule[0].measure is \"ce\", which is none of accuracy");
  ExpectRefused(rule("cell: \"lte\" kind: NEVER_FALLS"),
                "rule[0].cell has 1 items; NEVER_FALLS takes two or more");
  ExpectRefused(rule("cell: \"lte\" kind: LEVEL than: \"z\""),
                "rule[0].than is set; LEVEL pairs no cells");
  ExpectRefused(rule("cell: \"lte\" than: \"z\" at_least: 6"),
                "rule[0].at_least is 6, but of is 5");
}

TEST(StudyFileTest, PathsLeadFromTheFileThatHoldsThem) {
  const std::string folder = JoinPath(::testing::TempDir(), "studies");
  ASSERT_OK(FileSystem::Posix()->CreateDirectories(folder));
  const std::string path = JoinPath(folder, "mine.textproto");
  ASSERT_OK(WriteFileAtomically(FileSystem::Posix(), path, absl::StrCat(kHead, kGrid)));
  ASSERT_OK_AND_ASSIGN(const StudyFile file, LoadStudy(path));
  EXPECT_EQ(file.name, "mine");
  EXPECT_EQ(file.study.arm(0).spec(), "digits");
  EXPECT_EQ(file.study.arm(1).spec(), JoinPath(folder, "own.textproto"));
  EXPECT_EQ(RelativeTo(file.study, JoinPath(folder, "out")).arm(1).spec(), "./../own.textproto");
  // As it was written, it leads to the same place.
  ASSERT_OK(FileSystem::Posix()->CreateDirectories(JoinPath(folder, "out")));
  const std::string copy = JoinPath(folder, "out/study.textproto");
  ASSERT_OK(WriteFileAtomically(FileSystem::Posix(), copy,
                                PrintTextproto(RelativeTo(file.study, JoinPath(folder, "out")))));
  ASSERT_OK_AND_ASSIGN(const StudyFile again, LoadStudy(copy));
  EXPECT_EQ(again.study.arm(1).spec(), JoinPath(folder, "own.textproto"));
}

TEST(StudyFileTest, AStudyThatIsNotThereIsRefused) {
  EXPECT_THAT(LoadStudy("e1"), StatusMessageHas("there is no shipped study \"e1\" among "));
  EXPECT_THAT(LoadStudy("./absent.textproto"), StatusMessageHas("cannot open"));
}

}  // namespace
}  // namespace dfkd
