#include "dfkd/report/csv.h"

#include "dfkd/core/testing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace dfkd {
namespace {

using ::testing::ElementsAre;

TEST(Csv, QuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(FormatCsvRow({"epoch", "a,b", "say \"x\"", "two\nlines", ""}),
            "epoch,\"a,b\",\"say \"\"x\"\"\",\"two\nlines\",\r\n");
}

TEST(Csv, WhatWasWrittenIsReadBack) {
  const std::vector<CsvRow> rows = {
      {"a,b", "\"", "\r\n", ""}, {""}, {"", ""}, {"plain", "1.5", "é", "x y"}};
  std::string text;
  for (const CsvRow& row : rows) text += FormatCsvRow(row);
  ASSERT_OK_AND_ASSIGN(const std::vector<CsvRow> parsed, ParseCsv(text));
  EXPECT_EQ(parsed, rows);
}

TEST(Csv, ABareLineFeedEndsALineToo) {
  ASSERT_OK_AND_ASSIGN(const std::vector<CsvRow> rows, ParseCsv("a,b\n1,2\n"));
  EXPECT_THAT(rows, ElementsAre(CsvRow{"a", "b"}, CsvRow{"1", "2"}));
}

TEST(Csv, ALineThatWasCutShortIsLeftOut) {
  const std::string text = "a,b\r\n1,2\r\n3,\"4\"\r\n";
  for (size_t size = 0; size < text.size(); ++size) {
    const absl::StatusOr<std::vector<CsvRow>> rows = ParseCsv(text.substr(0, size));
    if (!rows.ok()) continue;  // within the quotes
    EXPECT_EQ(rows->size(), size < 5 ? 0 : size < 10 ? 1 : 2) << size;
  }
}

TEST(Csv, RefusesAnOpenQuote) {
  EXPECT_THAT(ParseCsv("a\r\n\"b\r\n"), StatusMessageIs("line 2: a quote is never closed"));
}

TEST(Csv, RefusesTextBehindAQuote) {
  EXPECT_THAT(ParseCsv("\"a\"b\r\n"), StatusMessageIs("line 1: expected a comma or a line end"));
  EXPECT_THAT(ParseCsv("a\"b\r\n"), StatusMessageIs("line 1: expected a comma or a line end"));
}

}  // namespace
}  // namespace dfkd
