// study.md, study.html and the CSV files: what a study came to, also while it is not finished.
#ifndef DFKD_STUDY_STUDY_REPORT_H_
#define DFKD_STUDY_STUDY_REPORT_H_

#include <string>

#include "absl/status/status.h"
#include "dfkd/core/files.h"
#include "dfkd/study/study_results.h"

namespace dfkd {

std::string RenderStudyMarkdown(const StudyResults& results);
// study.csv. One row a run: phase, cell, arm, the factors, seed, state, metric, last, best, epochs,
// measures, budget, folder.
std::string RenderStudyCsv(const StudyResults& results);
// study_table.csv, the table of results. One row a cell: cell, label, arm, role, the factors, runs,
// finished; accuracy and best epoch as mean and deviation; difference to the baseline with its
// interval; the budget's means; each measure as mean and deviation.
std::string RenderStudyTableCsv(const StudyResults& results);
// study_rules.csv. One row a rule: rule, verdict, condition, numbers.
std::string RenderStudyRulesCsv(const StudyResults& results);
// One file that needs no other.
std::string RenderStudyHtml(const StudyResults& results);

// The five files, each written atomically.
absl::Status WriteStudyReport(FileSystem* files, const std::string& dir,
                              const StudyResults& results);

}  // namespace dfkd

#endif  // DFKD_STUDY_STUDY_REPORT_H_
