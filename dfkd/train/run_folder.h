// The folder of a run: whose it is, and whether it may be used.
#ifndef DFKD_TRAIN_RUN_FOLDER_H_
#define DFKD_TRAIN_RUN_FOLDER_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dfkd/core/files.h"
#include "dfkd/core/resolve.h"

namespace dfkd {

// The run's spec, complete.
inline constexpr char kResolvedSpecFile[] = "resolved.textproto";

struct OpenedRunFolder {
  std::unique_ptr<DirectoryLock> lock;  // held while the run lasts
  bool finished = false;                // nothing is left to do
};

// Makes the folder or recognises the one of the same experiment. Refused: a folder in use (exit 5),
// a folder of another experiment (exit 2, with the difference) unless that never began a stage, and
// one that is not a run's (exit 2). `fingerprint` covers the spec and all that was chosen for this
// machine.
absl::StatusOr<OpenedRunFolder> OpenRunFolder(FileSystem* files, const std::string& dir,
                                              const ResolvedSpec& spec,
                                              const std::string& fingerprint,
                                              const std::string& command);

// The spec of the run in `dir`, as a path for ResolveSpec; InputFileError where it is no run's
// folder.
absl::StatusOr<std::string> SpecOfRun(const std::string& dir);

}  // namespace dfkd

#endif  // DFKD_TRAIN_RUN_FOLDER_H_
