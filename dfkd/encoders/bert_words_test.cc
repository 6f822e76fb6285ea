#include "dfkd/encoders/bert_words.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "dfkd/core/testing.h"
#include "dfkd/encoders/unicode.h"
#include "dfkd/testing/golden.h"

namespace dfkd {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> Words(std::u32string_view text, const BertWordOptions& options = {}) {
  std::vector<std::string> words;
  for (const std::u32string& word : SplitBertWords(text, options)) {
    words.push_back(EncodeUtf8(word));
  }
  return words;
}

TEST(BertWordsTest, SplitsAtWhiteSpaceAndAroundPunctuation) {
  EXPECT_THAT(Words(U"  A t-shirt,\tred\u3000one$ "),
              ElementsAre("a", "t", "-", "shirt", ",", "red", "one", "$"));
  EXPECT_TRUE(Words(U" \n\u200b ").empty());
}

TEST(BertWordsTest, StripsAccentsOnlyWhenAsked) {
  EXPECT_THAT(Words(U"Caf\u00e9"), ElementsAre("cafe"));
  EXPECT_THAT(Words(U"Caf\u00e9", {.lower_case = false, .strip_accents = false}),
              ElementsAre("Caf\u00e9"));
  // I with a dot above is the one letter whose lower case is two characters.
  EXPECT_THAT(Words(U"\u0130", {.strip_accents = false}), ElementsAre("i\u0307"));
}

TEST(BertWordsTest, EachChineseCharacterIsAWord) {
  EXPECT_THAT(Words(U"\u72ac\u732bdog"), ElementsAre("\u72ac", "\u732b", "dog"));
  EXPECT_THAT(Words(U"\u72ac\u732b", {.split_cjk = false}), ElementsAre("\u72ac\u732b"));
}

uint64_t Fnv1a(const std::string& bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : bytes) {
    hash = (hash ^ static_cast<uint8_t>(byte)) * 0x100000001b3;
  }
  return hash;
}

// The words of "a" + c + "b" for every code point c, against HuggingFace's tokenizers: 281,726
// assigned ones. Left out are the unassigned, and 503 that came or changed after Unicode 8.
class EveryCodePointTest : public ::testing::TestWithParam<const char*> {};

TEST_P(EveryCodePointTest, BecomesTheWordsOfTheReference) {
  constexpr char32_t kBlock = 1024;
  const Golden golden("dfkd/encoders/testdata/bert_words.safetensors");
  const at::Tensor& ranges = golden["skipped"];
  const at::Tensor& hashes = golden[GetParam()];
  std::vector<bool> skipped(0x110000, false);
  for (int64_t i = 0; i < ranges.size(0); ++i) {
    const int32_t* range = ranges.data_ptr<int32_t>() + 2 * i;
    for (int32_t c = range[0]; c <= range[1]; ++c) skipped[c] = true;
  }
  const std::string setting = GetParam();
  const BertWordOptions options = {.lower_case = setting != "cased",
                                   .strip_accents = setting == "uncased"};
  for (char32_t block = 0; block < 0x110000 / kBlock; ++block) {
    std::string lines;
    bool first = true;
    for (char32_t c = block * kBlock; c < (block + 1) * kBlock; ++c) {
      if (skipped[c]) continue;
      if (!std::exchange(first, false)) lines += '\n';
      const std::vector<std::string> words = Words(std::u32string{U'a', c, U'b'}, options);
      lines += absl::StrJoin(words, " ");
    }
    ASSERT_EQ(Fnv1a(lines), static_cast<uint64_t>(hashes.data_ptr<int64_t>()[block]))
        << "in the 1024 code points from U+" << std::hex << block * kBlock << ":\n"
        << lines;
  }
}

INSTANTIATE_TEST_SUITE_P(Settings, EveryCodePointTest,
                         ::testing::Values("uncased", "cased", "accented"),
                         [](const auto& info) { return std::string(info.param); });

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

}  // namespace
}  // namespace dfkd
