#include "dfkd/report/table.h"

#include "gtest/gtest.h"

namespace dfkd {
namespace {

TEST(TextTable, AlignsTextLeftAndNumbersRight) {
  TextTable table({{"stage"}, {"last %", Align::kRight}, {"note"}});
  table.AddRow({"teacher", "99.2", "real data"});
  table.AddRow({"student", "97.33 ± 0.12"});
  EXPECT_EQ(table.Render(),
            "stage          last %  note\n"
            "--------------------------------\n"
            "teacher          99.2  real data\n"
            "student  97.33 ± 0.12\n");
}

TEST(TextTable, ARuleParts) {
  TextTable table({{"a"}});
  table.AddRow({"1"});
  table.AddRule();
  table.AddRow({"2"});
  EXPECT_EQ(table.Render(), "a\n-\n1\n-\n2\n");
}

TEST(TextTable, WithoutRowsShowsItsTitles) {
  EXPECT_EQ(TextTable({{"stage"}, {"last"}}).Render(), "stage  last\n-----------\n");
}

}  // namespace
}  // namespace dfkd
