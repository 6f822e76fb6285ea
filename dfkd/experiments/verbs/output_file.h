// What --output may be.
#ifndef DFKD_EXPERIMENTS_VERBS_OUTPUT_FILE_H_
#define DFKD_EXPERIMENTS_VERBS_OUTPUT_FILE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace dfkd {

// A file that a verb reads.
struct InputFile {
  std::string name;  // "--weights", "encoder.merges"
  std::string path;  // may be empty
};

// Before the work: `output` is none of `inputs`, by whatever path, and can be written where it is
// to lie. ConfigError or StorageError.
absl::Status CheckOutputFile(const std::string& output, const std::vector<InputFile>& inputs);

}  // namespace dfkd

#endif  // DFKD_EXPERIMENTS_VERBS_OUTPUT_FILE_H_
