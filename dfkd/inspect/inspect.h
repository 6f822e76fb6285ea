// What a file or a folder is, for people who do not know yet.
#ifndef DFKD_INSPECT_INSPECT_H_
#define DFKD_INSPECT_INSPECT_H_

#include <string>

#include "absl/status/statusor.h"

namespace dfkd {

// Text for a terminal, decided by content: tensors, metadata, card and fitting architectures of a
// weight file; labels and distances of a table of rows; of whatever else a run reads or leaves, a
// sentence on what it is and which verb reads it. Nothing of the file is printed unescaped.
// InputFileError for what is none of these.
absl::StatusOr<std::string> Inspect(const std::string& path);

}  // namespace dfkd

#endif  // DFKD_INSPECT_INSPECT_H_
