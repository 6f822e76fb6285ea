#include "dfkd/encoders/wordpiece.h"

#include <string>

#include "dfkd/core/testing.h"

namespace dfkd {
namespace {

using ::testing::ElementsAre;

constexpr char kVocabulary[] =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nun\n##aff\n##able\n##a\nrun\n##ning\nx\n##x\n";
enum Id { kPad, kUnk, kCls, kSep, kMask, kUn, kAff, kAble, kA, kRun, kNing, kX, kXx };

WordPieceTokenizer Tokenizer() {
  auto tokenizer = WordPieceTokenizer::FromVocabulary(kVocabulary, "vocab.txt", {});
  EXPECT_THAT(tokenizer, IsOk());
  return *std::move(tokenizer);
}

TEST(WordPieceTest, CutsWordsIntoTheLongestPieces) {
  EXPECT_THAT(*Tokenizer().Encode("unaffable running", 16),
              ElementsAre(kCls, kUn, kAff, kAble, kRun, kNing, kSep));
}

TEST(WordPieceTest, AWordThatCannotBeCutToItsEndIsUnknownAsAWhole) {
  EXPECT_THAT(*Tokenizer().Encode("unaffz run", 16), ElementsAre(kCls, kUnk, kRun, kSep));
  // "##able" stands in the vocabulary only as a continuation.
  EXPECT_THAT(*Tokenizer().Encode("able", 16), ElementsAre(kCls, kUnk, kSep));
}

TEST(WordPieceTest, AWordOfMoreThanAHundredCharactersIsUnknown) {
  const WordPieceTokenizer tokenizer = Tokenizer();
  EXPECT_EQ(tokenizer.Encode(std::string(100, 'x'), 200)->size(), 102);
  EXPECT_THAT(*tokenizer.Encode(std::string(101, 'x'), 200), ElementsAre(kCls, kUnk, kSep));
}

TEST(WordPieceTest, SpecialTokensInTheTextAreThemselves) {
  EXPECT_THAT(*Tokenizer().Encode("run[MASK]run [PAD]", 16),
              ElementsAre(kCls, kRun, kMask, kRun, kPad, kSep));
  EXPECT_THAT(*Tokenizer().Encode("[mask]", 16), ElementsAre(kCls, kUnk, kUnk, kUnk, kSep));
}

TEST(WordPieceTest, WhatIsTooLongLosesItsEndAndKeepsTheSeparator) {
  EXPECT_THAT(*Tokenizer().Encode("run run run run", 4), ElementsAre(kCls, kRun, kRun, kSep));
  EXPECT_THAT(*Tokenizer().Encode("run", 2), ElementsAre(kCls, kSep));
}

TEST(WordPieceTest, ATextWithoutWordsIsTwoTokens) {
  EXPECT_THAT(*Tokenizer().Encode("", 16), ElementsAre(kCls, kSep));
}

TEST(WordPieceTest, LinesMayEndAsOnWindows) {
  auto tokenizer = WordPieceTokenizer::FromVocabulary("[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]\r\nrun\r\n",
                                                      "vocab.txt", {});
  ASSERT_OK(tokenizer);
  EXPECT_EQ(tokenizer->size(), 5);
  EXPECT_THAT(*tokenizer->Encode("run", 16), ElementsAre(2, 4, 3));
}

TEST(WordPieceTest, RefusesABadVocabularyByItsLine) {
  const auto load = [](const std::string& text) {
    return WordPieceTokenizer::FromVocabulary(text, "v/vocab.txt", {}).status();
  };
  EXPECT_THAT(load("[PAD]\n[UNK]\n\n[CLS]\n"),
              StatusMessageIs("v/vocab.txt:3: empty; a vocabulary has one token a line"));
  EXPECT_THAT(load(""), StatusMessageIs("v/vocab.txt:1: empty; a vocabulary has one token a line"));
  EXPECT_THAT(load("[PAD]\n[UNK]\nrun\n##run\nrun\n"),
              StatusMessageIs("v/vocab.txt:5: repeats the token of line 3"));
  EXPECT_THAT(load("[PAD]\nb\xff\n"), StatusMessageIs("v/vocab.txt:2: not valid UTF-8"));
  EXPECT_THAT(
      load("[PAD]\n[UNK]\n[CLS]\nrun\n"),
      StatusMessageIs("v/vocab.txt: has no line [SEP]; is it the vocab.txt of a BERT model?"));
  EXPECT_EQ(load("").code(), absl::StatusCode::kNotFound);
}

TEST(WordPieceTest, RefusesATextThatIsNotUtf8) {
  EXPECT_THAT(Tokenizer().Encode("run \xff", 16), StatusMessageIs("not valid UTF-8 at byte 4"));
}

}  // namespace
}  // namespace dfkd
