#include "dfkd/encoders/bert_words.h"

#include <string>
#include <vector>

#include "dfkd/core/testing.h"
#include "dfkd/encoders/every_code_point.h"
#include "dfkd/encoders/unicode.h"

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

// Against HuggingFace's tokenizers, 281,726 assigned code points. Left out are the unassigned, and
// 503 that came or changed after Unicode 8.
class BertCodePointsTest : public ::testing::TestWithParam<const char*> {};

TEST_P(BertCodePointsTest, BecomeTheWordsOfTheReference) {
  const std::string setting = GetParam();
  const BertWordOptions options = {.lower_case = setting != "cased",
                                   .strip_accents = setting == "uncased"};
  ExpectWordsOfEveryCodePoint(
      "dfkd/encoders/testdata/bert_words.safetensors", setting,
      [&](std::u32string_view text) { return SplitBertWords(text, options); });
}

INSTANTIATE_TEST_SUITE_P(Settings, BertCodePointsTest,
                         ::testing::Values("uncased", "cased", "accented"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace dfkd
