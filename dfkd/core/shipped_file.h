// Files that come with dfkd: data and weights that the build fetched.
#ifndef DFKD_CORE_SHIPPED_FILE_H_
#define DFKD_CORE_SHIPPED_FILE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace dfkd {

// Where such a file lies: among the program's runfiles (Bazel) as `runfile`, which begins with its
// repository, "sklearn_digits/digits.csv.gz"; or in an installation as `installed`, from the
// program's folder on, "share/digits/digits.csv.gz". InputFileError that names both places where it
// is in neither.
absl::StatusOr<std::string> FindShippedFile(absl::string_view runfile, absl::string_view installed);

}  // namespace dfkd

#endif  // DFKD_CORE_SHIPPED_FILE_H_
