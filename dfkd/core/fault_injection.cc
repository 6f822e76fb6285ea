#include "dfkd/core/fault_injection.h"

#include <errno.h>
#include <glog/logging.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/files.h"
#include "dfkd/core/status.h"

namespace dfkd {
namespace {

int ErrorNumber(Fault fault) {
  switch (fault) {
    case Fault::kIoError:
      return EIO;
    case Fault::kNoAccess:
      return EACCES;
    default:
      return ENOSPC;
  }
}

std::string ParentOf(const std::string& path) { return path.substr(0, path.rfind('/')); }

class UnsyncedFile : public WritableFile {
 public:
  explicit UnsyncedFile(std::unique_ptr<WritableFile> base) : base_(std::move(base)) {}
  absl::Status Append(absl::string_view data) override { return base_->Append(data); }
  absl::Status Sync() override { return absl::OkStatus(); }
  absl::Status Close() override { return base_->Close(); }

 private:
  std::unique_ptr<WritableFile> base_;
};

class UnsyncedFileSystem : public FileSystem {
 public:
  absl::StatusOr<std::unique_ptr<WritableFile>> Create(const std::string& path) override {
    return Wrap(Posix()->Create(path));
  }
  absl::StatusOr<std::unique_ptr<WritableFile>> OpenForAppend(const std::string& path) override {
    return Wrap(Posix()->OpenForAppend(path));
  }
  absl::Status Truncate(const std::string& path, int64_t size) override {
    if (truncate(path.c_str(), size) == 0) return absl::OkStatus();
    return StorageError(absl::StrCat("cannot truncate ", path, ": ", strerror(errno)));
  }
  absl::Status Rename(const std::string& from, const std::string& to) override {
    return Posix()->Rename(from, to);
  }
  absl::Status Remove(const std::string& path) override { return Posix()->Remove(path); }
  absl::Status CreateDirectories(const std::string& path) override {
    return Posix()->CreateDirectories(path);
  }
  absl::Status SyncDirectory(const std::string&) override { return absl::OkStatus(); }

 private:
  static absl::StatusOr<std::unique_ptr<WritableFile>> Wrap(
      absl::StatusOr<std::unique_ptr<WritableFile>> file) {
    if (!file.ok()) return file.status();
    return std::make_unique<UnsyncedFile>(*std::move(file));
  }
};

}  // namespace

FileSystem* PosixWithoutSync() {
  static auto* files = new UnsyncedFileSystem();
  return files;
}

class FaultInjectingFileSystem::File : public WritableFile {
 public:
  File(FaultInjectingFileSystem* files, std::string path, std::unique_ptr<WritableFile> base)
      : files_(files), path_(std::move(path)), base_(std::move(base)) {}

  absl::Status Append(absl::string_view data) override {
    const absl::Status status = files_->Count("write " + path_);
    if (status.ok()) return base_->Append(data);
    if (files_->fault_ == Fault::kShortWrite) {
      DFKD_RETURN_IF_ERROR(base_->Append(data.substr(0, data.size() / 2)));
    }
    return status;
  }
  absl::Status Sync() override {
    DFKD_RETURN_IF_ERROR(files_->Count("sync " + path_));
    return base_->Sync();
  }
  absl::Status Close() override {
    DFKD_RETURN_IF_ERROR(files_->Count("close " + path_));
    return base_->Close();
  }

 private:
  FaultInjectingFileSystem* files_;
  const std::string path_;
  std::unique_ptr<WritableFile> base_;
};

FaultInjectingFileSystem::FaultInjectingFileSystem(FileSystem* base, int64_t nth, Fault fault,
                                                   FaultLasts lasts)
    : base_(base), nth_(nth), fault_(fault), lasts_(lasts) {}

absl::Status FaultInjectingFileSystem::Count(const std::string& what) {
  ++done_;
  const bool fails = lasts_ == FaultLasts::kOnce ? done_ == nth_ : done_ >= nth_;
  if (!fails) return absl::OkStatus();
  if (fault_ == Fault::kKilled) raise(SIGKILL);
  return StorageError(absl::StrCat("cannot ", what, ": ", strerror(ErrorNumber(fault_))));
}

absl::StatusOr<std::unique_ptr<WritableFile>> FaultInjectingFileSystem::Create(
    const std::string& path) {
  DFKD_RETURN_IF_ERROR(Count("create " + path));
  DFKD_ASSIGN_OR_RETURN(std::unique_ptr<WritableFile> file, base_->Create(path));
  return std::make_unique<File>(this, path, std::move(file));
}

absl::StatusOr<std::unique_ptr<WritableFile>> FaultInjectingFileSystem::OpenForAppend(
    const std::string& path) {
  DFKD_RETURN_IF_ERROR(Count("open " + path));
  DFKD_ASSIGN_OR_RETURN(std::unique_ptr<WritableFile> file, base_->OpenForAppend(path));
  return std::make_unique<File>(this, path, std::move(file));
}

absl::Status FaultInjectingFileSystem::Truncate(const std::string& path, int64_t size) {
  DFKD_RETURN_IF_ERROR(Count("truncate " + path));
  return base_->Truncate(path, size);
}

absl::Status FaultInjectingFileSystem::Rename(const std::string& from, const std::string& to) {
  DFKD_RETURN_IF_ERROR(Count(absl::StrCat("rename ", from, " to ", to)));
  return base_->Rename(from, to);
}

absl::Status FaultInjectingFileSystem::Remove(const std::string& path) {
  DFKD_RETURN_IF_ERROR(Count("remove " + path));
  return base_->Remove(path);
}

absl::Status FaultInjectingFileSystem::CreateDirectories(const std::string& path) {
  DFKD_RETURN_IF_ERROR(Count("create directory " + path));
  return base_->CreateDirectories(path);
}

absl::Status FaultInjectingFileSystem::SyncDirectory(const std::string& path) {
  DFKD_RETURN_IF_ERROR(Count("sync directory " + path));
  return base_->SyncDirectory(path);
}

class TracingFileSystem::File : public WritableFile {
 public:
  File(TracingFileSystem* files, int id, std::unique_ptr<WritableFile> base)
      : files_(files), id_(id), base_(std::move(base)) {}

  absl::Status Append(absl::string_view data) override {
    files_->trace_.push_back({Kind::kAppend, "", id_, std::string(data)});
    return base_->Append(data);
  }
  absl::Status Sync() override {
    files_->trace_.push_back({Kind::kSync, "", id_, ""});
    return base_->Sync();
  }
  absl::Status Close() override { return base_->Close(); }

 private:
  TracingFileSystem* files_;
  const int id_;
  std::unique_ptr<WritableFile> base_;
};

// A disk on which nothing is safe before it was synced.
class TracingFileSystem::Disk {
 public:
  void Perform(const Operation& op) {
    switch (op.kind) {
      case Kind::kCreate:
      case Kind::kOpenForAppend:
        open_[op.file] = InodeAt(op.path);
        if (op.kind == Kind::kCreate) inodes_[open_[op.file]].data.clear();
        break;
      case Kind::kAppend:
        inodes_[open_.at(op.file)].data += op.text;
        break;
      case Kind::kSync:
        Sync(inodes_[open_.at(op.file)]);
        break;
      case Kind::kTruncate:
        inodes_[names_.at(op.path)].data.resize(op.size);
        Sync(inodes_[names_.at(op.path)]);
        break;
      case Kind::kRename:
        names_[op.text] = names_.at(op.path);
        names_.erase(op.path);
        break;
      case Kind::kRemove:
        names_.erase(op.path);
        break;
      case Kind::kSyncDirectory:
        SyncDirectory(op.path);
        break;
    }
  }

  std::map<std::string, std::string> AfterCrash(Unsynced unsynced) const {
    std::map<std::string, std::string> files;
    for (const auto& [path, inode] : unsynced == Unsynced::kDropped ? durable_names_ : names_) {
      files[path] = Survives(inodes_[inode], unsynced);
    }
    return files;
  }

 private:
  struct Inode {
    std::string data;
    std::string durable;
  };

  static void Sync(Inode& inode) { inode.durable = inode.data; }

  static std::string Survives(const Inode& inode, Unsynced unsynced) {
    if (unsynced == Unsynced::kKept) return inode.data;
    if (unsynced != Unsynced::kTorn) return inode.durable;
    if (!absl::StartsWith(inode.data, inode.durable)) {
      return inode.data.substr(0, inode.data.size() / 2);
    }
    return inode.data.substr(0, (inode.durable.size() + inode.data.size()) / 2);
  }

  size_t InodeAt(const std::string& path) {
    const auto [it, fresh] = names_.emplace(path, inodes_.size());
    if (fresh) inodes_.emplace_back();
    return it->second;
  }

  void SyncDirectory(const std::string& dir) {
    std::erase_if(durable_names_, [&](const auto& entry) { return ParentOf(entry.first) == dir; });
    for (const auto& [path, inode] : names_) {
      if (ParentOf(path) == dir) durable_names_[path] = inode;
    }
  }

  std::vector<Inode> inodes_;
  std::map<std::string, size_t> names_;
  std::map<std::string, size_t> durable_names_;
  std::map<int, size_t> open_;
};

absl::StatusOr<std::unique_ptr<WritableFile>> TracingFileSystem::Opened(
    Kind kind, const std::string& path, absl::StatusOr<std::unique_ptr<WritableFile>> file) {
  if (!file.ok()) return file.status();
  trace_.push_back({kind, path, next_file_, ""});
  return std::make_unique<File>(this, next_file_++, *std::move(file));
}

absl::StatusOr<std::unique_ptr<WritableFile>> TracingFileSystem::Create(const std::string& path) {
  return Opened(Kind::kCreate, path, base_->Create(path));
}

absl::StatusOr<std::unique_ptr<WritableFile>> TracingFileSystem::OpenForAppend(
    const std::string& path) {
  return Opened(Kind::kOpenForAppend, path, base_->OpenForAppend(path));
}

absl::Status TracingFileSystem::Truncate(const std::string& path, int64_t size) {
  trace_.push_back({Kind::kTruncate, path, 0, "", size});
  return base_->Truncate(path, size);
}

absl::Status TracingFileSystem::Rename(const std::string& from, const std::string& to) {
  trace_.push_back({Kind::kRename, from, 0, to});
  return base_->Rename(from, to);
}

absl::Status TracingFileSystem::Remove(const std::string& path) {
  trace_.push_back({Kind::kRemove, path, 0, ""});
  return base_->Remove(path);
}

absl::Status TracingFileSystem::CreateDirectories(const std::string& path) {
  return base_->CreateDirectories(path);
}

absl::Status TracingFileSystem::SyncDirectory(const std::string& path) {
  trace_.push_back({Kind::kSyncDirectory, path, 0, ""});
  return base_->SyncDirectory(path);
}

std::map<std::string, std::string> TracingFileSystem::DiskAfter(size_t count,
                                                                Unsynced unsynced) const {
  CHECK_LE(count, trace_.size());
  Disk disk;
  for (size_t i = 0; i < count; ++i) disk.Perform(trace_[i]);
  return disk.AfterCrash(unsynced);
}

void RestoreDisk(const std::map<std::string, std::string>& disk, const std::string& from,
                 const std::string& dir) {
  FileSystem* files = FileSystem::Posix();
  const auto must = [](const absl::Status& status) { CHECK(status.ok()) << status; };
  std::filesystem::remove_all(dir);
  must(files->CreateDirectories(dir));
  for (const auto& [path, content] : disk) {
    if (ParentOf(path) != from) continue;
    auto file = files->Create(JoinPath(dir, path.substr(from.size() + 1)));
    must(file.status());
    must((*file)->Append(content));
  }
}

QuietLog::QuietLog() : level_(FLAGS_minloglevel) { FLAGS_minloglevel = google::GLOG_ERROR; }
QuietLog::~QuietLog() { FLAGS_minloglevel = level_; }

}  // namespace dfkd
