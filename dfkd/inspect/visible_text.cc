#include "dfkd/inspect/visible_text.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "dfkd/encoders/unicode.h"

namespace dfkd {
namespace {

constexpr char32_t kLineSeparator = 0x2028;
constexpr char32_t kParagraphSeparator = 0x2029;

bool IsVisible(char32_t c) {
  return !IsControl(c) && c != kLineSeparator && c != kParagraphSeparator;
}

}  // namespace

std::string VisibleText(absl::string_view text, size_t limit) {
  absl::string_view shown = text.substr(0, limit);
  // Not through a character.
  while (shown.size() < text.size() && !shown.empty() && (text[shown.size()] & 0xc0) == 0x80) {
    shown.remove_suffix(1);
  }
  std::string out;
  const auto characters = DecodeUtf8(shown);
  if (!characters.ok()) {
    out = absl::CHexEscape(shown);
  } else {
    for (const char32_t c : *characters) {
      std::string bytes;
      AppendUtf8(c, &bytes);
      out += IsVisible(c) ? bytes : absl::CHexEscape(bytes);
    }
  }
  if (shown.size() < text.size()) absl::StrAppend(&out, "… (", text.size(), " bytes)");
  return out;
}

}  // namespace dfkd
