// Where all-MiniLM-L6-v2 lies, the sentence encoder that comes with dfkd.
#ifndef DFKD_ENCODERS_MINILM_H_
#define DFKD_ENCODERS_MINILM_H_

#include <string>

#include "absl/status/statusor.h"

namespace dfkd {

// The folder with its files: among the program's runfiles (Bazel), or share/minilm beside the
// program (an installation). InputFileError that names both places where it is in neither.
absl::StatusOr<std::string> FindMiniLm();

}  // namespace dfkd

#endif  // DFKD_ENCODERS_MINILM_H_
