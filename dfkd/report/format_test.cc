#include "dfkd/report/format.h"

#include <cmath>
#include <cstdlib>
#include <limits>

#include "gtest/gtest.h"

namespace dfkd {
namespace {

TEST(FormatDouble, ReadsBackAsTheSameDouble) {
  for (double value : {0.1, 1.0 / 3, 97.4, 1e-7, 123456789.125, 1e300, -2.5e-310,
                       std::numeric_limits<double>::denorm_min(),
                       std::numeric_limits<double>::max(), std::nextafter(1.0, 2.0)}) {
    EXPECT_EQ(std::strtod(FormatDouble(value).c_str(), nullptr), value) << FormatDouble(value);
  }
}

TEST(FormatDouble, IsAsShortAsCanBe) {
  EXPECT_EQ(FormatDouble(0.1), "0.1");
  EXPECT_EQ(FormatDouble(97.4), "97.4");
  EXPECT_EQ(FormatDouble(0), "0");
}

TEST(FormatDouble, CountsHaveNoExponent) {
  EXPECT_EQ(FormatDouble(100000), "100000");
  EXPECT_EQ(FormatDouble(1.5e12), "1500000000000");
  EXPECT_EQ(FormatDouble(1e-9), "1e-09");
}

TEST(FormatDouble, NamesWhatIsNoNumber) {
  EXPECT_EQ(FormatDouble(std::nan("")), "nan");
  EXPECT_EQ(FormatDouble(-std::numeric_limits<double>::infinity()), "-inf");
}

TEST(FormatRounded, KeepsTheFirstDigits) {
  EXPECT_EQ(FormatRounded(0.01234567, 3), "0.0123");
  EXPECT_EQ(FormatRounded(1234.4, 3), "1234");
  EXPECT_EQ(FormatRounded(-2.0, 2), "-2.0");
  EXPECT_EQ(FormatRounded(1.76e-13, 3), "1.76e-13");
  EXPECT_EQ(FormatRounded(0, 3), "0");
}

TEST(FormatCount, GroupsByThousands) {
  EXPECT_EQ(FormatCount(0), "0");
  EXPECT_EQ(FormatCount(999), "999");
  EXPECT_EQ(FormatCount(1000), "1,000");
  EXPECT_EQ(FormatCount(-1234567), "-1,234,567");
  EXPECT_EQ(FormatCount(std::numeric_limits<int64_t>::min()), "-9,223,372,036,854,775,808");
}

TEST(FormatSeconds, ChoosesTheUnit) {
  EXPECT_EQ(FormatSeconds(0.042), "0.042 s");
  EXPECT_EQ(FormatSeconds(9), "9.0 s");
  EXPECT_EQ(FormatSeconds(59.9), "59.9 s");
  EXPECT_EQ(FormatSeconds(59.97), "1 min 00 s");
  EXPECT_EQ(FormatSeconds(200), "3 min 20 s");
  EXPECT_EQ(FormatSeconds(7500), "2 h 05 min");
  EXPECT_EQ(FormatSeconds(27.5 * 3600), "1 d 03 h");
  EXPECT_EQ(FormatSeconds(std::numeric_limits<double>::infinity()), "?");
  EXPECT_EQ(FormatSeconds(-1), "?");
}

TEST(DisplayWidth, CountsColumnsNotBytes) {
  EXPECT_EQ(DisplayWidth("97.3 ± 0.1"), 10);
  EXPECT_EQ(DisplayWidth("数字"), 4);      // two wide characters
  EXPECT_EQ(DisplayWidth("e\u0301"), 1);   // a combining accent
  EXPECT_EQ(DisplayWidth("\xff\xfe"), 2);  // ill-formed
}

TEST(ClipToWidth, MarksWhatWasCut) {
  EXPECT_EQ(ClipToWidth("student", 7), "student");
  EXPECT_EQ(ClipToWidth("student", 6), "stu...");
  EXPECT_EQ(ClipToWidth("student", 2), "..");
  EXPECT_EQ(ClipToWidth("student", 0), "");
}

TEST(ClipToWidth, NeverCutsACharacter) {
  EXPECT_EQ(ClipToWidth("±±±±±", 4), "±...");
  EXPECT_EQ(ClipToWidth("数字数字", 6), "数...");  // the second would need column 4 of 3
}

}  // namespace
}  // namespace dfkd
