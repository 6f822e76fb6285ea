// The tables of a study's report, as cells of text.
#ifndef DFKD_STUDY_STUDY_TABLES_H_
#define DFKD_STUDY_STUDY_TABLES_H_

#include <string>
#include <vector>

#include "dfkd/report/table.h"
#include "dfkd/study/study_results.h"

namespace dfkd {

struct StudyTable {
  std::vector<TableColumn> columns;
  std::vector<std::vector<std::string>> rows;

  bool empty() const { return rows.empty(); }
  // For a terminal, and for a page.
  std::string ToText() const;
  std::string ToMarkdown() const;
};

// One line a cell: last and best epoch, difference to the baseline, budget with what is kept,
// measures.
StudyTable ResultTable(const StudyResults& results);
// One line a rule.
StudyTable RuleTable(const StudyResults& results);
// One line a candidate of each choice; none where nothing is chosen.
StudyTable ChoiceTable(const StudyResults& results);
// One line a teacher.
StudyTable TeacherTable(const StudyResults& results);
// One line a run that failed.
StudyTable FailureTable(const StudyResults& results);

// All of them for a terminal.
std::string DescribeStudy(const StudyResults& results);

inline constexpr char kSmallScale[] = "Small-scale evidence, not the papers' numbers.";
inline constexpr char kHowDifferencesAreTaken[] =
    "Mean ± deviation of the sample over seeds. Differences are paired by seed, to the baseline; "
    "in "
    "brackets the 95 % interval of their mean by the percentile bootstrap (10,000 resamples, seed "
    "0). The last epoch is what counts; the best epoch was picked by looking at it, and no rule "
    "may "
    "use it.";

}  // namespace dfkd

#endif  // DFKD_STUDY_STUDY_TABLES_H_
