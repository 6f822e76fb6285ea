// What a picture's rows show, as a text in the PNG file itself (Recorder::kRowsText).
#ifndef DFKD_REPORT_ROW_TITLES_H_
#define DFKD_REPORT_ROW_TITLES_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "dfkd/report/png.h"

namespace dfkd {

// A JSON list of strings.
std::string RowTitlesToText(const std::vector<std::string>& titles);
// Empty where `texts` holds none under `keyword`, or it is malformed.
std::vector<std::string> RowTitles(const PngTexts& texts, absl::string_view keyword);

}  // namespace dfkd

#endif  // DFKD_REPORT_ROW_TITLES_H_
