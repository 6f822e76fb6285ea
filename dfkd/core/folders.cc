#include "dfkd/core/folders.h"

#include <stdlib.h>

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "dfkd/core/status.h"

namespace dfkd {

bool IsDirectory(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

absl::StatusOr<std::unique_ptr<TemporaryFolder>> TemporaryFolder::Make(absl::string_view purpose) {
  std::error_code error;
  const auto parent = std::filesystem::temp_directory_path(error);
  std::string path = (parent / absl::StrCat("dfkd-", purpose, "-XXXXXX")).string();
  if (error || mkdtemp(path.data()) == nullptr) {
    return StorageError(
        absl::StrCat("cannot make a folder for temporary files, ", path, "; set TMPDIR"));
  }
  return std::unique_ptr<TemporaryFolder>(new TemporaryFolder(std::move(path)));
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace dfkd
