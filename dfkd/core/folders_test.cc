#include "dfkd/core/folders.h"

#include <stdlib.h>
#include <unistd.h>

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "dfkd/core/fault_injection.h"
#include "dfkd/core/files.h"
#include "dfkd/core/status.h"
#include "dfkd/core/testing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace dfkd {
namespace {

using ::testing::StartsWith;

// A fresh directory for the running test.
std::string TestDir() {
  const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
  const std::string dir =
      JoinPath(::testing::TempDir(), absl::StrCat(info->test_suite_name(), ".", info->name()));
  EXPECT_OK(FileSystem::Posix()->CreateDirectories(dir));
  return dir;
}

TEST(IsDirectoryTest, ADirectoryIsNoFileAndNothingAbsent) {
  const std::string dir = TestDir();
  ASSERT_OK(WriteFileAtomically(PosixWithoutSync(), JoinPath(dir, "file"), ""));
  ASSERT_EQ(symlink(dir.c_str(), JoinPath(dir, "link").c_str()), 0);
  EXPECT_TRUE(IsDirectory(dir));
  EXPECT_TRUE(IsDirectory(JoinPath(dir, "link")));
  EXPECT_FALSE(IsDirectory(JoinPath(dir, "file")));
  EXPECT_FALSE(IsDirectory(JoinPath(dir, "absent")));
  EXPECT_FALSE(IsDirectory(""));
}

// $TMPDIR for the life of the object.
class TmpDirSetting {
 public:
  explicit TmpDirSetting(const std::string& dir) {
    if (const char* before = getenv("TMPDIR")) before_ = before;
    setenv("TMPDIR", dir.c_str(), 1);
  }
  ~TmpDirSetting() {
    if (before_.has_value()) {
      setenv("TMPDIR", before_->c_str(), 1);
    } else {
      unsetenv("TMPDIR");
    }
  }

 private:
  std::optional<std::string> before_;
};

TEST(TemporaryFolderTest, LivesAsLongAsTheObject) {
  const std::string parent = TestDir();
  const TmpDirSetting setting(parent);
  ASSERT_OK_AND_ASSIGN(auto folder, TemporaryFolder::Make("test"));
  EXPECT_THAT(folder->path(), StartsWith(JoinPath(parent, "dfkd-test-")));
  EXPECT_TRUE(IsDirectory(folder->path()));
  ASSERT_OK_AND_ASSIGN(const auto other, TemporaryFolder::Make("test"));
  EXPECT_NE(other->path(), folder->path());
  EXPECT_OK(FileSystem::Posix()->CreateDirectories(JoinPath(folder->path(), "a/b")));
  EXPECT_OK(WriteFileAtomically(PosixWithoutSync(), JoinPath(folder->path(), "a/b/f"), "text"));
  const std::string path = folder->path();
  folder.reset();
  EXPECT_FALSE(FileExists(path));
  EXPECT_TRUE(IsDirectory(other->path()));
}

TEST(TemporaryFolderTest, WithoutAPlaceForItTheErrorSaysWhatToDo) {
  const TmpDirSetting setting(JoinPath(TestDir(), "absent"));
  const auto folder = TemporaryFolder::Make("test");
  EXPECT_THAT(folder, StatusMessageHas("cannot make a folder for temporary files"));
  EXPECT_THAT(folder, StatusMessageHas("; set TMPDIR"));
  EXPECT_EQ(ExitCodeOf(folder.status()), kExitStorage);
}

}  // namespace
}  // namespace dfkd
