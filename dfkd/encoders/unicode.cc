#include "dfkd/encoders/unicode.h"

#include <glog/logging.h>
#include <utf8proc.h>

#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/status.h"

namespace dfkd {

absl::StatusOr<std::u32string> DecodeUtf8(absl::string_view text) {
  std::u32string decoded;
  decoded.reserve(text.size());
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  for (size_t i = 0; i < text.size();) {
    utf8proc_int32_t c = 0;
    const utf8proc_ssize_t length = utf8proc_iterate(bytes + i, text.size() - i, &c);
    if (length <= 0) return ConfigError(absl::StrCat("not valid UTF-8 at byte ", i));
    decoded.push_back(static_cast<char32_t>(c));
    i += length;
  }
  return decoded;
}

void AppendUtf8(char32_t c, std::string* text) {
  utf8proc_uint8_t bytes[4];
  const utf8proc_ssize_t length = utf8proc_encode_char(static_cast<utf8proc_int32_t>(c), bytes);
  text->append(reinterpret_cast<const char*>(bytes), length);
}

std::string EncodeUtf8(std::u32string_view text) {
  std::string encoded;
  for (const char32_t c : text) AppendUtf8(c, &encoded);
  return encoded;
}

namespace {

std::vector<utf8proc_int32_t> Decompose(std::u32string_view text) {
  const std::string utf8 = EncodeUtf8(text);
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(utf8.data());
  const utf8proc_ssize_t size =
      utf8proc_decompose(bytes, utf8.size(), nullptr, 0, UTF8PROC_DECOMPOSE);
  CHECK_GE(size, 0) << utf8proc_errmsg(size);
  std::vector<utf8proc_int32_t> decomposed(size);
  CHECK_EQ(size,
           utf8proc_decompose(bytes, utf8.size(), decomposed.data(), size, UTF8PROC_DECOMPOSE));
  return decomposed;
}

}  // namespace

std::u32string DecomposeCanonically(std::u32string_view text) {
  const std::vector<utf8proc_int32_t> decomposed = Decompose(text);
  return std::u32string(decomposed.begin(), decomposed.end());
}

std::u32string ComposeCanonically(std::u32string_view text) {
  std::vector<utf8proc_int32_t> composed = Decompose(text);
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE);
  const utf8proc_ssize_t size = utf8proc_normalize_utf32(composed.data(), composed.size(), options);
  CHECK_GE(size, 0) << utf8proc_errmsg(size);
  return std::u32string(composed.begin(), composed.begin() + size);
}

void AppendLowerCase(char32_t c, std::u32string* text) {
  // The one character whose lower-case form is two: I with a dot above.
  if (c == U'\u0130') {
    text->append(U"i\u0307");
  } else {
    text->push_back(static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c))));
  }
}

bool IsWhiteSpace(char32_t c) {
  if (c <= 0xff) return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x85 || c == 0xa0;
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return true;
    default:
      return false;
  }
}

bool IsControl(char32_t c) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CO:
      return true;
    default:
      return false;
  }
}

bool IsLetter(char32_t c) {
  const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

bool IsNumber(char32_t c) {
  const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  return category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO;
}

bool IsPunctuation(char32_t c) {
  const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  return category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO;
}

bool IsNonspacingMark(char32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c)) == UTF8PROC_CATEGORY_MN;
}

}  // namespace dfkd
