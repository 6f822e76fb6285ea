#include "dfkd/encoders/byte_pair.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "dfkd/core/status.h"
#include "dfkd/encoders/unicode.h"

namespace dfkd {
namespace {

constexpr int64_t kBytes = 256;
constexpr int64_t kSpecial = 2;

// Merges are written in letters, one for each byte: itself where Latin-1 has a visible character,
// else the next free one from U+0100. Ids count the visible bytes first.
std::vector<std::pair<uint8_t, char32_t>> BytesById() {
  std::vector<std::pair<uint8_t, char32_t>> visible;
  std::vector<std::pair<uint8_t, char32_t>> others;
  for (int byte = 0; byte < kBytes; ++byte) {
    const bool is_visible = (byte >= 33 && byte <= 126) || (byte >= 161 && byte != 173);
    if (is_visible) {
      visible.emplace_back(byte, byte);
    } else {
      others.emplace_back(byte, 0x100 + others.size());
    }
  }
  visible.insert(visible.end(), others.begin(), others.end());
  return visible;
}

// The length of "'s", "'re" and so on at the start of `text`; 0 where there is none.
size_t ContractionLength(std::u32string_view text) {
  for (const std::u32string_view ending : {U"'s", U"'t", U"'re", U"'ve", U"'m", U"'ll", U"'d"}) {
    if (text.starts_with(ending)) return ending.size();
  }
  return 0;
}

size_t WordLength(std::u32string_view text) {
  if (const size_t length = ContractionLength(text); length > 0) return length;
  if (IsNumber(text[0])) return 1;
  const auto goes_on = [letter = IsLetter(text[0])](char32_t c) {
    return letter ? IsLetter(c) : !IsLetter(c) && !IsNumber(c) && !IsWhiteSpace(c);
  };
  return std::find_if_not(text.begin(), text.end(), goes_on) - text.begin();
}

}  // namespace

std::vector<std::u32string> SplitClipWords(std::u32string_view text) {
  std::u32string normal;
  for (const char32_t c : ComposeCanonically(text)) AppendLowerCase(c, &normal);
  std::vector<std::u32string> words;
  std::u32string_view rest = normal;
  while (!rest.empty()) {
    if (IsWhiteSpace(rest[0])) {
      rest.remove_prefix(1);
      continue;
    }
    const size_t length = WordLength(rest);
    words.emplace_back(rest.substr(0, length));
    rest.remove_prefix(length);
  }
  return words;
}

absl::StatusOr<BytePairTokenizer> BytePairTokenizer::FromMerges(absl::string_view merges,
                                                                absl::string_view path,
                                                                int64_t vocabulary) {
  constexpr int64_t kWithoutMerges = 2 * kBytes + kSpecial;
  if (vocabulary < kWithoutMerges) {
    return InputFileError(absl::StrCat(path, ": does not suit a model with ", vocabulary,
                                       " tokens; there are ", kWithoutMerges,
                                       " before the first merge"));
  }
  const std::vector<absl::string_view> lines =
      absl::StrSplit(absl::StripSuffix(merges, "\n"), '\n');
  const size_t first = absl::StrContains(lines[0], "#version") ? 1 : 0;
  const size_t needed = vocabulary - kWithoutMerges;
  if (lines.size() - first < needed) {
    return InputFileError(absl::StrCat(path, ": has ", lines.size() - first,
                                       " merges; a model with ", vocabulary, " tokens needs ",
                                       needed));
  }
  BytePairTokenizer tokenizer;
  Symbols symbols = tokenizer.AddBytes();
  for (size_t i = first; i < first + needed; ++i) {
    DFKD_RETURN_IF_ERROR(Annotate(tokenizer.AddMerge(absl::StripSuffix(lines[i], "\r"), &symbols),
                                  absl::StrCat(path, ":", i + 1)));
  }
  tokenizer.begin_ = vocabulary - 2;
  tokenizer.end_ = vocabulary - 1;
  return tokenizer;
}

BytePairTokenizer::Symbols BytePairTokenizer::AddBytes() {
  Symbols symbols;
  byte_ids_.resize(kBytes);
  int64_t id = 0;
  for (const auto& [byte, letter] : BytesById()) {
    const std::string symbol = EncodeUtf8(std::u32string(1, letter));
    symbols[symbol] = id;
    symbols[symbol + "</w>"] = kBytes + id;
    byte_ids_[byte] = id++;
  }
  return symbols;
}

absl::Status BytePairTokenizer::AddMerge(absl::string_view line, Symbols* symbols) {
  const std::vector<absl::string_view> pair = absl::StrSplit(line, ' ');
  const auto left = symbols->find(pair[0]);
  const auto right = pair.size() == 2 ? symbols->find(pair[1]) : symbols->end();
  if (left == symbols->end() || right == symbols->end()) {
    return InputFileError(
        absl::StrCat("\"", line, "\" is not two symbols that bytes or earlier merges make"));
  }
  const std::pair<int64_t, int64_t> neighbours(left->second, right->second);
  const int64_t id = symbols->size();
  if (!symbols->emplace(absl::StrCat(pair[0], pair[1]), id).second) {
    return InputFileError(absl::StrCat("\"", line, "\" makes a symbol that is there already"));
  }
  merges_[neighbours] = id;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<int64_t>> BytePairTokenizer::Encode(absl::string_view text,
                                                               int64_t max_length) const {
  DFKD_ASSIGN_OR_RETURN(const std::u32string decoded, DecodeUtf8(text));
  std::vector<int64_t> ids = {begin_};
  for (const std::u32string& word : SplitClipWords(decoded)) AppendWord(word, &ids);
  ids.resize(std::min<size_t>(ids.size(), max_length - 1));
  ids.push_back(end_);
  return ids;
}

void BytePairTokenizer::AppendWord(std::u32string_view word, std::vector<int64_t>* ids) const {
  std::vector<int64_t> symbols;
  for (const char byte : EncodeUtf8(word)) symbols.push_back(byte_ids_[static_cast<uint8_t>(byte)]);
  symbols.back() += kBytes;
  while (true) {
    // The earliest merge that applies to any two neighbours ...
    auto best = merges_.end();
    for (size_t i = 0; i + 1 < symbols.size(); ++i) {
      const auto merge = merges_.find({symbols[i], symbols[i + 1]});
      if (merge == merges_.end()) continue;
      if (best == merges_.end() || merge->second < best->second) best = merge;
    }
    if (best == merges_.end()) break;
    // ... is applied to all of them, from the left.
    size_t size = 0;
    for (size_t i = 0; i < symbols.size(); ++i) {
      const bool merges = symbols[i] == best->first.first && i + 1 < symbols.size() &&
                          symbols[i + 1] == best->first.second;
      symbols[size++] = merges ? best->second : symbols[i];
      if (merges) ++i;
    }
    symbols.resize(size);
  }
  ids->insert(ids->end(), symbols.begin(), symbols.end());
}

}  // namespace dfkd
