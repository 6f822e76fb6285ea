// WordPiece: BERT's tokenizer, equal to HuggingFace's BertTokenizer (see bert_words.h).
#ifndef DFKD_ENCODERS_WORDPIECE_H_
#define DFKD_ENCODERS_WORDPIECE_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/encoders/bert_words.h"

namespace dfkd {

class WordPieceTokenizer {
 public:
  // `vocabulary` is the text of a vocab.txt: one token a line, its id is the line's number from 0.
  // Empty, repeated and malformed lines are refused by line number, and so is a vocabulary without
  // [UNK], [CLS], [SEP] and [PAD]. `path` is for messages.
  static absl::StatusOr<WordPieceTokenizer> FromVocabulary(absl::string_view vocabulary,
                                                           absl::string_view path,
                                                           const BertWordOptions& options);

  // [CLS] pieces [SEP]; pieces that would make it longer than `max_length` are dropped from the
  // end. A word is cut greedily into the longest pieces that the vocabulary has; a word that cannot
  // be cut so, or of more than 100 characters, is [UNK]. A special token that stands in the text is
  // itself.
  absl::StatusOr<std::vector<int64_t>> Encode(absl::string_view text, int64_t max_length) const;

  int64_t size() const { return size_; }
  int64_t pad_id() const { return pad_; }

 private:
  // Pieces that start a word, and (without their "##") those that go on.
  using Pieces = absl::flat_hash_map<std::string, int64_t>;

  WordPieceTokenizer() = default;
  absl::Status FindSpecialTokens(absl::string_view path);
  void AppendText(std::u32string_view text, std::vector<int64_t>* ids) const;
  void AppendWord(std::u32string_view word, std::vector<int64_t>* ids) const;

  BertWordOptions options_;
  Pieces first_;
  Pieces next_;
  std::vector<std::pair<std::u32string, int64_t>> special_;  // text, id
  int64_t size_ = 0;
  int64_t unknown_ = 0;
  int64_t begin_ = 0;
  int64_t end_ = 0;
  int64_t pad_ = 0;
};

}  // namespace dfkd

#endif  // DFKD_ENCODERS_WORDPIECE_H_
