// Numbers and text as people and files want them.
#ifndef DFKD_REPORT_FORMAT_H_
#define DFKD_REPORT_FORMAT_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace dfkd {

// The shortest decimal that reads back as the same double; without an exponent where
// 1e-5 <= |value| < 1e15. "nan", "inf" and "-inf" as strtod reads them.
std::string FormatDouble(double value);
// As few digits as show `digits` significant ones: 0.01234567 -> "0.0123", 1234.5 -> "1234" for 3.
std::string FormatRounded(double value, int digits);
// "1,234,567".
std::string FormatCount(int64_t count);
// "0.42 s", "12.3 s", "3 min 20 s", "2 h 05 min", "1 d 03 h".
std::string FormatSeconds(double seconds);

// Columns that UTF-8 text takes on a terminal. Ill-formed bytes count one each.
int DisplayWidth(absl::string_view text);
// `text`, or as much of its beginning as fits in `width` columns with "..." behind it.
std::string ClipToWidth(absl::string_view text, int width);

}  // namespace dfkd

#endif  // DFKD_REPORT_FORMAT_H_
