#include "dfkd/data/digits_csv.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dfkd/core/testing.h"

namespace dfkd {
namespace {

// Line i has the pixel i mod 17 at the place i mod 64, zeros elsewhere, and the label i mod 10.
std::vector<std::string> Lines() {
  std::vector<std::string> lines;
  for (int i = 0; i < kDigitsCount; ++i) {
    std::vector<int> columns(65, 0);
    columns[i % 64] = i % 17;
    columns[64] = i % 10;
    lines.push_back(absl::StrJoin(columns, ","));
  }
  return lines;
}

std::string Text(const std::vector<std::string>& lines) {
  return absl::StrJoin(lines, "\n") + "\n";
}

TEST(DigitsCsv, ReadsPixelsRowByRowAndTheLabel) {
  ASSERT_OK_AND_ASSIGN(const DigitsTable table, ParseDigitsCsv(Text(Lines()), "d.csv"));
  EXPECT_EQ(table.images.sizes(), at::IntArrayRef({1797, 1, 8, 8}));
  // Line 1034: 1034 = 16 * 64 + 10 = 60 * 17 + 14, so the pixel in row 1, column 2 is 14 of 16.
  EXPECT_EQ(table.images[1034][0][1][2].item<float>(), 14.0f / 16);
  EXPECT_EQ(table.images[1034].sum().item<float>(), 14.0f / 16);
  EXPECT_EQ(table.labels[1034].item<int64_t>(), 4);
}

TEST(DigitsCsv, RefusesAnotherNumberOfLines) {
  std::vector<std::string> lines = Lines();
  lines.pop_back();
  EXPECT_THAT(ParseDigitsCsv(Text(lines), "d.csv"),
              StatusMessageIs("d.csv: 1796 lines; must be 1797, a digit each"));
  EXPECT_THAT(ParseDigitsCsv("", "d.csv"), StatusHas(absl::StatusCode::kNotFound, "0 lines"));
}

TEST(DigitsCsv, RefusesAnotherNumberOfColumns) {
  std::vector<std::string> lines = Lines();
  lines[6] += ",1";
  EXPECT_THAT(ParseDigitsCsv(Text(lines), "d.csv"),
              StatusMessageIs("d.csv:7: 66 columns; must be 65, the pixels and the label"));
  lines[6] = "";
  EXPECT_THAT(ParseDigitsCsv(Text(lines), "d.csv"),
              StatusMessageIs("d.csv:7: 1 columns; must be 65, the pixels and the label"));
}

TEST(DigitsCsv, RefusesWhatIsNoPixel) {
  for (const std::string bad :
       {"17", "-1", "", " 1", "1 ", "+1", "1.0", "x", "99999999999999999999"}) {
    std::vector<std::string> lines = Lines();
    lines[1] = absl::StrCat("0,", bad, lines[1].substr(3));
    EXPECT_THAT(ParseDigitsCsv(Text(lines), "d.csv"),
                StatusMessageIs(absl::StrCat("d.csv:2: column 2 is \"", bad,
                                             "\"; must be a whole number in [0, 16]")));
  }
}

TEST(DigitsCsv, RefusesWhatIsNoLabel) {
  std::vector<std::string> lines = Lines();
  lines[0].back() = 'a';
  EXPECT_THAT(ParseDigitsCsv(Text(lines), "d.csv"),
              StatusMessageIs("d.csv:1: column 65 is \"a\"; must be a whole number in [0, 9]"));
}

}  // namespace
}  // namespace dfkd
