#include "dfkd/study/study_results.h"

#include <algorithm>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dfkd/core/edit_distance.h"
#include "dfkd/report/analysis.h"
#include "dfkd/study/study_file.h"

namespace dfkd {
namespace {

constexpr char kStudent[] = "student";  // the stage that an experiment is, whatever its role

std::string NoColumn(const MetricsTable& metrics, const std::string& column) {
  return absl::StrCat("metrics.csv has no value of ", column, DidYouMean(column, metrics.columns),
                      "; it has ", absl::StrJoin(metrics.columns, ", "));
}

// The mean over the pools where each was measured.
std::optional<double> ValueOf(const Analysis& analysis, const StudyMeasure& of) {
  const absl::string_view by = AnalysedBy(of);
  std::vector<double> values;
  for (const AnalysedMeasure& measure : analysis.measures) {
    if (!IsAnalysisOf(by, measure.name)) continue;
    for (const MeasuredValue& value : measure.values) {
      if (absl::StrCat(by, ".", value.name) == of.analysis()) values.push_back(value.value);
    }
  }
  if (values.empty()) return std::nullopt;
  return Spread::Of(values).mean;
}

std::string NoValue(const Analysis& analysis, const StudyMeasure& of) {
  std::vector<std::string> names;
  for (const AnalysedMeasure& measure : analysis.measures) {
    if (IsAnalysisOf(AnalysedBy(of), measure.name) && !measure.left_out.empty()) {
      return absl::StrCat("no value of ", of.analysis(), ": ", measure.name,
                          " was left out: ", measure.left_out);
    }
    for (const MeasuredValue& value : measure.values) {
      names.push_back(absl::StrCat(measure.name, ".", value.name));
    }
  }
  return absl::StrCat("analysis.csv has no value of ", of.analysis(),
                      DidYouMean(of.analysis(), names), "; it has ",
                      names.empty() ? "none" : absl::StrJoin(names, ", "));
}

// Nothing where the run has no accuracy, or spent none of it.
std::optional<double> AccuracyPer(StudyMeasure::Cost cost, const StudyRun& run) {
  const double spent = cost == StudyMeasure::SECOND
                           ? run.budget.TotalSeconds()
                           : static_cast<double>(run.budget.teacher_forwards) / 1000;
  if (!run.last || spent <= 0) return std::nullopt;
  return *run.last / spent;
}

// Puts the measure's number into `run`, whose accuracy and budget are there, or a note.
void ReadMeasure(const StudyMeasure& measure, const StageFolder& stage, StudyRun* run) {
  std::optional<double> value;
  switch (measure.number_case()) {
    case StudyMeasure::kColumn:
      value = StatisticOf(measure.statistic(), stage.metrics.Points(measure.column()));
      if (!value) run->notes.push_back(NoColumn(stage.metrics, measure.column()));
      break;
    case StudyMeasure::kAnalysis:
      value = ValueOf(stage.analysis, measure);
      if (!value) run->notes.push_back(NoValue(stage.analysis, measure));
      break;
    case StudyMeasure::kAccuracyPer:
      value = AccuracyPer(measure.accuracy_per(), *run);
      if (!value) {
        run->notes.push_back(absl::StrCat("no value of ", measure.name(),
                                          ": no accuracy, or nothing spent to divide it by"));
      }
      break;
    case StudyMeasure::NUMBER_NOT_SET:
      break;
  }
  if (value) run->measures[measure.name()] = *value;
}

}  // namespace

absl::string_view RunStateName(RunState state) {
  switch (state) {
    case RunState::kNotRun:
      return "not run";
    case RunState::kFinished:
      return "finished";
    case RunState::kFailed:
      return "failed";
  }
  return "";
}

std::map<uint64_t, double> CellResult::Values(absl::string_view measure) const {
  std::map<uint64_t, double> values;
  for (const StudyRun& run : runs) {
    const auto value = run.measures.find(std::string(measure));
    if (run.state == RunState::kFinished && value != run.measures.end()) {
      values[run.seed] = value->second;
    }
  }
  return values;
}

Spread CellResult::Measure(absl::string_view measure) const {
  std::vector<double> values;
  for (const auto& [seed, value] : Values(measure)) values.push_back(value);
  return Spread::Of(values);
}

Spread CellResult::Best() const {
  std::vector<double> values;
  for (const StudyRun& run : runs) {
    if (run.state == RunState::kFinished && run.best) values.push_back(*run.best);
  }
  return Spread::Of(values);
}

std::optional<double> StatisticOf(StudyMeasure::Statistic statistic,
                                  const std::vector<std::pair<double, double>>& points) {
  if (points.empty()) return std::nullopt;
  double sum = 0, highest = points[0].second, lowest = highest;
  for (const auto& [x, y] : points) {
    sum += y;
    highest = std::max(highest, y);
    lowest = std::min(lowest, y);
  }
  switch (statistic) {
    case StudyMeasure::MEAN:
      return sum / static_cast<double>(points.size());
    case StudyMeasure::HIGHEST:
      return highest;
    case StudyMeasure::LOWEST:
      return lowest;
    case StudyMeasure::AREA:
      return AreaUnderCurve(points);
    case StudyMeasure::LAST:
      break;
  }
  return points.back().second;
}

void ReadStudyRun(const Study& study, const std::string& dir, StudyRun* run) {
  const absl::StatusOr<RunSummary> summary = ReadSummary(dir);
  if (!summary.ok() || !summary->finished) return;
  const absl::StatusOr<RunFolder> folder = ReadRunFolder(dir);
  if (!folder.ok()) return;
  for (const StageFolder& stage : folder->stages) {
    const StageSummary& numbers = folder->SummaryOf(stage);
    run->seconds += numbers.budget.TotalSeconds();
    if (stage.name != kStudent) continue;
    run->metric = numbers.metric;
    run->last = numbers.last;
    run->best = numbers.best;
    run->last_epoch = numbers.last_epoch;
    run->best_epoch = numbers.best_epoch;
    run->budget = numbers.budget;
    run->pool = numbers.pool;
    run->curve = stage.metrics.Points(numbers.metric);
    if (numbers.last) run->measures[kAccuracy] = *numbers.last;
    for (const StudyMeasure& measure : study.measure()) ReadMeasure(measure, stage, run);
    if (!study.has_choose()) continue;
    run->choice =
        StatisticOf(study.choose().statistic(), stage.metrics.Points(study.choose().column()));
    if (!run->choice) run->notes.push_back(NoColumn(stage.metrics, study.choose().column()));
  }
  run->state = RunState::kFinished;
}

int Choose(const StudyChoice& choice, const std::vector<CellResult>& candidates) {
  int chosen = -1;
  double best = 0;
  for (size_t i = 0; i < candidates.size(); ++i) {
    double sum = 0;
    for (const StudyRun& run : candidates[i].runs) {
      if (run.state != RunState::kFinished || !run.choice) return -1;
      sum += choice.least() ? -*run.choice : *run.choice;
    }
    const double mean = sum / static_cast<double>(candidates[i].runs.size());
    if (chosen >= 0 && mean <= best) continue;
    chosen = static_cast<int>(i);
    best = mean;
  }
  return chosen;
}

StudyDifference Difference(const CellResult& cell, const CellResult& baseline,
                           absl::string_view measure) {
  StudyDifference difference;
  difference.pairs = PairedDifferences(cell.Values(measure), baseline.Values(measure));
  std::vector<double> values;
  for (const auto& [seed, value] : difference.pairs) values.push_back(value);
  difference.spread = Spread::Of(values);
  if (values.size() >= 2) difference.interval = BootstrapMean(values);
  return difference;
}

std::vector<const StudyRun*> AllRuns(const StudyResults& results) {
  std::vector<const StudyRun*> runs;
  for (const StudyRun& teacher : results.teachers) runs.push_back(&teacher);
  for (const StudyChoiceResult& choice : results.choices) {
    for (const CellResult& candidate : choice.candidates) {
      for (const StudyRun& run : candidate.runs) runs.push_back(&run);
    }
  }
  for (const CellResult& cell : results.cells) {
    for (const StudyRun& run : cell.runs) runs.push_back(&run);
  }
  return runs;
}

const CellResult* FindCell(const StudyResults& results, absl::string_view name) {
  for (const CellResult& cell : results.cells) {
    if (cell.cell.name == name) return &cell;
  }
  return nullptr;
}

std::string MeasureTitle(const StudyResults& results, absl::string_view measure) {
  if (measure == kAccuracy) {
    for (const CellResult& cell : results.cells) {
      for (const StudyRun& run : cell.runs) {
        if (!run.metric.empty()) return absl::StrCat(MetricTitle(run.metric), ", last epoch");
      }
    }
    return "accuracy, last epoch";
  }
  for (const StudyMeasure& of : results.study.measure()) {
    if (of.name() == measure) return of.has_label() ? of.label() : of.name();
  }
  return std::string(measure);
}

}  // namespace dfkd
