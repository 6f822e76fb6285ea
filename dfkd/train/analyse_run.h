// The measures of a run: taken of a copy that is opened from its folder, after its last round or
// later by `dfkd analyse`. Both write the same.
#ifndef DFKD_TRAIN_ANALYSE_RUN_H_
#define DFKD_TRAIN_ANALYSE_RUN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/core/files.h"
#include "dfkd/report/analysis.h"
#include "google/protobuf/any.pb.h"

namespace dfkd {

struct AnalyseOptions {
  Experiment spec;      // the run's, resolved; `evaluation.measures` is what is taken
  std::string run_dir;  // RUN_DIR/student/analysis is written
  uint64_t seed = 0;
  // What this run cannot support is left out, and the analysis says why; else it is an error.
  bool leave_out = false;
  // What the folder holds of other measures, taken after the same round, stays.
  bool keep_others = false;
  FileSystem* files = nullptr;
};

// Each measure draws from a stream of its own, so that none changes another's numbers. Of a run
// with pools of several sizes it is taken once for each, and its name ends in the size:
// "diversity_48_px".
absl::StatusOr<Analysis> AnalyseRun(const AnalyseOptions& options);

// What an analysis calls these measures: their plugins' names, "NAME_2" for the second of a type.
std::vector<std::string> AnalysedNames(
    const google::protobuf::RepeatedPtrField<google::protobuf::Any>& measures);

// For the terminal.
std::string DescribeAnalysis(const Analysis& analysis);

}  // namespace dfkd

#endif  // DFKD_TRAIN_ANALYSE_RUN_H_
