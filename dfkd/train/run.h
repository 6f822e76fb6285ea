// A run: the stages of an experiment (its teacher, its floors, itself) in one folder.
#ifndef DFKD_TRAIN_RUN_H_
#define DFKD_TRAIN_RUN_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dfkd/core/files.h"
#include "dfkd/core/resolve.h"
#include "dfkd/report/summary.h"

namespace dfkd {

struct RunOptions {
  ResolvedSpec spec;
  std::string output_dir;
  std::string command;  // as typed; goes to command.txt
  bool resume = true;   // false: an unfinished run in the folder is begun anew
  FileSystem* files = nullptr;
};

// Runs what is left to run and writes the report. A finished folder of the same experiment gives
// its summary at once; one of another experiment is refused with the difference. What the folder
// holds is told in docs/architecture.md.
absl::StatusOr<RunSummary> RunExperiment(const RunOptions& options);

// What a person reads at the end: the table, and where report, pictures and weights lie.
std::string DescribeRun(const RunSummary& summary, const std::string& output_dir);

// Writes one report over the given run folders and returns their table.
absl::StatusOr<std::string> WriteReport(FileSystem* files, const std::vector<std::string>& run_dirs,
                                        const std::string& path);

}  // namespace dfkd

#endif  // DFKD_TRAIN_RUN_H_
