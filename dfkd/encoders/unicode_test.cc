#include "dfkd/encoders/unicode.h"

#include <string>

#include "dfkd/core/testing.h"

namespace dfkd {
namespace {

TEST(UnicodeTest, RefusesWhatIsNotUtf8AndNamesTheByte) {
  const std::string cases[] = {
      "ab\xff",              // no such byte
      "ab\xc3",              // cut short
      "ab\xc0\x80",          // overlong
      "ab\xed\xa0\x80",      // a surrogate
      "ab\xf4\x90\x80\x80",  // beyond U+10FFFF
  };
  for (const std::string& text : cases) {
    EXPECT_THAT(DecodeUtf8(text), StatusMessageIs("not valid UTF-8 at byte 2"));
  }
}

TEST(UnicodeTest, EncodingUndoesDecoding) {
  const std::string text = "a\u00e9\u72ac\U0001f436" + std::string(1, '\0') + "\U0010ffff";
  ASSERT_OK_AND_ASSIGN(const std::u32string decoded, DecodeUtf8(text));
  EXPECT_EQ(decoded.size(), 6);
  EXPECT_EQ(EncodeUtf8(decoded), text);
}

TEST(UnicodeTest, MarksComeInCanonicalOrder) {
  // A dot below (class 220) goes before an acute (class 230), as in the composed letters' forms.
  EXPECT_EQ(DecomposeCanonically(U"a\u0301\u0323"), U"a\u0323\u0301");
  EXPECT_EQ(DecomposeCanonically(U"\u1ea5"), U"a\u0302\u0301");
  EXPECT_EQ(DecomposeCanonically(U"\ud55c"), U"\u1112\u1161\u11ab");
}

TEST(UnicodeTest, CompositionUndoesDecomposition) {
  EXPECT_EQ(ComposeCanonically(U"e\u0301 a\u0323\u0302"), U"\u00e9 \u1ead");
  EXPECT_EQ(ComposeCanonically(U"\u1112\u1161\u11ab"), U"\ud55c");
  EXPECT_EQ(ComposeCanonically(U"\u212b"), U"\u00c5");  // the Angstrom sign is a letter's double
}

}  // namespace
}  // namespace dfkd
