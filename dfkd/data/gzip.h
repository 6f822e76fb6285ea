// Gzip files in memory.
#ifndef DFKD_DATA_GZIP_H_
#define DFKD_DATA_GZIP_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace dfkd {

// The content of a gzip file with one member. InputFileError, which starts with `path`, where the
// bytes are damaged, end too soon, go on after the member, or hold more than `max_bytes`; no more
// memory than that is taken.
absl::StatusOr<std::string> Gunzip(absl::string_view bytes, int64_t max_bytes,
                                   absl::string_view path);

}  // namespace dfkd

#endif  // DFKD_DATA_GZIP_H_
