// File systems for tests: one in which the Nth operation fails, and one that remembers what was
// done and says what a disk may hold after a crash at any point of it.
//
//   for (int n = 1;; ++n) {
//     FaultInjectingFileSystem files(PosixWithoutSync(), n, Fault::kNoSpace);
//     const absl::Status status = Save(&files, dir);
//     ... what was saved before must still be readable ...
//     if (!files.fired()) break;   // the whole save takes fewer than n operations
//   }
#ifndef DFKD_CORE_FAULT_INJECTION_H_
#define DFKD_CORE_FAULT_INJECTION_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dfkd/core/files.h"

namespace dfkd {

// The machine's file system, on which nothing waits for the disk: for tests that write a thousand
// files and do not pull the plug.
FileSystem* PosixWithoutSync();

enum class Fault {
  kNoSpace,     // ENOSPC, nothing is done
  kIoError,     // EIO, nothing is done
  kNoAccess,    // EACCES, nothing is done
  kKilled,      // the process dies of SIGKILL in its place; not one of kAllFaults
  kShortWrite,  // an Append writes half of its data and then fails with ENOSPC; else as kNoSpace
};
inline constexpr Fault kAllFaults[] = {Fault::kNoSpace, Fault::kIoError, Fault::kNoAccess,
                                       Fault::kShortWrite};

// How long a fault lasts: a full disk stays full, a failing cable may recover.
enum class FaultLasts { kOnce, kFromThenOn };

class FaultInjectingFileSystem : public FileSystem {
 public:
  // Operation number `nth` fails, counted from 1. Every call of an interface function, of a file or
  // of the file system, is one operation.
  FaultInjectingFileSystem(FileSystem* base, int64_t nth, Fault fault,
                           FaultLasts lasts = FaultLasts::kOnce);

  // Whether the operation that was to fail took place.
  bool fired() const { return done_ >= nth_; }
  int64_t operations() const { return done_; }

  absl::StatusOr<std::unique_ptr<WritableFile>> Create(const std::string& path) override;
  absl::StatusOr<std::unique_ptr<WritableFile>> OpenForAppend(const std::string& path) override;
  absl::Status Truncate(const std::string& path, int64_t size) override;
  absl::Status Rename(const std::string& from, const std::string& to) override;
  absl::Status Remove(const std::string& path) override;
  absl::Status CreateDirectories(const std::string& path) override;
  absl::Status SyncDirectory(const std::string& path) override;

 private:
  class File;
  // Counts one operation; an error where it is to fail.
  absl::Status Count(const std::string& what);

  FileSystem* base_;
  int64_t nth_;
  Fault fault_;
  FaultLasts lasts_;
  int64_t done_ = 0;
};

// What became of that which had not been synced when the machine stopped.
enum class Unsynced {
  kKept,         // all of it had reached the disk
  kDropped,      // none of it
  kDataDropped,  // names had, data had not: the classic empty file behind a rename
  kTorn,         // names had, and half of the data
};
inline constexpr Unsynced kAllUnsynced[] = {Unsynced::kKept, Unsynced::kDropped,
                                            Unsynced::kDataDropped, Unsynced::kTorn};

// Performs every operation on `base` and remembers it. Directories are taken to be durable at once.
class TracingFileSystem : public FileSystem {
 public:
  explicit TracingFileSystem(FileSystem* base) : base_(base) {}

  size_t operations() const { return trace_.size(); }
  // Path -> content on the disk after a crash behind the first `count` operations, which began on
  // an empty disk.
  std::map<std::string, std::string> DiskAfter(size_t count, Unsynced unsynced) const;

  absl::StatusOr<std::unique_ptr<WritableFile>> Create(const std::string& path) override;
  absl::StatusOr<std::unique_ptr<WritableFile>> OpenForAppend(const std::string& path) override;
  absl::Status Truncate(const std::string& path, int64_t size) override;
  absl::Status Rename(const std::string& from, const std::string& to) override;
  absl::Status Remove(const std::string& path) override;
  absl::Status CreateDirectories(const std::string& path) override;
  absl::Status SyncDirectory(const std::string& path) override;

 private:
  class File;
  class Disk;
  enum class Kind {
    kCreate,
    kOpenForAppend,
    kAppend,
    kSync,
    kTruncate,
    kRename,
    kRemove,
    kSyncDirectory
  };
  struct Operation {
    Kind kind;
    std::string path;
    int file = 0;      // of kCreate, kOpenForAppend, kAppend, kSync
    std::string text;  // what was appended, or the new name
    int64_t size = 0;  // of kTruncate
  };
  absl::StatusOr<std::unique_ptr<WritableFile>> Opened(
      Kind kind, const std::string& path, absl::StatusOr<std::unique_ptr<WritableFile>> file);

  FileSystem* base_;
  int next_file_ = 0;
  std::vector<Operation> trace_;
};

// Makes `dir` hold what `disk` holds directly below `from` and nothing else: the state in which a
// crash left it.
void RestoreDisk(const std::map<std::string, std::string>& disk, const std::string& from,
                 const std::string& dir);

// No warning is logged while it lives: these tests provoke them by the thousand.
class QuietLog {
 public:
  QuietLog();
  ~QuietLog();

 private:
  int level_;
};

}  // namespace dfkd

#endif  // DFKD_CORE_FAULT_INJECTION_H_
