#include "dfkd/encoders/byte_pair.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/testing.h"
#include "dfkd/encoders/every_code_point.h"
#include "dfkd/encoders/unicode.h"

namespace dfkd {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> Words(std::u32string_view text) {
  std::vector<std::string> words;
  for (const std::u32string& word : SplitClipWords(text)) words.push_back(EncodeUtf8(word));
  return words;
}

TEST(ClipWordsTest, LettersDigitsAndSignsAreSplit) {
  EXPECT_THAT(Words(U" A T-shirt\u3000(2024)\n"),
              ElementsAre("a", "t", "-", "shirt", "(", "2", "0", "2", "4", ")"));
  EXPECT_TRUE(Words(U" \t").empty());
}

TEST(ClipWordsTest, ContractionsAreWordsWhereTheyBegin) {
  EXPECT_THAT(Words(U"dog's we'LL o'clock"),
              ElementsAre("dog", "'s", "we", "'ll", "o", "'", "clock"));
  EXPECT_THAT(Words(U"a''s"), ElementsAre("a", "''", "s"));
}

TEST(ClipWordsTest, AccentsAreComposedAndKept) {
  EXPECT_THAT(Words(U"CAFE\u0301"), ElementsAre("caf\u00e9"));
}

// Against HuggingFace's CLIPTokenizer, all code points but the unassigned and four others.
TEST(ClipWordsTest, EveryCodePointBecomesTheWordsOfTheReference) {
  ExpectWordsOfEveryCodePoint("dfkd/encoders/testdata/clip/words.safetensors", "hashes",
                              SplitClipWords);
}

// The ids of "a" ... "z" are those of "!" ... "~", the visible bytes, from 0: 'a' is 97 - 33.
constexpr int64_t kA = 97 - 33;
constexpr int64_t kEnd = 256;  // is added at the end of a word

TEST(BytePairTest, MergesGoInTheOrderOfTheFile) {
  // "ab" is made before "bc" could be, and "abc</w>" of it.
  ASSERT_OK_AND_ASSIGN(
      const BytePairTokenizer tokenizer,
      BytePairTokenizer::FromMerges("#version: 0.2\na b\nb c</w>\nab c</w>\n", "merges.txt", 517));
  EXPECT_THAT(*tokenizer.Encode("abc", 77), ElementsAre(515, 514, 516));
  EXPECT_THAT(*tokenizer.Encode("bc ab", 77), ElementsAre(515, 513, kA, kA + 1 + kEnd, 516));
}

TEST(BytePairTest, OnlyAsManyMergesCountAsTheModelHasTokensFor) {
  ASSERT_OK_AND_ASSIGN(const BytePairTokenizer tokenizer,
                       BytePairTokenizer::FromMerges("a b\nnot a merge\n", "merges.txt", 515));
  EXPECT_THAT(*tokenizer.Encode("abx", 77), ElementsAre(513, 512, 120 - 33 + kEnd, 514));
}

TEST(BytePairTest, BytesOfOtherCharactersHaveIds) {
  // U+72AC is E7 8A AC; 0xE7 and 0xAC are visible in Latin-1, 0x8A is not: it is the 44th of those
  // (0x00-0x20 are 33, 0x7F is one, 0x80 ... 0x89 are ten), after 188 visible ones.
  ASSERT_OK_AND_ASSIGN(const BytePairTokenizer tokenizer,
                       BytePairTokenizer::FromMerges("", "merges.txt", 514));
  EXPECT_THAT(*tokenizer.Encode("\u72ac", 77),
              ElementsAre(512, 0xe7 - 174 + 106, 188 + 44, 0xac - 161 + 94 + kEnd, 513));
}

TEST(BytePairTest, WhatIsTooLongLosesItsEnd) {
  ASSERT_OK_AND_ASSIGN(const BytePairTokenizer tokenizer,
                       BytePairTokenizer::FromMerges("", "merges.txt", 514));
  EXPECT_THAT(*tokenizer.Encode("a a a a", 4), ElementsAre(512, kA + kEnd, kA + kEnd, 513));
  EXPECT_THAT(*tokenizer.Encode("", 4), ElementsAre(512, 513));
}

TEST(BytePairTest, RefusesBadMergesByTheirLine) {
  const auto load = [](absl::string_view text, int64_t vocabulary) {
    return BytePairTokenizer::FromMerges(text, "m.txt", vocabulary).status();
  };
  EXPECT_THAT(load("#version: 0.2\na b\n", 516),
              StatusMessageIs("m.txt: has 1 merges; a model with 516 tokens needs 2"));
  EXPECT_THAT(
      load("a b\n", 100),
      StatusMessageIs("m.txt: does not suit a model with 100 tokens; there are 514 before the "
                      "first merge"));
  for (const char* line : {"a", "a b c", "a bc", "", "ab c"}) {
    EXPECT_THAT(load(absl::StrCat("#version: 0.2\na c\n", line, "\n"), 516),
                StatusMessageIs(absl::StrCat("m.txt:3: \"", line,
                                             "\" is not two symbols that bytes or earlier merges "
                                             "make")));
  }
  EXPECT_THAT(load("a b\na b\n", 516),
              StatusMessageIs("m.txt:2: \"a b\" makes a symbol that is there already"));
}

TEST(BytePairTest, RefusesATextThatIsNotUtf8) {
  ASSERT_OK_AND_ASSIGN(const BytePairTokenizer tokenizer,
                       BytePairTokenizer::FromMerges("", "merges.txt", 514));
  EXPECT_THAT(tokenizer.Encode("a\xff", 77), StatusMessageIs("not valid UTF-8 at byte 1"));
}

}  // namespace
}  // namespace dfkd
