#include "dfkd/encoders/wordpiece.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "dfkd/core/status.h"
#include "dfkd/encoders/unicode.h"

namespace dfkd {
namespace {

constexpr size_t kMaxWordCharacters = 100;
constexpr absl::string_view kContinuation = "##";

absl::Status CheckLine(absl::string_view token, int64_t line, absl::string_view path) {
  const auto refuse = [&](absl::string_view what) {
    return InputFileError(absl::StrCat(path, ":", line + 1, ": ", what));
  };
  if (token.empty()) return refuse("empty; a vocabulary has one token a line");
  if (!DecodeUtf8(token).ok()) return refuse("not valid UTF-8");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<WordPieceTokenizer> WordPieceTokenizer::FromVocabulary(
    absl::string_view vocabulary, absl::string_view path, const BertWordOptions& options) {
  WordPieceTokenizer tokenizer;
  tokenizer.options_ = options;
  const absl::string_view text = absl::StripSuffix(vocabulary, "\n");
  for (absl::string_view token : absl::StrSplit(text, '\n')) {
    token = absl::StripSuffix(token, "\r");
    const int64_t id = tokenizer.size_++;
    DFKD_RETURN_IF_ERROR(CheckLine(token, id, path));
    const bool goes_on =
        token.size() > kContinuation.size() && absl::ConsumePrefix(&token, kContinuation);
    Pieces& pieces = goes_on ? tokenizer.next_ : tokenizer.first_;
    const auto [earlier, added] = pieces.emplace(token, id);
    if (!added) {
      return InputFileError(
          absl::StrCat(path, ":", id + 1, ": repeats the token of line ", earlier->second + 1));
    }
  }
  DFKD_RETURN_IF_ERROR(tokenizer.FindSpecialTokens(path));
  return tokenizer;
}

absl::Status WordPieceTokenizer::FindSpecialTokens(absl::string_view path) {
  int64_t mask = 0;  // only to be known in a text, and not in every vocabulary
  const std::pair<absl::string_view, int64_t*> tokens[] = {{"[UNK]", &unknown_},
                                                           {"[CLS]", &begin_},
                                                           {"[SEP]", &end_},
                                                           {"[PAD]", &pad_},
                                                           {"[MASK]", &mask}};
  for (const auto& [token, id] : tokens) {
    const auto found = first_.find(token);
    if (found != first_.end()) {
      *id = found->second;
      special_.emplace_back(std::u32string(token.begin(), token.end()), *id);
    } else if (id != &mask) {
      return InputFileError(
          absl::StrCat(path, ": has no line ", token, "; is it the vocab.txt of a BERT model?"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<int64_t>> WordPieceTokenizer::Encode(absl::string_view text,
                                                                int64_t max_length) const {
  DFKD_ASSIGN_OR_RETURN(const std::u32string decoded, DecodeUtf8(text));
  std::vector<int64_t> ids = {begin_};
  const std::u32string_view whole = decoded;
  size_t start = 0;
  for (size_t i = 0; i < whole.size();) {
    const auto special = std::find_if(special_.begin(), special_.end(), [&](const auto& token) {
      return whole.substr(i).starts_with(token.first);
    });
    if (special == special_.end()) {
      ++i;
      continue;
    }
    AppendText(whole.substr(start, i - start), &ids);
    ids.push_back(special->second);
    start = i += special->first.size();
  }
  AppendText(whole.substr(start), &ids);
  ids.resize(std::min<size_t>(ids.size(), max_length - 1));
  ids.push_back(end_);
  return ids;
}

void WordPieceTokenizer::AppendText(std::u32string_view text, std::vector<int64_t>* ids) const {
  for (const std::u32string& word : SplitBertWords(text, options_)) AppendWord(word, ids);
}

void WordPieceTokenizer::AppendWord(std::u32string_view word, std::vector<int64_t>* ids) const {
  if (word.size() > kMaxWordCharacters) {
    ids->push_back(unknown_);
    return;
  }
  std::string utf8;
  std::vector<size_t> ends;  // of each character, in bytes
  for (const char32_t c : word) {
    AppendUtf8(c, &utf8);
    ends.push_back(utf8.size());
  }
  const size_t known = ids->size();
  size_t begin = 0;
  size_t done = 0;  // characters
  while (done < word.size()) {
    const Pieces& pieces = begin == 0 ? first_ : next_;
    auto piece = pieces.end();
    size_t last = word.size() + 1;  // characters, the piece's included
    while (piece == pieces.end() && --last > done) {
      piece = pieces.find(absl::string_view(utf8).substr(begin, ends[last - 1] - begin));
    }
    if (piece == pieces.end()) {
      ids->resize(known);
      ids->push_back(unknown_);
      return;
    }
    ids->push_back(piece->second);
    done = last;
    begin = ends[last - 1];
  }
}

}  // namespace dfkd
