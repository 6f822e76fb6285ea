#include "dfkd/core/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "dfkd/core/status.h"

namespace dfkd {
namespace {

// Repeats a system call for as long as a signal interrupts it.
template <typename Call>
auto Retry(const Call& call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

std::string Failure(absl::string_view operation, absl::string_view path, int error) {
  return absl::StrCat("cannot ", operation, " ", path, ": ", strerror(error));
}

absl::Status WriteFailed(absl::string_view operation, absl::string_view path) {
  return StorageError(Failure(operation, path, errno));
}

absl::Status ReadFailed(absl::string_view operation, absl::string_view path) {
  return InputFileError(Failure(operation, path, errno));
}

// Closes on destruction.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

int Open(const std::string& path, int flags) {
  return Retry([&] { return open(path.c_str(), flags | O_CLOEXEC, 0666); });
}

std::string ParentOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

class PosixFile : public WritableFile {
 public:
  PosixFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  ~PosixFile() override {
    if (fd_ >= 0) close(fd_);
  }

  absl::Status Append(absl::string_view data) override {
    while (!data.empty()) {
      const ssize_t written = Retry([&] { return write(fd_, data.data(), data.size()); });
      if (written < 0) return WriteFailed("write", path_);
      data.remove_prefix(written);
    }
    return absl::OkStatus();
  }

  absl::Status Sync() override {
    if (Retry([&] { return fsync(fd_); }) != 0) return WriteFailed("sync", path_);
    return absl::OkStatus();
  }

  absl::Status Close() override {
    // Not repeated after EINTR: Linux has freed the descriptor by then.
    const int result = close(std::exchange(fd_, -1));
    if (result != 0 && errno != EINTR) return WriteFailed("close", path_);
    return absl::OkStatus();
  }

 private:
  const std::string path_;
  int fd_;
};

class PosixFileSystem : public FileSystem {
 public:
  absl::StatusOr<std::unique_ptr<WritableFile>> Create(const std::string& path) override {
    const int fd = Open(path, O_WRONLY | O_CREAT | O_TRUNC);
    if (fd < 0) return WriteFailed("create", path);
    return std::make_unique<PosixFile>(path, fd);
  }

  absl::StatusOr<std::unique_ptr<WritableFile>> OpenForAppend(const std::string& path) override {
    const int fd = Open(path, O_WRONLY | O_CREAT | O_APPEND);
    if (fd < 0) return WriteFailed("open", path);
    return std::make_unique<PosixFile>(path, fd);
  }

  absl::Status Truncate(const std::string& path, int64_t size) override {
    const Descriptor file(Open(path, O_WRONLY));
    if (file.get() < 0) return WriteFailed("open", path);
    if (Retry([&] { return ftruncate(file.get(), size); }) != 0 ||
        Retry([&] { return fsync(file.get()); }) != 0) {
      return WriteFailed("truncate", path);
    }
    return absl::OkStatus();
  }

  absl::Status Rename(const std::string& from, const std::string& to) override {
    if (rename(from.c_str(), to.c_str()) != 0) {
      return WriteFailed(absl::StrCat("rename ", from, " to"), to);
    }
    return absl::OkStatus();
  }

  absl::Status Remove(const std::string& path) override {
    if (unlink(path.c_str()) != 0 && errno != ENOENT) return WriteFailed("remove", path);
    return absl::OkStatus();
  }

  absl::Status CreateDirectories(const std::string& path) override {
    for (size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
      const std::string part = path.substr(0, slash);
      struct stat info;
      // A part that exists is not made anew: its parent may well be read-only.
      if (stat(part.c_str(), &info) == 0) {
        if (!S_ISDIR(info.st_mode)) {
          return StorageError(Failure("create directory", part, ENOTDIR));
        }
      } else if (mkdir(part.c_str(), 0777) != 0 && errno != EEXIST) {
        return WriteFailed("create directory", part);
      }
      if (slash == std::string::npos) return absl::OkStatus();
    }
  }

  absl::Status SyncDirectory(const std::string& path) override {
    const Descriptor directory(Open(path, O_RDONLY | O_DIRECTORY));
    if (directory.get() < 0) return WriteFailed("open directory", path);
    if (Retry([&] { return fsync(directory.get()); }) != 0) {
      return WriteFailed("sync directory", path);
    }
    return absl::OkStatus();
  }
};

absl::Status WriteAndSync(FileSystem* files, const std::string& path,
                          absl::Span<const absl::string_view> pieces) {
  DFKD_ASSIGN_OR_RETURN(const std::unique_ptr<WritableFile> file, files->Create(path));
  for (const absl::string_view piece : pieces) DFKD_RETURN_IF_ERROR(file->Append(piece));
  DFKD_RETURN_IF_ERROR(file->Sync());
  return file->Close();
}

absl::StatusOr<int64_t> SizeOf(int fd, const std::string& path) {
  struct stat info;
  if (fstat(fd, &info) != 0) return ReadFailed("read", path);
  if (!S_ISREG(info.st_mode)) {
    return InputFileError(absl::StrCat("cannot read ", path, ": not a regular file"));
  }
  return info.st_size;
}

}  // namespace

FileSystem* FileSystem::Posix() {
  static auto* files = new PosixFileSystem();
  return files;
}

absl::Status WriteFileAtomically(FileSystem* files, const std::string& path,
                                 absl::Span<const absl::string_view> pieces) {
  const std::string temporary = absl::StrCat(path, kTemporarySuffix);
  absl::Status status = WriteAndSync(files, temporary, pieces);
  if (status.ok()) status = files->Rename(temporary, path);
  if (!status.ok()) {
    // The first error is the one to report; what is left over does no harm.
    files->Remove(temporary).IgnoreError();
    return status;
  }
  return files->SyncDirectory(ParentOf(path));
}

absl::Status WriteFileAtomically(FileSystem* files, const std::string& path,
                                 absl::string_view content) {
  return WriteFileAtomically(files, path, absl::MakeConstSpan(&content, 1));
}

absl::StatusOr<std::string> ReadFile(const std::string& path, int64_t max_bytes) {
  const Descriptor file(Open(path, O_RDONLY));
  if (file.get() < 0) return ReadFailed("open", path);
  DFKD_ASSIGN_OR_RETURN(const int64_t size, SizeOf(file.get(), path));
  if (size > max_bytes) {
    return InputFileError(absl::StrCat("cannot read ", path, ": it holds ", size,
                                       " bytes, more than the ", max_bytes, " allowed"));
  }
  std::string content(size, '\0');
  int64_t done = 0;
  while (done < size) {
    const ssize_t got = Retry([&] { return read(file.get(), content.data() + done, size - done); });
    if (got < 0) return ReadFailed("read", path);
    if (got == 0) break;  // cut off by someone else meanwhile
    done += got;
  }
  content.resize(done);
  return content;
}

bool FileExists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

absl::StatusOr<int64_t> FileSize(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) return ReadFailed("read", path);
  return info.st_size;
}

absl::StatusOr<std::vector<std::string>> ListDirectory(const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(path.c_str()), closedir);
  if (directory == nullptr) return ReadFailed("list", path);
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = readdir(directory.get())) {
    const absl::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    errno = 0;
  }
  if (errno != 0) return ReadFailed("list", path);
  std::sort(names.begin(), names.end());
  return names;
}

std::string JoinPath(absl::string_view a, absl::string_view b) {
  if (a.empty() || absl::StartsWith(b, "/")) return std::string(b);
  return absl::StrCat(a, absl::EndsWith(a, "/") ? "" : "/", b);
}

absl::StatusOr<int64_t> FreeBytes(const std::string& path) {
  struct statvfs info;
  if (Retry([&] { return statvfs(path.c_str(), &info); }) != 0) {
    return WriteFailed("find the free space of", path);
  }
  return static_cast<int64_t>(info.f_bavail) * static_cast<int64_t>(info.f_frsize);
}

absl::StatusOr<std::unique_ptr<DirectoryLock>> DirectoryLock::Acquire(const std::string& dir) {
  DFKD_RETURN_IF_ERROR(FileSystem::Posix()->CreateDirectories(dir));
  const std::string path = JoinPath(dir, ".lock");
  Descriptor file(Open(path, O_RDWR | O_CREAT));
  if (file.get() < 0) return WriteFailed("open", path);
  if (Retry([&] { return flock(file.get(), LOCK_EX | LOCK_NB); }) != 0) {
    if (errno != EWOULDBLOCK) return WriteFailed("lock", path);
    const absl::StatusOr<std::string> holder = ReadFile(path, 1024);
    return StorageError(absl::StrCat(dir, " is in use by ",
                                     holder.ok() && !holder->empty() ? *holder : "another process",
                                     "; wait for it to end, or choose another folder"));
  }
  char host[256] = "";
  gethostname(host, sizeof(host) - 1);
  const std::string holder = absl::StrCat("process ", getpid(), " on ", host);
  if (ftruncate(file.get(), 0) != 0 ||
      pwrite(file.get(), holder.data(), holder.size(), 0) != static_cast<ssize_t>(holder.size())) {
    return WriteFailed("write", path);
  }
  return std::unique_ptr<DirectoryLock>(new DirectoryLock(file.Release()));
}

DirectoryLock::~DirectoryLock() { close(fd_); }

}  // namespace dfkd
