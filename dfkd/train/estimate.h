// The time that a run will take on this machine, from a few steps of each of its stages.
#ifndef DFKD_TRAIN_ESTIMATE_H_
#define DFKD_TRAIN_ESTIMATE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "dfkd/core/resolve.h"
#include "dfkd/train/step_times.h"

namespace dfkd {

struct StageEstimate {
  std::string name;
  // Before the student learns, and once it does: the method's own steps, of its generator say.
  StepCost warmup, own;
  StepCost student;
  // Its "steps" are images.
  StepCost evaluation;

  double seconds() const {
    return warmup.total() + own.total() + student.total() + evaluation.total();
  }
};

struct RunEstimate {
  std::vector<StageEstimate> stages;           // in the order in which they run
  std::map<std::string, std::string> machine;  // device, precision, threads
  int64_t peak_bytes = 0;                      // this process's memory at its largest
  std::string remark;                          // what was not as it will be; may be empty

  double seconds() const;
};

// Makes each stage that the run has yet to do, with its real networks, data and teacher, and runs
// kProbedSteps of each kind of step and a few batches of evaluation. `output_dir` is where the run
// would go: a teacher is looked for beside it; one that has yet to be trained is stood in for by
// random weights. Works in a folder for temporary files, which it removes.
inline constexpr int64_t kProbedSteps = kWarmSteps + 10;
absl::StatusOr<RunEstimate> EstimateRun(const ResolvedSpec& spec, const std::string& output_dir);

// A table of the stages, and the sum.
std::string DescribeEstimate(const RunEstimate& estimate);

}  // namespace dfkd

#endif  // DFKD_TRAIN_ESTIMATE_H_
