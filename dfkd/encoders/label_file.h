// Class names in a text file, one a line.
#ifndef DFKD_ENCODERS_LABEL_FILE_H_
#define DFKD_ENCODERS_LABEL_FILE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace dfkd {

// In the file's order, which is the order of the logits. UTF-8, with or without a byte order mark;
// lines end in LF or CRLF; white space around a name is dropped. Refused with the line's number: an
// empty line, a name that stands twice, control characters, what is not UTF-8.
absl::StatusOr<std::vector<std::string>> ReadLabelFile(const std::string& path);

// The reader behind it; `path` is for messages.
absl::StatusOr<std::vector<std::string>> ParseLabels(absl::string_view text,
                                                     const std::string& path);

}  // namespace dfkd

#endif  // DFKD_ENCODERS_LABEL_FILE_H_
