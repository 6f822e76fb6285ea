// Comma-separated values as RFC 4180 has them: lines end in CRLF; a cell that holds a comma, a
// quote or a line break is quoted.
#ifndef DFKD_REPORT_CSV_H_
#define DFKD_REPORT_CSV_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace dfkd {

using CsvRow = std::vector<std::string>;

// One line with its CRLF.
std::string FormatCsvRow(const CsvRow& cells);

// All lines; a bare LF ends a line too. A last line without a line end is left out: its writer was
// cut short. A quote that is never closed, or that stands inside an unquoted cell, is refused with
// its line.
absl::StatusOr<std::vector<CsvRow>> ParseCsv(absl::string_view text);

}  // namespace dfkd

#endif  // DFKD_REPORT_CSV_H_
