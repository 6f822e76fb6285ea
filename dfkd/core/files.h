// All writing to disk goes through FileSystem, so that tests can make the Nth operation fail, and
// replay any prefix of what was done.
#ifndef DFKD_CORE_FILES_H_
#define DFKD_CORE_FILES_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace dfkd {

// An open file. Errors are StorageError naming the path, the operation and errno's text.
class WritableFile {
 public:
  virtual ~WritableFile() = default;  // closes
  // All of `data` at the current end, or an error.
  virtual absl::Status Append(absl::string_view data) = 0;
  virtual absl::Status Sync() = 0;  // fsync
  virtual absl::Status Close() = 0;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;
  // The machine's own.
  static FileSystem* Posix();

  virtual absl::StatusOr<std::unique_ptr<WritableFile>> Create(
      const std::string& path) = 0;  // truncates
  virtual absl::StatusOr<std::unique_ptr<WritableFile>> OpenForAppend(const std::string& path) = 0;
  // Has reached the disk on return.
  virtual absl::Status Truncate(const std::string& path, int64_t size) = 0;
  virtual absl::Status Rename(const std::string& from, const std::string& to) = 0;
  virtual absl::Status Remove(const std::string& path) = 0;  // absent: ok
  virtual absl::Status CreateDirectories(const std::string& path) = 0;
  virtual absl::Status SyncDirectory(const std::string& path) = 0;
};

// Temporary (PATH.tmp), fsync, rename, fsync of the directory: after a crash the file is the old
// one or the new one, and perhaps the temporary is left beside it.
inline constexpr absl::string_view kTemporarySuffix = ".tmp";
absl::Status WriteFileAtomically(FileSystem* files, const std::string& path,
                                 absl::string_view content);
// The same for content in pieces.
absl::Status WriteFileAtomically(FileSystem* files, const std::string& path,
                                 absl::Span<const absl::string_view> pieces);

// Reading. A missing or unreadable file is InputFileError; more than `max_bytes` is refused before
// anything is read.
absl::StatusOr<std::string> ReadFile(const std::string& path, int64_t max_bytes = int64_t{1} << 33);
bool FileExists(const std::string& path);
absl::StatusOr<int64_t> FileSize(const std::string& path);
// Names in a directory, sorted; without "." and "..".
absl::StatusOr<std::vector<std::string>> ListDirectory(const std::string& path);
std::string JoinPath(absl::string_view a, absl::string_view b);
// Free bytes for this user where `path` lies.
absl::StatusOr<int64_t> FreeBytes(const std::string& path);

// An exclusive lock on DIR/.lock for the life of the object. Taken: StorageError that names the
// holder's process id and host.
class DirectoryLock {
 public:
  static absl::StatusOr<std::unique_ptr<DirectoryLock>> Acquire(const std::string& dir);
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace dfkd

#endif  // DFKD_CORE_FILES_H_
