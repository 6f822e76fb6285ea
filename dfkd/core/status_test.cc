#include "dfkd/core/status.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dfkd/core/testing.h"

namespace dfkd {
namespace {

TEST(StatusTest, EachKindOfErrorHasItsExitCode) {
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), 0);
  EXPECT_EQ(ExitCodeOf(ConfigError("x")), 2);
  EXPECT_EQ(ExitCodeOf(InputFileError("x")), 3);
  EXPECT_EQ(ExitCodeOf(DivergedError("x")), 4);
  EXPECT_EQ(ExitCodeOf(StorageError("x")), 5);
  EXPECT_EQ(ExitCodeOf(StoppedError("x")), 75);
  EXPECT_EQ(ExitCodeOf(absl::InternalError("x")), 1);
}

TEST(StatusTest, AnnotateKeepsTheCode) {
  EXPECT_THAT(Annotate(StorageError("full"), "pool"),
              StatusHas(absl::StatusCode::kUnavailable, "pool: full"));
  EXPECT_OK(Annotate(absl::OkStatus(), "pool"));
  EXPECT_THAT(Annotate(StorageError("full"), ""), StatusMessageIs("full"));
}

absl::StatusOr<int> Half(int x) {
  if (x % 2 != 0) return ConfigError("odd");
  return x / 2;
}

absl::StatusOr<int> Quarter(int x) {
  DFKD_ASSIGN_OR_RETURN(const int half, Half(x));
  DFKD_RETURN_IF_ERROR(Half(half).status());
  return half / 2;
}

TEST(StatusTest, MacrosPassErrorsOn) {
  ASSERT_OK_AND_ASSIGN(const int two, Quarter(8));
  EXPECT_EQ(two, 2);
  EXPECT_THAT(Quarter(3), StatusMessageIs("odd"));
  EXPECT_THAT(Quarter(6), StatusMessageIs("odd"));
}

}  // namespace
}  // namespace dfkd
