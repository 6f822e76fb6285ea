#include "dfkd/core/spec_matrix.h"

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/resolve.h"
#include "dfkd/core/testing.h"

namespace dfkd {
namespace {

std::vector<std::string> Names(const std::vector<MatrixCell>& cells) {
  std::vector<std::string> names;
  for (const MatrixCell& cell : cells) names.push_back(cell.name);
  return names;
}

// Two axes of one value each, and a row over the first.
std::string Matrix(const std::string& row) {
  return absl::StrCat(
      "axis { name: \"pair\" value { name: \"a\" label: \"A\" } } "
      "axis { name: \"epochs\" value { name: \"e1\" overlay { train { epochs: 1 } } } } row { ",
      row, " table: \"Table 1\" row: \"ours\" }");
}

TEST(SpecMatrixTest, EveryCombinationIsACell) {
  ASSERT_OK_AND_ASSIGN(const std::vector<ShippedMatrix> matrices, ListShippedMatrices());
  ASSERT_EQ(matrices.size(), 1u);
  EXPECT_EQ(matrices[0].name, "fake_table");
  EXPECT_EQ(matrices[0].description, "a table that ships");
  EXPECT_THAT(
      Names(matrices[0].cells),
      ::testing::ElementsAre("fake_thin_e10", "fake_thin_e10_official", "fake_thin_e20",
                             "fake_thin_e20_official", "fake_wide_e10", "fake_wide_e10_official",
                             "fake_wide_e20", "fake_wide_e20_official"));
}

TEST(SpecMatrixTest, ACellResolvesLikeAFile) {
  ASSERT_OK_AND_ASSIGN(const ResolvedSpec cell, ResolveSpec("fake_wide_e20_official"));
  EXPECT_EQ(cell.name, "fake_wide_e20_official");
  EXPECT_EQ(cell.origin, "Resolved from shipped spec fake_wide_e20_official, preset official");
  EXPECT_EQ(cell.spec.description(), "a fake, 20 epochs, preset official");
  EXPECT_EQ(cell.spec.train().epochs(), 20);
  EXPECT_EQ(cell.spec.train().seed(), 7u);  // of the overlay "official"
  // Both sides are the preset wide40_2 of the fakes.
  EXPECT_EQ(cell.spec.student().model().config().value(),
            cell.spec.teacher().model().config().value());
}

TEST(SpecMatrixTest, ARowGivesItsNumbersToItsCells) {
  ASSERT_OK_AND_ASSIGN(const ResolvedSpec wide, ResolveSpec("fake_wide_e20"));
  ASSERT_EQ(wide.spec.paper_size(), 1);
  EXPECT_EQ(wide.spec.paper(0).table(), "Table 1");
  EXPECT_EQ(wide.spec.paper(0).row(), "E = 20");
  EXPECT_EQ(wide.spec.paper(0).column(), "W40");
  EXPECT_EQ(wide.spec.paper(0).value(), 73.25);
  EXPECT_EQ(wide.spec.paper(0).note(), "best epoch");
  EXPECT_EQ(wide.spec.paper(0).metric(), Reference::TOP5);
  // The table has no number there.
  ASSERT_OK_AND_ASSIGN(const ResolvedSpec without, ResolveSpec("fake_wide_e10"));
  EXPECT_EQ(without.spec.paper_size(), 0);
}

TEST(SpecMatrixTest, OverridesReachCells) {
  ASSERT_OK_AND_ASSIGN(const ResolvedSpec cell, ResolveSpec("fake_thin_e10", {"train.epochs=3"}));
  EXPECT_EQ(cell.spec.train().epochs(), 3);
}

TEST(SpecMatrixTest, ACellOfAFileIsNamedBehindItsPath) {
  const std::string path = ::testing::TempDir() + "/own.textproto";
  std::ofstream(path) << "common { base: \"fake_base\" } axis { name: \"epochs\" "
                         "value { name: \"short\" overlay { train { epochs: 2 } } } "
                         "value { name: \"long\" overlay { train { epochs: 9 } } } }";
  ASSERT_OK_AND_ASSIGN(const ResolvedSpec cell, ResolveSpec(path + ":long"));
  EXPECT_EQ(cell.name, "long");
  EXPECT_EQ(cell.spec.train().epochs(), 9);
  EXPECT_EQ(cell.origin, absl::StrCat("Resolved from ", path, ":long"));
  EXPECT_THAT(ResolveSpec(path + ":lang"),
              StatusMessageIs(absl::StrCat(path,
                                           " has no cell \"lang\"; did you mean \"long\"?; "
                                           "it has short, long")));
}

TEST(SpecMatrixTest, UnknownCellsOfferTheNearest) {
  EXPECT_THAT(ResolveSpec("fake_wide_e30"),
              StatusMessageIs("there is no shipped spec \"fake_wide_e30\" among fake_base, "
                              "fake_cifar, the 8 of fake_table; did you mean \"fake_wide_e10\"?; a "
                              "file's path ends in .textproto or holds a slash"));
}

TEST(SpecMatrixTest, RefusesWhatDoesNotAddUp) {
  EXPECT_THAT(ExpandMatrix("description: \"x\"", "m"),
              StatusMessageIs("m: axis is missing; a matrix has at least one"));
  EXPECT_THAT(ExpandMatrix("axis { name: \"pair\" }", "m"),
              StatusMessageIs("m: axis pair has no value; give at least one"));
  std::string many;
  for (int i = 0; i < 10; ++i) absl::StrAppend(&many, "axis { value { name: \"a\" } value {} } ");
  EXPECT_THAT(ExpandMatrix(many, "m"),  // 2^10
              StatusMessageIs("m: the axes make more than 1000 cells; use several files"));
  EXPECT_THAT(ExpandMatrix("axis { name: \"pair\" value {} value {} } prefix: \"p\"", "m"),
              StatusMessageIs("m: two cells are named p; give the values of its axes different "
                              "names"));
  EXPECT_THAT(ExpandMatrix(Matrix("along: \"pairs\" value: 1"), "m"),
              StatusMessageIs("m: row[0].along is \"pairs\", which is no axis; did you mean "
                              "\"pair\"?"));
  EXPECT_THAT(ExpandMatrix(Matrix("along: \"pair\" at: \"e11\" value: 1"), "m"),
              StatusMessageIs("m: row[0].at is \"e11\", which no axis has as a value; did you mean "
                              "\"e1\"?"));
  EXPECT_THAT(ExpandMatrix(Matrix("along: \"pair\" value: [1, 2]"), "m"),
              StatusMessageIs("m: row[0] (ours) has 2 values; axis pair has 1"));
}

}  // namespace
}  // namespace dfkd
