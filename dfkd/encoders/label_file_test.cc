#include "dfkd/encoders/label_file.h"

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/files.h"
#include "dfkd/core/testing.h"

namespace dfkd {
namespace {

using ::testing::ElementsAre;

class LabelFileTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::vector<std::string>> Read(absl::string_view content) {
    EXPECT_OK(WriteFileAtomically(FileSystem::Posix(), path_, content));
    return ReadLabelFile(path_);
  }
  const std::string path_ = absl::StrCat(::testing::TempDir(), "/labels.txt");
};

TEST_F(LabelFileTest, HoldsANameALineInOrder) {
  ASSERT_OK_AND_ASSIGN(const auto labels, Read("zebra\nsea lion\n\u72ac\n"));
  EXPECT_THAT(labels, ElementsAre("zebra", "sea lion", "\u72ac"));
}

TEST_F(LabelFileTest, TakesWhatEditorsWrite) {
  ASSERT_OK_AND_ASSIGN(auto labels, Read("\xef\xbb\xbf"
                                         "cat\r\n sea lion \r\n"));
  EXPECT_THAT(labels, ElementsAre("cat", "sea lion"));
  ASSERT_OK_AND_ASSIGN(labels, Read("cat\ndog"));  // no line feed at the end
  EXPECT_THAT(labels, ElementsAre("cat", "dog"));
}

TEST_F(LabelFileTest, RefusesWhatIsNoNameWithItsLine) {
  EXPECT_THAT(Read(""), StatusMessageIs(path_ + ": holds no class names"));
  EXPECT_THAT(Read("cat\n\ndog\n"),
              StatusMessageIs(path_ + ":2: the line is empty; must hold a class name"));
  EXPECT_THAT(Read("cat\ndog\n\n"),
              StatusMessageIs(path_ + ":3: the line is empty; must hold a class name"));
  EXPECT_THAT(
      Read("cat\ndog\ncat\n"),
      StatusMessageIs(path_ + ":3: \"cat\" stands in line 1 already; class names must differ"));
  EXPECT_THAT(Read("cat\nd\x1b[2Jog\n"),
              StatusMessageIs(path_ + ":2: the class name holds a control character"));
  EXPECT_THAT(Read("cat\nd\xffog\n"), StatusMessageHas(path_ + ":2: "));
  EXPECT_EQ(Read("cat\nd\xffog\n").status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace dfkd
