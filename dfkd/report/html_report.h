// report.html: everything that one run, or several, came to, in one file that needs no other.
#ifndef DFKD_REPORT_HTML_REPORT_H_
#define DFKD_REPORT_HTML_REPORT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "dfkd/core/files.h"
#include "dfkd/report/results.h"
#include "dfkd/report/run_folder.h"

namespace dfkd {

// Runs that differ only in the seed are averaged; others stand side by side. At least one run; any
// of them may be unfinished. No script, and nothing loaded from elsewhere: whatever the files hold
// is shown as text.
std::string RenderHtmlReport(const std::vector<RunFolder>& runs);
// The same, written atomically.
absl::Status WriteHtmlReport(const std::vector<RunFolder>& runs, FileSystem* files,
                             const std::string& path);

// What RenderResults prints for these runs.
std::vector<ResultRow> ResultsOf(const std::vector<RunFolder>& runs);

}  // namespace dfkd

#endif  // DFKD_REPORT_HTML_REPORT_H_
