// What a study's runs came to: read from their folders, compared, and held against the rules.
#ifndef DFKD_STUDY_STUDY_RESULTS_H_
#define DFKD_STUDY_STUDY_RESULTS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "dfkd/report/budget.h"
#include "dfkd/report/pool_content.h"
#include "dfkd/report/results.h"
#include "dfkd/report/run_folder.h"
#include "dfkd/study/statistics.h"
#include "dfkd/study/study.pb.h"
#include "dfkd/study/study_plan.h"

namespace dfkd {

enum class RunState { kNotRun, kFinished, kFailed };
// "not run", "finished", "failed".
absl::string_view RunStateName(RunState state);

// One run of a cell, or of a teacher.
struct StudyRun {
  std::string folder;  // relative to the study's
  uint64_t seed = 0;
  RunState state = RunState::kNotRun;
  std::string failure;  // "exit code 4: ..."
  int exit_code = 0;

  // Of a run that is finished: its student's.
  std::string metric;
  std::optional<double> last, best;
  int64_t last_epoch = 0, best_epoch = 0;
  std::map<std::string, double> measures;  // `accuracy` among them
  std::optional<double> choice;            // what choose.column and its statistic came to
  Budget budget;
  std::optional<PoolContent> pool;
  double seconds = 0;                            // of all stages
  std::vector<std::pair<double, double>> curve;  // the metric by epoch
  std::vector<std::string> notes;
};

struct CellResult {
  StudyCell cell;
  std::vector<StudyRun> runs;  // one for each of the cell's seeds

  // Of the runs that are finished, by seed.
  std::map<uint64_t, double> Values(absl::string_view measure) const;
  Spread Measure(absl::string_view measure) const;
  Spread Best() const;
};

// Which value of a factor a cell was given.
struct StudyChoiceResult {
  std::string cell;                    // its name
  std::vector<CellResult> candidates;  // in the order of the factor's values
  int chosen = -1;                     // among them; -1: not all of their runs are finished
};

// Of a cell to the baseline, over the seeds that both have.
struct StudyDifference {
  std::vector<std::pair<uint64_t, double>> pairs;
  Spread spread;
  std::optional<Interval> interval;  // of the mean, from two pairs on
};

struct StudyResults {
  std::string name;
  Study study;
  std::string command;
  std::vector<StudyRun> teachers;
  std::vector<StudyChoiceResult> choices;
  std::vector<CellResult> cells;
  bool has_papers_numbers = false;
};

enum class Verdict { kHeld, kNotHeld, kNotJudged };
// "held", "NOT held", "not judged".
absl::string_view VerdictName(Verdict verdict);

struct RuleResult {
  Verdict verdict = Verdict::kNotJudged;
  std::string condition;  // what the rule asks, in words
  std::string numbers;    // what was found
};

// Reads what the run in `dir` left into `run`, whose state becomes kFinished if it has finished,
// and else stays as it was. A column of the study that is not in metrics.csv becomes a note, as
// does a value that is not in the analysis.
void ReadStudyRun(const Study& study, const std::string& dir, StudyRun* run);

// The value of the points' epochs; nothing where there is none.
std::optional<double> StatisticOf(StudyMeasure::Statistic statistic,
                                  const std::vector<std::pair<double, double>>& points);

// The candidate with the best mean of `choice`, the first of equals; -1 where one has a run that is
// not finished.
int Choose(const StudyChoice& choice, const std::vector<CellResult>& candidates);

StudyDifference Difference(const CellResult& cell, const CellResult& baseline,
                           absl::string_view measure);

// Teachers, candidates, judged runs, in the order in which they run.
std::vector<const StudyRun*> AllRuns(const StudyResults& results);

// Null where there is none.
const CellResult* FindCell(const StudyResults& results, absl::string_view name);

// A rule is judged once every run that it looks at is finished.
RuleResult Judge(const StudyRule& rule, const StudyResults& results);

// "accuracy" -> "test accuracy, last epoch %"; else the measure's label.
std::string MeasureTitle(const StudyResults& results, absl::string_view measure);

}  // namespace dfkd

#endif  // DFKD_STUDY_STUDY_RESULTS_H_
