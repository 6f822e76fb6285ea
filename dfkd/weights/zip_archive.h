// Zip archives, as far as torch.save writes such.
#ifndef DFKD_WEIGHTS_ZIP_ARCHIVE_H_
#define DFKD_WEIGHTS_ZIP_ARCHIVE_H_

#include <map>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace dfkd {

// Whether a file begins as a zip archive does.
bool LooksLikeZip(absl::string_view bytes);

// Name -> content of the entries: stored without compression, zip64 where needed, the central
// directory in agreement with what stands before each entry, no two sharing bytes, checksums right
// (zero stands for "not computed"). Names are keys in this map and nothing else.
absl::StatusOr<std::map<absl::string_view, absl::string_view>> ReadZip(absl::string_view bytes);

}  // namespace dfkd

#endif  // DFKD_WEIGHTS_ZIP_ARCHIVE_H_
