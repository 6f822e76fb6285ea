#include "dfkd/report/format.h"

#include <utf8proc.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace dfkd {
namespace {

struct Glyph {
  int bytes = 1;
  int width = 1;
};

// The first character of `text`, which is not empty.
Glyph NextGlyph(absl::string_view text) {
  utf8proc_int32_t code = 0;
  const utf8proc_ssize_t bytes =
      utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                       static_cast<utf8proc_ssize_t>(text.size()), &code);
  if (bytes <= 0) return Glyph{};
  return Glyph{static_cast<int>(bytes), utf8proc_charwidth(code)};
}

}  // namespace

std::string FormatDouble(double value) {
  const double size = std::abs(value);
  const bool plain = value == 0 || (size >= 1e-5 && size < 1e15);
  char buffer[64];
  const std::to_chars_result end =
      plain ? std::to_chars(buffer, buffer + sizeof(buffer), value, std::chars_format::fixed)
            : std::to_chars(buffer, buffer + sizeof(buffer), value);
  return std::string(buffer, end.ptr);
}

std::string FormatRounded(double value, int digits) {
  if (!std::isfinite(value)) return FormatDouble(value);
  if (value == 0) return "0";
  const double size = std::abs(value);
  if (size < 1e-4 || size >= 1e7) return absl::StrFormat("%.*e", digits - 1, value);
  const int before = static_cast<int>(std::floor(std::log10(size))) + 1;
  return absl::StrFormat("%.*f", std::max(0, digits - before), value);
}

std::string FormatCount(int64_t count) {
  const std::string digits = absl::StrCat(count);
  const size_t sign = count < 0 ? 1 : 0;
  std::string text = digits.substr(0, sign);
  for (size_t i = sign; i < digits.size(); ++i) {
    if (i > sign && (digits.size() - i) % 3 == 0) text.push_back(',');
    text.push_back(digits[i]);
  }
  return text;
}

std::string FormatSeconds(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "?";
  if (seconds < 0.995) return absl::StrFormat("%.2g s", seconds);
  if (seconds < 59.95) return absl::StrFormat("%.1f s", seconds);
  if (seconds > 1e15) return "?";
  const int64_t whole = std::llround(seconds);
  const int64_t minute = 60, hour = 60 * minute, day = 24 * hour;
  if (whole < hour) return absl::StrFormat("%d min %02d s", whole / minute, whole % minute);
  if (whole < day) return absl::StrFormat("%d h %02d min", whole / hour, whole % hour / minute);
  return absl::StrFormat("%d d %02d h", whole / day, whole % day / hour);
}

int DisplayWidth(absl::string_view text) {
  int width = 0;
  while (!text.empty()) {
    const Glyph glyph = NextGlyph(text);
    width += glyph.width;
    text.remove_prefix(glyph.bytes);
  }
  return width;
}

std::string ClipToWidth(absl::string_view text, int width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  const absl::string_view dots = absl::string_view("...").substr(0, std::clamp(width, 0, 3));
  int left = width - static_cast<int>(dots.size());
  size_t end = 0;
  while (end < text.size()) {
    const Glyph glyph = NextGlyph(text.substr(end));
    if (glyph.width > left) break;
    left -= glyph.width;
    end += glyph.bytes;
  }
  return absl::StrCat(text.substr(0, end), dots);
}

}  // namespace dfkd
