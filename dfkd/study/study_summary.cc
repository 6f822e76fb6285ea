#include "dfkd/study/study_summary.h"

#include <algorithm>
#include <cmath>

#include "dfkd/report/format.h"
#include "dfkd/study/study_file.h"
#include "dfkd/study/study_plan.h"

namespace dfkd {
namespace {

std::string CountText(double mean) { return FormatCount(std::llround(mean)); }

constexpr BudgetColumn kBudget[] = {
    {"images", "images", [](const StudyRun& run) { return static_cast<double>(run.budget.images); },
     CountText},
    {"pixels", "pixels", [](const StudyRun& run) { return static_cast<double>(run.budget.pixels); },
     CountText},
    {"teacher_forwards", "teacher forwards",
     [](const StudyRun& run) { return static_cast<double>(run.budget.teacher_forwards); },
     CountText},
    {"seconds", "time of a run", [](const StudyRun& run) { return run.budget.TotalSeconds(); },
     FormatSeconds},
};

Spread SpreadOf(const CellResult& cell, double (*of)(const StudyRun&)) {
  std::vector<double> values;
  for (const StudyRun& run : cell.runs) {
    if (run.state == RunState::kFinished) values.push_back(of(run));
  }
  return Spread::Of(values);
}

}  // namespace

absl::Span<const BudgetColumn> BudgetColumns() { return kBudget; }

std::vector<CellSummary> SummarizeCells(const StudyResults& results) {
  const std::string baseline = BaselineOf(results.study);
  std::vector<CellSummary> summaries;
  for (const CellResult& cell : results.cells) {
    CellSummary& summary = summaries.emplace_back();
    summary.cell = &cell;
    summary.finished = std::count_if(cell.runs.begin(), cell.runs.end(), [](const StudyRun& run) {
      return run.state == RunState::kFinished;
    });
    summary.accuracy = cell.Measure(kAccuracy);
    summary.best = cell.Best();
    for (const StudyMeasure& measure : results.study.measure()) {
      summary.measures.push_back(cell.Measure(measure.name()));
    }
    if (cell.cell.name != baseline &&
        results.study.arm(cell.cell.arm).role() == StudyArm::COMPARED) {
      summary.to_baseline = Difference(cell, *FindCell(results, baseline), kAccuracy);
    }
    for (const BudgetColumn& column : kBudget) {
      summary.budget.push_back(SpreadOf(cell, column.of));
    }
  }
  return summaries;
}

}  // namespace dfkd
