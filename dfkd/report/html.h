// Building blocks of an HTML file that stands alone.
#ifndef DFKD_REPORT_HTML_H_
#define DFKD_REPORT_HTML_H_

#include <string>

#include "absl/strings/string_view.h"

namespace dfkd {

// For text and for quoted attributes: whatever a file holds, it stays text.
std::string EscapeHtml(absl::string_view text);
// "data:image/png;base64,...".
std::string DataUri(absl::string_view media_type, absl::string_view bytes);

}  // namespace dfkd

#endif  // DFKD_REPORT_HTML_H_
