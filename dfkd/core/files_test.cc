#include "dfkd/core/files.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/fault_injection.h"
#include "dfkd/core/status.h"
#include "dfkd/core/testing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace dfkd {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A fresh directory for the running test.
std::string TestDir() {
  const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
  const std::string dir =
      JoinPath(::testing::TempDir(), absl::StrCat(info->test_suite_name(), ".", info->name()));
  EXPECT_OK(FileSystem::Posix()->CreateDirectories(dir));
  return dir;
}

TEST(FilesTest, WhatIsAppendedIsRead) {
  const std::string path = JoinPath(TestDir(), "f");
  ASSERT_OK_AND_ASSIGN(auto file, FileSystem::Posix()->Create(path));
  EXPECT_OK(file->Append("one "));
  EXPECT_OK(file->Append(""));
  EXPECT_OK(file->Append("two"));
  EXPECT_OK(file->Sync());
  EXPECT_OK(file->Close());
  ASSERT_OK_AND_ASSIGN(auto again, FileSystem::Posix()->OpenForAppend(path));
  EXPECT_OK(again->Append(" three"));
  EXPECT_OK(again->Close());

  ASSERT_OK_AND_ASSIGN(const std::string content, ReadFile(path));
  EXPECT_EQ(content, "one two three");
  ASSERT_OK_AND_ASSIGN(const int64_t size, FileSize(path));
  EXPECT_EQ(size, 13);

  EXPECT_OK(FileSystem::Posix()->Truncate(path, 3));
  ASSERT_OK_AND_ASSIGN(const std::string shorter, ReadFile(path));
  EXPECT_EQ(shorter, "one");
}

TEST(FilesTest, ErrorsNameOperationPathAndReason) {
  const std::string dir = TestDir();
  const std::string absent = JoinPath(dir, "absent");
  EXPECT_THAT(ReadFile(absent),
              StatusMessageIs(absl::StrCat("cannot open ", absent, ": No such file or directory")));
  EXPECT_EQ(ExitCodeOf(ReadFile(absent).status()), kExitBadInput);
  EXPECT_THAT(ReadFile(dir),
              StatusMessageIs(absl::StrCat("cannot read ", dir, ": not a regular file")));
  const std::string below = JoinPath(absent, "f");
  EXPECT_THAT(
      FileSystem::Posix()->Create(below).status(),
      StatusMessageIs(absl::StrCat("cannot create ", below, ": No such file or directory")));
  EXPECT_EQ(ExitCodeOf(FileSystem::Posix()->Create(below).status()), kExitStorage);
  EXPECT_THAT(FileSystem::Posix()->Rename(absent, below),
              StatusMessageIs(absl::StrCat("cannot rename ", absent, " to ", below,
                                           ": No such file or directory")));
}

TEST(FilesTest, AFullDiskIsAStorageError) {
  ASSERT_OK_AND_ASSIGN(auto file, FileSystem::Posix()->OpenForAppend("/dev/full"));
  EXPECT_THAT(file->Append("x"),
              StatusMessageIs("cannot write /dev/full: No space left on device"));
}

TEST(FilesTest, RemovingWhatIsAbsentIsNoError) {
  EXPECT_OK(FileSystem::Posix()->Remove(JoinPath(TestDir(), "absent")));
}

TEST(FilesTest, AFileAboveTheLimitIsRefused) {
  const std::string path = JoinPath(TestDir(), "f");
  ASSERT_OK(WriteFileAtomically(PosixWithoutSync(), path, "12345"));
  EXPECT_OK(ReadFile(path, 5));
  EXPECT_THAT(ReadFile(path, 4),
              StatusMessageIs(absl::StrCat("cannot read ", path,
                                           ": it holds 5 bytes, more than the 4 allowed")));
}

TEST(FilesTest, DirectoriesAreMadeWithTheirParentsAndListedSorted) {
  const std::string dir = TestDir();
  EXPECT_OK(FileSystem::Posix()->CreateDirectories(JoinPath(dir, "b/c/d")));
  EXPECT_OK(FileSystem::Posix()->CreateDirectories(JoinPath(dir, "b/c/d/")));
  EXPECT_OK(WriteFileAtomically(PosixWithoutSync(), JoinPath(dir, "a"), ""));
  ASSERT_OK_AND_ASSIGN(const std::vector<std::string> names, ListDirectory(dir));
  EXPECT_THAT(names, ElementsAre("a", "b"));
  EXPECT_TRUE(FileExists(JoinPath(dir, "b/c/d")));
  EXPECT_FALSE(FileExists(JoinPath(dir, "b/c/e")));
  const std::string file = JoinPath(dir, "a");
  EXPECT_THAT(FileSystem::Posix()->CreateDirectories(JoinPath(file, "x")),
              StatusMessageIs(absl::StrCat("cannot create directory ", file, ": Not a directory")));
}

TEST(FilesTest, FreeBytesArePositive) {
  ASSERT_OK_AND_ASSIGN(const int64_t bytes, FreeBytes(TestDir()));
  EXPECT_GT(bytes, 0);
}

TEST(FilesTest, JoinPathKeepsAbsoluteParts) {
  EXPECT_EQ(JoinPath("a", "b"), "a/b");
  EXPECT_EQ(JoinPath("a/", "b"), "a/b");
  EXPECT_EQ(JoinPath("", "b"), "b");
  EXPECT_EQ(JoinPath("a", "/b"), "/b");
}

TEST(FilesTest, AnAtomicWriteThatFailsLeavesTheOldContent) {
  const std::string path = JoinPath(TestDir(), "f");
  const std::vector<absl::string_view> pieces = {"new ", "content"};
  for (const Fault fault : kAllFaults) {
    for (const FaultLasts lasts : {FaultLasts::kOnce, FaultLasts::kFromThenOn}) {
      for (int n = 1;; ++n) {
        ASSERT_OK(WriteFileAtomically(PosixWithoutSync(), path, "old"));
        FaultInjectingFileSystem files(PosixWithoutSync(), n, fault, lasts);
        const absl::Status status = WriteFileAtomically(&files, path, pieces);
        ASSERT_OK_AND_ASSIGN(const std::string content, ReadFile(path));
        if (!files.fired()) {
          EXPECT_OK(status);
          EXPECT_EQ(content, "new content");
          // Create, two appends, sync, close, rename, sync of the directory.
          EXPECT_EQ(files.operations(), 7);
          break;
        }
        EXPECT_EQ(ExitCodeOf(status), kExitStorage) << n << ": " << status;
        // The seventh comes after the rename.
        EXPECT_EQ(content, n < 7 ? "old" : "new content") << n;
      }
    }
  }
}

TEST(FilesTest, AnAtomicWriteSurvivesACrashAtAnyMoment) {
  const std::string dir = TestDir();
  const std::string path = JoinPath(dir, "f");
  TracingFileSystem files(PosixWithoutSync());
  ASSERT_OK(WriteFileAtomically(&files, path, "old"));
  const size_t first = files.operations();
  ASSERT_OK(WriteFileAtomically(&files, path, "new content"));
  for (size_t n = first; n <= files.operations(); ++n) {
    for (const Unsynced unsynced : kAllUnsynced) {
      const std::map<std::string, std::string> disk = files.DiskAfter(n, unsynced);
      ASSERT_TRUE(disk.contains(path)) << n;
      const std::string& content = disk.at(path);
      EXPECT_TRUE(content == "old" || content == "new content") << n << ": " << content;
      if (n == files.operations()) {
        EXPECT_EQ(content, "new content");
      }
    }
  }
}

TEST(FilesTest, TheTraceKnowsWhatAnUnsyncedRenameLoses) {
  const std::string dir = TestDir();
  TracingFileSystem files(PosixWithoutSync());
  ASSERT_OK_AND_ASSIGN(auto file, files.Create(JoinPath(dir, "t")));
  ASSERT_OK(file->Append("abcd"));
  ASSERT_OK(files.Rename(JoinPath(dir, "t"), JoinPath(dir, "f")));
  const auto content = [&](Unsynced unsynced) {
    const auto disk = files.DiskAfter(files.operations(), unsynced);
    const auto it = disk.find(JoinPath(dir, "f"));
    return it == disk.end() ? "absent" : it->second;
  };
  EXPECT_EQ(content(Unsynced::kKept), "abcd");
  EXPECT_EQ(content(Unsynced::kDropped), "absent");
  EXPECT_EQ(content(Unsynced::kDataDropped), "");
  EXPECT_EQ(content(Unsynced::kTorn), "ab");
}

TEST(DirectoryLockTest, ASecondHolderIsToldOfTheFirst) {
  const std::string dir = JoinPath(TestDir(), "run");
  ASSERT_OK_AND_ASSIGN(auto lock, DirectoryLock::Acquire(dir));
  const auto second = DirectoryLock::Acquire(dir);
  EXPECT_THAT(second,
              StatusMessageHas(absl::StrCat(dir, " is in use by process ", getpid(), " on ")));
  EXPECT_THAT(second, StatusMessageHas("; wait for it to end, or choose another folder"));
  EXPECT_EQ(ExitCodeOf(second.status()), kExitStorage);
  lock.reset();
  EXPECT_OK(DirectoryLock::Acquire(dir));
}

TEST(DirectoryLockTest, IsFreeOnceItsHolderWasKilled) {
  const std::string dir = TestDir();
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto lock = DirectoryLock::Acquire(dir);
    const char ok = lock.ok() ? 'y' : 'n';
    if (write(ready[1], &ok, 1) != 1) _exit(1);
    pause();
    _exit(0);
  }
  char ok = 0;
  ASSERT_EQ(read(ready[0], &ok, 1), 1);
  EXPECT_EQ(ok, 'y');
  EXPECT_THAT(DirectoryLock::Acquire(dir), StatusMessageHas(absl::StrCat("process ", child)));
  kill(child, SIGKILL);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_OK(DirectoryLock::Acquire(dir));
  close(ready[0]);
  close(ready[1]);
}

}  // namespace
}  // namespace dfkd
