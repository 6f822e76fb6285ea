// A spec's file and all that it builds on.
#ifndef DFKD_CORE_SPEC_FILES_H_
#define DFKD_CORE_SPEC_FILES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/experiment.pb.h"

namespace dfkd {

struct SpecFile {
  std::string name;   // file stem or shipped name
  std::string label;  // for messages: the path, or "shipped spec NAME"
  Experiment content;
};

// The file, or the cell of a matrix file (spec_matrix.h), that `path_or_name` means (resolve.h),
// last, behind the files that it builds on, each behind its own and each once. `base` entries are
// paths relative to their file, or shipped names; a shipped spec builds on shipped specs only. A
// file that builds on itself is refused.
absl::StatusOr<std::vector<SpecFile>> LoadSpecFiles(absl::string_view path_or_name);

}  // namespace dfkd

#endif  // DFKD_CORE_SPEC_FILES_H_
