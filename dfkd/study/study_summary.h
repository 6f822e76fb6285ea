// What a study's table says of each cell, as numbers: study_tables.h and study_table.csv have them
// from here.
#ifndef DFKD_STUDY_STUDY_SUMMARY_H_
#define DFKD_STUDY_STUDY_SUMMARY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "dfkd/report/results.h"
#include "dfkd/study/study_results.h"

namespace dfkd {

// Something that a run spends.
struct BudgetColumn {
  const char* name;                                  // in CSV
  const char* title;                                 // for people
  std::optional<double> (*of)(const StudyRun& run);  // nothing where the run has no such number
  std::string (*text)(double mean);
};
absl::Span<const BudgetColumn> BudgetColumns();

// Of the cell's runs that are finished.
struct CellSummary {
  const CellResult* cell = nullptr;
  int64_t finished = 0;
  Spread accuracy, best;
  std::vector<Spread> measures;  // in the study's order
  // Of accuracy; none for the baseline itself, for floors and for ceilings.
  std::optional<StudyDifference> to_baseline;
  std::vector<Spread> budget;  // in the order of BudgetColumns
};

// One for each cell, in their order. `results` outlives them.
std::vector<CellSummary> SummarizeCells(const StudyResults& results);

}  // namespace dfkd

#endif  // DFKD_STUDY_STUDY_SUMMARY_H_
