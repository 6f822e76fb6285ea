#include "dfkd/report/analysis.h"

#include <ATen/ops/full.h>

#include "absl/strings/str_cat.h"
#include "dfkd/core/testing.h"
#include "dfkd/report/png.h"
#include "dfkd/report/recorder.h"
#include "dfkd/report/row_titles.h"
#include "dfkd/report/test_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace dfkd {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string Png(const std::vector<std::string>& rows) {
  const at::Tensor image = at::full({3, 4, 6}, 9, at::TensorOptions().dtype(at::kByte));
  return EncodePng(image, {{Recorder::kRowsText, RowTitlesToText(rows)}}).value();
}

Analysis Example() {
  AnalysedMeasure steps;
  steps.name = "synthesis_steps";
  steps.notes = {"A batch of 8, \"begun\" anew."};
  steps.values = {{"cross_entropy_last", 0.1 + 0.2, "nats", "before the last step"}};
  steps.curves = {{"cross_entropy", "step", "nats", {1, 2}, {2.5, 0.5}},
                  {"inception_score", "step", "", {1, 2}, {1, 3}}};
  AnalysedMeasure grid;
  grid.name = "sample_grid";
  grid.pictures = {
      {"sample_grid_new.png", "New, by class", Png({"cat", "dog"}), 6, 4, {"cat", "dog"}},
      {"sample_grid_map.svg", "A map", "<svg xmlns=\"x\"></svg>", 0, 0, {}}};
  AnalysedMeasure coverage;
  coverage.name = "coverage";
  coverage.left_out = "real data needed";
  return {12, {steps, grid, coverage}};
}

TEST(Analysis, IsReadAsItWasWritten) {
  const std::string dir = FreshFolder();
  const Analysis written = Example();
  ASSERT_OK(WriteAnalysis(FileSystem::Posix(), dir, written));
  std::vector<std::string> notes;
  ASSERT_OK_AND_ASSIGN(const Analysis read, ReadAnalysis(dir, &notes));
  EXPECT_THAT(notes, IsEmpty());
  EXPECT_EQ(read.round, 12);
  ASSERT_EQ(read.measures.size(), 3);
  const AnalysedMeasure& steps = read.measures[0];
  EXPECT_EQ(steps.notes, written.measures[0].notes);
  ASSERT_EQ(steps.values.size(), 1);
  EXPECT_EQ(steps.values[0].value, 0.1 + 0.2);
  EXPECT_EQ(steps.values[0].help, "before the last step");
  ASSERT_EQ(steps.curves.size(), 2);
  EXPECT_EQ(steps.curves[0].x_title, "step");
  EXPECT_THAT(steps.curves[1].values, ElementsAre(1, 3));
  const AnalysedMeasure& grid = read.measures[1];
  ASSERT_EQ(grid.pictures.size(), 2);
  EXPECT_EQ(grid.pictures[0].width, 6);
  EXPECT_THAT(grid.pictures[0].rows, ElementsAre("cat", "dog"));
  EXPECT_EQ(grid.pictures[1].bytes, written.measures[1].pictures[1].bytes);
  EXPECT_EQ(read.measures[2].left_out, "real data needed");
}

TEST(Analysis, ReplacesTheOneBefore) {
  const std::string dir = FreshFolder();
  ASSERT_OK(WriteAnalysis(FileSystem::Posix(), dir, Example()));
  Analysis later = Example();
  later.measures.erase(later.measures.begin() + 1);
  WriteTestFile(JoinPath(dir, "mine.png"), "x");
  ASSERT_OK(WriteAnalysis(FileSystem::Posix(), dir, later));
  EXPECT_FALSE(FileExists(JoinPath(dir, "sample_grid_new.png")));
  EXPECT_TRUE(FileExists(JoinPath(dir, "mine.png")));
}

TEST(Analysis, FilesOfStrangersAreRefusedOrLeftOut) {
  const std::string dir = FreshFolder();
  const std::string table = JoinPath(dir, kAnalysisFile);
  std::vector<std::string> notes;
  WriteTestFile(table, "name,grade\r\nAnna,1\r\n");
  EXPECT_THAT(ReadAnalysis(dir, &notes), StatusMessageHas("is no table of an analysis"));
  const std::string header = "measure,kind,name,x,value,unit,text\r\n";
  WriteTestFile(table, header + "a,value,b,,many,,\r\n");
  EXPECT_THAT(ReadAnalysis(dir, &notes), StatusMessageHas("row 1: \"many\" is no number"));
  WriteTestFile(table, header + "a,value,b\r\n");
  EXPECT_THAT(ReadAnalysis(dir, &notes), StatusMessageHas("row 1 has 3 cells; must have 7"));

  WriteTestFile(JoinPath(dir, "fake.png"), "no picture");
  WriteTestFile(JoinPath(dir, "fake.svg"), "<html>");
  WriteTestFile(table, header +
                           "a,picture,../../secret.png,,,,x\r\na,picture,fake.png,,,,x\r\n"
                           "a,picture,fake.svg,,,,x\r\na,value,v,,1,,\r\n");
  ASSERT_OK_AND_ASSIGN(const Analysis analysis, ReadAnalysis(dir, &notes));
  EXPECT_THAT(notes, ElementsAre(HasSubstr("\"../../secret.png\" is no name of a picture"),
                                 HasSubstr("fake.png"), HasSubstr("is no SVG file of dfkd")));
  ASSERT_EQ(analysis.measures.size(), 1);
  EXPECT_THAT(analysis.measures[0].pictures, IsEmpty());
  EXPECT_EQ(analysis.measures[0].values.size(), 1);
}

}  // namespace
}  // namespace dfkd
