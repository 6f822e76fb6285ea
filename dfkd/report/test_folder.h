// An empty folder for the test that is running.
#ifndef DFKD_REPORT_TEST_FOLDER_H_
#define DFKD_REPORT_TEST_FOLDER_H_

#include <filesystem>
#include <string>

#include "dfkd/core/files.h"
#include "glog/logging.h"
#include "gtest/gtest.h"

namespace dfkd {

inline std::string FreshFolder() {
  const ::testing::TestInfo& test = *::testing::UnitTest::GetInstance()->current_test_info();
  const std::string path =
      JoinPath(::testing::TempDir(), std::string(test.test_suite_name()) + "." + test.name());
  std::filesystem::remove_all(path);
  CHECK(std::filesystem::create_directories(path));
  return path;
}

inline void WriteTestFile(const std::string& path, absl::string_view content) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  CHECK(WriteFileAtomically(FileSystem::Posix(), path, content).ok());
}

}  // namespace dfkd

#endif  // DFKD_REPORT_TEST_FOLDER_H_
