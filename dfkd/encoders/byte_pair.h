// CLIP's byte-pair encoding (Radford et al., 2021), equal to HuggingFace's CLIPTokenizer. OpenAI's
// own code also mends broken encodings and HTML's escapes first, which class names do not need.
#ifndef DFKD_ENCODERS_BYTE_PAIR_H_
#define DFKD_ENCODERS_BYTE_PAIR_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace dfkd {

// NFC and lower case; then the longest runs of letters, single digits, "'s" and its like, and the
// longest runs of anything else but white space, which is dropped.
std::vector<std::u32string> SplitClipWords(std::u32string_view text);

// The vocabulary follows from the merges: 256 bytes, the same at the end of a word, what each merge
// makes, <|startoftext|>, <|endoftext|>.
class BytePairTokenizer {
 public:
  // `merges` is the text of a merges.txt, or of bpe_simple_vocab_16e6.txt, of which only the first
  // `vocabulary` - 514 merges count: one a line, two symbols with a space between; a first line
  // that names the version. Bad lines are refused by number. `path` is for messages.
  static absl::StatusOr<BytePairTokenizer> FromMerges(absl::string_view merges,
                                                      absl::string_view path, int64_t vocabulary);

  // <|startoftext|> symbols <|endoftext|>; symbols that would make it longer than `max_length` are
  // dropped from the end. `<|endoftext|>` in the text is no special token, but text.
  absl::StatusOr<std::vector<int64_t>> Encode(absl::string_view text, int64_t max_length) const;

 private:
  // Ids of what may be merged, while the merges are read.
  using Symbols = absl::flat_hash_map<std::string, int64_t>;

  BytePairTokenizer() = default;
  Symbols AddBytes();
  absl::Status AddMerge(absl::string_view line, Symbols* symbols);
  void AppendWord(std::u32string_view word, std::vector<int64_t>* ids) const;

  // Two neighbours -> what they become. Merges of smaller ids go first.
  absl::flat_hash_map<std::pair<int64_t, int64_t>, int64_t> merges_;
  std::vector<int64_t> byte_ids_;  // [256]
  int64_t begin_ = 0;
  int64_t end_ = 0;
};

}  // namespace dfkd

#endif  // DFKD_ENCODERS_BYTE_PAIR_H_
