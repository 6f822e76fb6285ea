// The style sheet of report.html: light and dark, wide and narrow, screen and print.
#ifndef DFKD_REPORT_REPORT_STYLE_H_
#define DFKD_REPORT_REPORT_STYLE_H_

#include "absl/strings/string_view.h"

namespace dfkd {

extern const absl::string_view kReportStyle;

}  // namespace dfkd

#endif  // DFKD_REPORT_REPORT_STYLE_H_
