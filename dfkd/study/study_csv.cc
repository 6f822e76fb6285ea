// study_table.csv and study_rules.csv: the tables of a study for programs.
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "dfkd/report/csv.h"
#include "dfkd/report/format.h"
#include "dfkd/study/study_report.h"
#include "dfkd/study/study_summary.h"
#include "dfkd/study/study_tables.h"

namespace dfkd {
namespace {

CsvRow TableHeader(const Study& study) {
  CsvRow header = {"cell", "label", "arm", "role"};
  for (const StudyFactor& factor : study.factor()) header.push_back(factor.name());
  for (const char* name :
       {"runs", "finished", "accuracy_mean", "accuracy_deviation", "best_mean", "best_deviation",
        "difference_mean", "difference_low", "difference_high"}) {
    header.emplace_back(name);
  }
  for (const BudgetColumn& column : BudgetColumns()) header.emplace_back(column.name);
  for (const StudyMeasure& measure : study.measure()) {
    header.push_back(absl::StrCat(measure.name(), "_mean"));
    header.push_back(absl::StrCat(measure.name(), "_deviation"));
  }
  return header;
}

std::string MeanCell(const Spread& spread) {
  return spread.count == 0 ? "" : FormatDouble(spread.mean);
}

// Mean and deviation; a single value deviates from nothing.
void AddSpread(const Spread& spread, CsvRow* row) {
  row->push_back(MeanCell(spread));
  row->push_back(spread.count < 2 ? "" : FormatDouble(spread.deviation));
}

// Mean and interval.
void AddDifference(const std::optional<StudyDifference>& difference, CsvRow* row) {
  row->push_back(difference ? MeanCell(difference->spread) : "");
  const bool has_interval = difference && difference->interval;
  row->push_back(has_interval ? FormatDouble(difference->interval->low) : "");
  row->push_back(has_interval ? FormatDouble(difference->interval->high) : "");
}

CsvRow TableLine(const Study& study, const CellSummary& summary) {
  const StudyCell& cell = summary.cell->cell;
  const StudyArm& arm = study.arm(cell.arm);
  CsvRow row = {cell.name, cell.label, arm.name(), StudyArm::Role_Name(arm.role())};
  for (int f = 0; f < study.factor_size(); ++f) {
    row.push_back(cell.values[f] < 0 ? "" : study.factor(f).value(cell.values[f]).name());
  }
  row.push_back(absl::StrCat(summary.cell->runs.size()));
  row.push_back(absl::StrCat(summary.finished));
  AddSpread(summary.accuracy, &row);
  AddSpread(summary.best, &row);
  AddDifference(summary.to_baseline, &row);
  for (const Spread& spread : summary.budget) row.push_back(MeanCell(spread));
  for (const Spread& spread : summary.measures) AddSpread(spread, &row);
  return row;
}

}  // namespace

std::string RenderStudyTableCsv(const StudyResults& results) {
  std::string text = FormatCsvRow(TableHeader(results.study));
  for (const CellSummary& summary : SummarizeCells(results)) {
    absl::StrAppend(&text, FormatCsvRow(TableLine(results.study, summary)));
  }
  return text;
}

std::string RenderStudyRulesCsv(const StudyResults& results) {
  std::string text = FormatCsvRow({"rule", "verdict", "condition", "numbers"});
  for (const CsvRow& row : RuleTable(results).rows) absl::StrAppend(&text, FormatCsvRow(row));
  return text;
}

}  // namespace dfkd
