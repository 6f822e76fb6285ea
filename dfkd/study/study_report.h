// study.md, study.csv and study.html: what a study came to, also while it is not finished.
#ifndef DFKD_STUDY_STUDY_REPORT_H_
#define DFKD_STUDY_STUDY_REPORT_H_

#include <string>

#include "absl/status/status.h"
#include "dfkd/core/files.h"
#include "dfkd/study/study_results.h"

namespace dfkd {

std::string RenderStudyMarkdown(const StudyResults& results);
// One row a run. Columns: phase, cell, arm, the factors, seed, state, metric, last, best, epochs,
// measures, budget, folder.
std::string RenderStudyCsv(const StudyResults& results);
// One file that needs no other.
std::string RenderStudyHtml(const StudyResults& results);

// The three files, each written atomically.
absl::Status WriteStudyReport(FileSystem* files, const std::string& dir,
                              const StudyResults& results);

}  // namespace dfkd

#endif  // DFKD_STUDY_STUDY_REPORT_H_
