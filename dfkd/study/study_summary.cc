#include "dfkd/study/study_summary.h"

#include <algorithm>
#include <cmath>

#include "dfkd/report/format.h"
#include "dfkd/study/study_file.h"
#include "dfkd/study/study_plan.h"

namespace dfkd {
namespace {

std::string CountText(double mean) { return FormatCount(std::llround(mean)); }
std::string ShareText(double mean) { return FormatRounded(mean, 3); }

std::optional<double> DataRatio(const StudyRun& run) {
  return run.pool ? run.pool->data_ratio : std::nullopt;
}
std::optional<double> ImagesPerClass(const StudyRun& run) {
  return run.pool ? std::optional(run.pool->images_per_class) : std::nullopt;
}

std::optional<double> Images(const StudyRun& run) { return run.budget.images; }
std::optional<double> Pixels(const StudyRun& run) { return run.budget.pixels; }
std::optional<double> TeacherForwards(const StudyRun& run) { return run.budget.teacher_forwards; }
std::optional<double> Seconds(const StudyRun& run) { return run.budget.TotalSeconds(); }

constexpr BudgetColumn kBudget[] = {
    {"pool_data_ratio", "data %", DataRatio, ShareText},
    {"pool_images_per_class", "IPC", ImagesPerClass, ShareText},
    {"images", "images", Images, CountText},
    {"pixels", "pixels", Pixels, CountText},
    {"teacher_forwards", "teacher forwards", TeacherForwards, CountText},
    {"seconds", "time of a run", Seconds, FormatSeconds},
};

Spread SpreadOf(const CellResult& cell, const BudgetColumn& column) {
  std::vector<double> values;
  for (const StudyRun& run : cell.runs) {
    const std::optional<double> value = column.of(run);
    if (run.state == RunState::kFinished && value) values.push_back(*value);
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
      summary.budget.push_back(SpreadOf(cell, column));
    }
  }
  return summaries;
}

}  // namespace dfkd
