// UTF-8 and the character classes of Unicode, for tokenizers.
#ifndef DFKD_ENCODERS_UNICODE_H_
#define DFKD_ENCODERS_UNICODE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace dfkd {

// Refuses what is not well-formed UTF-8 (also overlong forms and surrogates), naming the byte.
absl::StatusOr<std::u32string> DecodeUtf8(absl::string_view text);
void AppendUtf8(char32_t c, std::string* text);
std::string EncodeUtf8(std::u32string_view text);

// NFD: canonical decomposition, marks in canonical order.
std::u32string DecomposeCanonically(std::u32string_view text);
// NFC: the same, composed again.
std::u32string ComposeCanonically(std::u32string_view text);
// Appends the lower-case form of `c`, which may be two characters.
void AppendLowerCase(char32_t c, std::u32string* text);

// The property White_Space.
bool IsWhiteSpace(char32_t c);
// General categories Cc, Cf and Co: neither letters nor signs that one can see.
bool IsControl(char32_t c);
// General categories L*, N* and P*.
bool IsLetter(char32_t c);
bool IsNumber(char32_t c);
bool IsPunctuation(char32_t c);
// General category Mn: accents and the like.
bool IsNonspacingMark(char32_t c);

}  // namespace dfkd

#endif  // DFKD_ENCODERS_UNICODE_H_
