#include "dfkd/encoders/bert_words.h"

#include <utility>

#include "dfkd/encoders/unicode.h"

namespace dfkd {
namespace {

bool IsAsciiPunctuation(char32_t c) {
  return (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) ||
         (c >= 123 && c <= 126);
}

// The blocks of CJK unified and compatibility ideographs, as the reference has them: between
// extensions D and E it starts at 2B920 where BERT's own code starts at 2B820.
bool IsCjk(char32_t c) {
  return (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3400 && c <= 0x4dbf) ||
         (c >= 0x20000 && c <= 0x2a6df) || (c >= 0x2a700 && c <= 0x2b73f) ||
         (c >= 0x2b740 && c <= 0x2b81f) || (c >= 0x2b920 && c <= 0x2ceaf) ||
         (c >= 0xf900 && c <= 0xfaff) || (c >= 0x2f800 && c <= 0x2fa1f);
}

std::u32string Clean(std::u32string_view text) {
  std::u32string clean;
  clean.reserve(text.size());
  for (const char32_t c : text) {
    if (c == '\t' || c == '\n' || c == '\r') {
      clean.push_back(' ');
    } else if (c != 0xfffd && !IsControl(c)) {
      clean.push_back(IsWhiteSpace(c) ? U' ' : c);
    }
  }
  return clean;
}

std::u32string SpaceCjk(std::u32string_view text) {
  std::u32string spaced;
  spaced.reserve(text.size());
  for (const char32_t c : text) {
    if (IsCjk(c)) {
      spaced.append({U' ', c, U' '});
    } else {
      spaced.push_back(c);
    }
  }
  return spaced;
}

std::u32string StripAccents(std::u32string_view text) {
  std::u32string stripped = DecomposeCanonically(text);
  std::erase_if(stripped, IsNonspacingMark);
  return stripped;
}

std::u32string LowerCase(std::u32string_view text) {
  std::u32string lower;
  lower.reserve(text.size());
  for (const char32_t c : text) AppendLowerCase(c, &lower);
  return lower;
}

}  // namespace

std::vector<std::u32string> SplitBertWords(std::u32string_view text,
                                           const BertWordOptions& options) {
  std::u32string normal = Clean(text);
  if (options.split_cjk) normal = SpaceCjk(normal);
  if (options.strip_accents) normal = StripAccents(normal);
  if (options.lower_case) normal = LowerCase(normal);

  std::vector<std::u32string> words;
  std::u32string word;
  const auto end_word = [&] {
    if (!word.empty()) words.push_back(std::exchange(word, {}));
  };
  for (const char32_t c : normal) {
    if (IsWhiteSpace(c)) {
      end_word();
    } else if (IsAsciiPunctuation(c) || IsPunctuation(c)) {
      end_word();
      words.push_back({c});
    } else {
      word.push_back(c);
    }
  }
  end_word();
  return words;
}

}  // namespace dfkd
