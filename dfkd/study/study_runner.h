// Runs a study: checks every cell, says how long it will take, makes teachers, chooses, judges.
#ifndef DFKD_STUDY_STUDY_RUNNER_H_
#define DFKD_STUDY_STUDY_RUNNER_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/files.h"
#include "dfkd/study/study_file.h"
#include "dfkd/study/study_results.h"

namespace dfkd {

struct StudyOptions {
  StudyFile file;
  std::string output_dir;
  std::string command;             // as typed
  std::string program;             // each run is a child process of it, called as `dfkd run`
  std::vector<std::string> cells;  // those that are run now, by name; none: all
  int parallel = 1;                // runs at a time
  int cores = 1;         // shared out among them where the study does not say their threads
  bool estimate = true;  // false: the hours are not asked for
  FileSystem* files = nullptr;
  std::function<void(absl::string_view)> print;  // what a person reads before it starts
};

// Judges every cell of this call as `dfkd check` does, and lists the runs. Nothing is written.
absl::StatusOr<std::string> CheckStudyCells(const StudyOptions& options);

// The hours of what is left to do on this machine (study_estimate.h).
absl::StatusOr<std::string> EstimateStudy(const StudyOptions& options);

// Runs what is left to run, and writes the report after each run: of all cells, whichever this call
// runs. Runs that are finished are not repeated, those that were interrupted go on. One that fails
// is a failed run in the results, and ends no other. StoppedError after a signal.
absl::StatusOr<StudyResults> RunStudy(const StudyOptions& options);

// OK where no run failed; else an error with the exit code of the first that did.
absl::Status FailureOf(const StudyResults& results);

}  // namespace dfkd

#endif  // DFKD_STUDY_STUDY_RUNNER_H_
