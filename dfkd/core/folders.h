// Folders: which paths are some, and temporary ones.
#ifndef DFKD_CORE_FOLDERS_H_
#define DFKD_CORE_FOLDERS_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace dfkd {

// Also where the path is a link to one.
bool IsDirectory(const std::string& path);

// A new folder where the machine keeps temporary files ($TMPDIR), for the life of the object.
class TemporaryFolder {
 public:
  // `purpose` is part of its name. StorageError that names the folder.
  static absl::StatusOr<std::unique_ptr<TemporaryFolder>> Make(absl::string_view purpose);
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
  const std::string path_;
};

}  // namespace dfkd

#endif  // DFKD_CORE_FOLDERS_H_
