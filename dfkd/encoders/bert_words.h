// What BERT's tokenizers do to a text before WordPiece: clean, normalise, split into words.
#ifndef DFKD_ENCODERS_BERT_WORDS_H_
#define DFKD_ENCODERS_BERT_WORDS_H_

#include <string>
#include <vector>

namespace dfkd {

struct BertWordOptions {
  bool lower_case = true;
  bool strip_accents = true;
  bool split_cjk = true;  // each Chinese character is a word
};

// In this order: characters without a meaning are dropped (NUL, U+FFFD, control and format
// characters, private use) and white space becomes a space; spaces are put around Chinese
// characters; NFD, and nonspacing marks are dropped; lower case; split at white space, and before
// and after each punctuation character, which is a word of its own. All of ASCII's signs count as
// punctuation ("$", "+" and "~" too).
//
// Equals HuggingFace's `tokenizers` (BertNormalizer, BertPreTokenizer) for each code point that
// Unicode 8 knows and whose category has not changed since; that library's tables stop there.
std::vector<std::u32string> SplitBertWords(std::u32string_view text,
                                           const BertWordOptions& options);

}  // namespace dfkd

#endif  // DFKD_ENCODERS_BERT_WORDS_H_
