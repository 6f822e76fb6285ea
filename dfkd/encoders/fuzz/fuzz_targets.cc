#include "dfkd/encoders/fuzz/fuzz_targets.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_join.h"
#include "dfkd/encoders/byte_pair.h"
#include "dfkd/encoders/label_file.h"
#include "dfkd/encoders/unicode.h"
#include "dfkd/encoders/wordpiece.h"

namespace dfkd {
namespace {

constexpr int64_t kMaxLength = 32;

void Must(bool condition, const char* promise) {
  if (condition) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

// The file and the text.
std::pair<absl::string_view, absl::string_view> Parts(absl::string_view bytes) {
  const size_t end = bytes.find('\0');
  if (end == absl::string_view::npos) return {bytes, ""};
  return {bytes.substr(0, end), bytes.substr(end + 1)};
}

void CheckIds(const absl::StatusOr<std::vector<int64_t>>& ids, absl::string_view text,
              int64_t vocabulary) {
  Must(ids.ok() == DecodeUtf8(text).ok(), "every text in UTF-8 has tokens, and no other");
  if (!ids.ok()) return;
  Must(ids->size() >= 2 && ids->size() <= kMaxLength, "begin and end stand within the limit");
  for (const int64_t id : *ids) Must(id >= 0 && id < vocabulary, "ids lie in the vocabulary");
}

void CheckWords(const std::vector<std::u32string>& words) {
  for (const std::u32string& word : words) {
    Must(!word.empty(), "words are not empty");
    Must(std::none_of(word.begin(), word.end(), IsWhiteSpace), "words hold no white space");
  }
}

}  // namespace

void FuzzWordPiece(absl::string_view bytes) {
  const auto [file, text] = Parts(bytes);
  for (const bool cased : {false, true}) {
    const BertWordOptions options = {.lower_case = !cased, .strip_accents = !cased};
    const auto tokenizer = WordPieceTokenizer::FromVocabulary(file, "vocab.txt", options);
    if (!tokenizer.ok()) continue;
    const auto ids = tokenizer->Encode(text, kMaxLength);
    CheckIds(ids, text, tokenizer->size());
    if (!ids.ok()) continue;
    CheckWords(SplitBertWords(*DecodeUtf8(text), options));
    Must(*ids == *tokenizer->Encode(text, kMaxLength), "one text has one row of tokens");
  }
}

void FuzzBytePair(absl::string_view bytes) {
  const auto [file, text] = Parts(bytes);
  constexpr int64_t kWithoutMerges = 514;
  const int64_t most = std::count(file.begin(), file.end(), '\n') + 1;
  for (const int64_t merges : {int64_t{0}, most - 1, most}) {
    const int64_t vocabulary = kWithoutMerges + merges;
    const auto tokenizer = BytePairTokenizer::FromMerges(file, "merges.txt", vocabulary);
    if (!tokenizer.ok()) continue;
    const auto ids = tokenizer->Encode(text, kMaxLength);
    CheckIds(ids, text, vocabulary);
    if (ids.ok()) CheckWords(SplitClipWords(*DecodeUtf8(text)));
  }
}

void FuzzLabels(absl::string_view bytes) {
  const auto labels = ParseLabels(bytes, "labels.txt");
  if (!labels.ok()) return;
  Must(!labels->empty(), "there is a class");
  const auto again = ParseLabels(absl::StrJoin(*labels, "\n"), "labels.txt");
  Must(again.ok() && *again == *labels, "names that are written anew are read back");
}

}  // namespace dfkd
