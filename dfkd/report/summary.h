// summary.json: what a run has come to, in one small file that programs can read.
#ifndef DFKD_REPORT_SUMMARY_H_
#define DFKD_REPORT_SUMMARY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/core/files.h"
#include "dfkd/report/budget.h"
#include "dfkd/report/pool_content.h"

namespace dfkd {

enum class StageRole {
  kTeacher,
  kStudent,
  kFloor,    // a student that a method must beat: fed noise, or by an untrained generator
  kCeiling,  // a student trained on real data
};

// "teacher", "student", "floor", "ceiling".
absl::string_view StageRoleName(StageRole role);
std::optional<StageRole> ParseStageRole(absl::string_view name);

struct StageSummary {
  std::string name;  // the stage's folder
  StageRole role = StageRole::kStudent;
  // The column of metrics.csv that `last` and `best` are values of: "test_top1", or "agreement"
  // where the run has no data.
  std::string metric;
  int64_t evaluated_images = 0;  // that the metric was measured on
  // In %. `best` is the value at the epoch that the selection rule chose; under LAST, the highest
  // value of any epoch. Epochs count from 1, as in metrics.csv; 0: none yet.
  std::optional<double> last;
  std::optional<double> best;
  int64_t last_epoch = 0;
  int64_t best_epoch = 0;
  // Where the weights lie, relative to the run's folder; empty: none were kept.
  std::string weights;
  Budget budget;
  // After the last epoch; nothing where no images are kept, or none were counted.
  std::optional<PoolContent> pool;

  // What the run counts as its result.
  std::optional<double> Result(EvaluationSpec::Selection selection) const {
    return selection == EvaluationSpec::LAST ? last : best;
  }
};

struct RunSummary {
  std::string experiment;
  std::string description;
  uint64_t seed = 0;
  EvaluationSpec::Selection selection = EvaluationSpec::LAST;
  bool finished = false;
  std::vector<StageSummary> stages;  // in the order in which they ran
};

// One line: which epoch is reported, and how it was chosen.
absl::string_view SelectionRule(EvaluationSpec::Selection selection);

std::string SummaryToJson(const RunSummary& summary);
// Unknown keys are passed over; a missing or mistyped one is refused with its place. Only a stage's
// "pool" may be missing, as it is in older files.
absl::StatusOr<RunSummary> SummaryFromJson(absl::string_view json);

// DIR/summary.json, written atomically.
absl::Status WriteSummary(FileSystem* files, const std::string& dir, const RunSummary& summary);
absl::StatusOr<RunSummary> ReadSummary(const std::string& dir);

}  // namespace dfkd

#endif  // DFKD_REPORT_SUMMARY_H_
